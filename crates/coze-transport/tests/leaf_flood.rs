//! Floods over real sockets: whatever a server sends without end, a call ends at its deadline, in a task and in a
//! thread that is no task, and its connection is closed.
#![expect(clippy::unwrap_used, reason = "the tests assert by it")]

mod peer;

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::mpsc,
    thread,
    time::Duration,
};

use coze_transport::{
    CallOptions, ErrorKind, ResponseMode, StackBuilder, TimeoutKind, TransportError,
    hyper::HyperTransport,
};
use http_body_util::BodyExt;
use peer::post;
use tokio::{runtime::Builder, task::unconstrained};

/// Longer than anything here takes, on a machine that does other things too.
const LONG: Duration = Duration::from_secs(20);
const DEADLINE: Duration = Duration::from_millis(500);

/// Sends `head`, then `again` for as long as anybody reads, to each connection; tells when one was closed.
fn flood(head: &'static str, again: &str) -> (String, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let again = again.repeat(64 * 1024 / again.len());
    let (closed, end) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (again, closed) = (again.clone(), closed.clone());
            thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let mut sent = stream.write_all(head.as_bytes());
                while sent.is_ok() {
                    sent = stream.write_all(again.as_bytes());
                }
                let _ = closed.send(());
            });
        }
    });
    (url, end)
}

/// One call, read to the error that ends it.
async fn call(leaf: HyperTransport, url: String, mode: ResponseMode) -> TransportError {
    let mut request = post(&url);
    let mut options = CallOptions::default();
    options.mode = Some(mode);
    options.deadline = Some(DEADLINE);
    // More than comes before the deadline.
    options.body_limit = Some(usize::MAX / 4);
    request.extensions_mut().insert(options);
    let mut body = match StackBuilder::over(leaf).build().send(request).await {
        Ok(response) => response.into_body(),
        Err(error) => return error,
    };
    loop {
        if let Err(error) = body.frame().await.unwrap() {
            return TransportError::from_box(error);
        }
    }
}

/// Runs the call on a runtime of one thread, of two, and in a thread that polls it without any.
fn everywhere(url: &str, mode: ResponseMode, leaf: fn() -> HyperTransport) {
    for how in ["one thread", "two threads", "no task"] {
        let (done, result) = mpsc::channel();
        let call = call(leaf(), url.to_owned(), mode);
        thread::spawn(move || {
            let mut runtime = match how {
                "one thread" => Builder::new_current_thread(),
                _ => Builder::new_multi_thread(),
            };
            let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
            let error = match how {
                "two threads" => runtime.block_on(runtime.spawn(call)).unwrap(),
                "no task" => runtime.block_on(unconstrained(call)),
                _ => runtime.block_on(call),
            };
            done.send(error).unwrap();
            runtime.shutdown_background();
        });
        let error = result.recv_timeout(LONG).expect(how);
        let deadline = ErrorKind::Timeout(TimeoutKind::Deadline);
        assert_eq!(error.kind(), deadline, "{how}: {error:?}");
    }
}

#[test]
fn a_flood_of_events_ends_at_the_deadline() {
    const HEAD: &str =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let ping = "15\r\nevent: PING\ndata:{}\n\n\r\n";
    for (mode, piece) in [
        (ResponseMode::Streaming, ping),
        (ResponseMode::Buffered, "1\r\n \r\n"),
    ] {
        let (url, closed) = flood(HEAD, piece);
        everywhere(&url, mode, HyperTransport::new);
        for _ in 0..3 {
            closed.recv_timeout(LONG).unwrap();
        }
    }
}

#[test]
fn a_flood_of_informational_responses_ends_at_the_deadline() {
    let (url, closed) = flood("", "HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\n");
    everywhere(&url, ResponseMode::Buffered, HyperTransport::new);
    for _ in 0..3 {
        closed.recv_timeout(LONG).unwrap();
    }
}

#[cfg(feature = "http2")]
mod h2 {
    use coze_transport::Outcome;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::{
        CallOptions, DEADLINE, ErrorKind, LONG, ResponseMode, StackBuilder, TimeoutKind,
        TransportError, peer, post,
    };
    use peer::streams::{H2Server, read_to_headers};

    /// Frames without end, each after the head of the first request.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn floods_of_frames_end_no_later_than_the_deadline() {
        // A head of 200 that leaves its body open.
        const HEAD: &[u8] = &[0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88];
        // A head that goes on in CONTINUATION frames.
        const OPEN_HEAD: &[u8] = &[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x88];
        let floods: [(&str, &[u8], &[u8]); 8] = [
            (
                "ping",
                b"",
                &[0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8],
            ),
            ("settings", b"", &[0, 0, 0, 4, 0, 0, 0, 0, 0]),
            (
                "window update",
                b"",
                &[0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            ),
            ("priority", b"", &[0, 0, 5, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]),
            ("unknown", b"", &[0, 0, 4, 0xfa, 0, 0, 0, 0, 0, 1, 2, 3, 4]),
            ("empty data", HEAD, &[0, 0, 0, 0, 0, 0, 0, 0, 1]),
            (
                "empty continuation",
                OPEN_HEAD,
                &[0, 0, 0, 9, 0, 0, 0, 0, 1],
            ),
            (
                "continuation",
                OPEN_HEAD,
                &[0, 0, 4, 9, 0, 0, 0, 0, 1, 0, 1, b'x', 0],
            ),
        ];
        for (name, first, again) in floods {
            let server = H2Server::start(move |_, mut tls| async move {
                let again = again.repeat(16 * 1024 / again.len());
                let mut preface = [0; 24];
                tls.read_exact(&mut preface).await.unwrap();
                tls.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
                read_to_headers(&mut tls).await;
                let (mut read, mut write) = tokio::io::split(tls);
                // What the client sends back is taken away, or it would stop to read.
                tokio::spawn(async move {
                    while matches!(read.read(&mut [0; 4096]).await, Ok(n) if n > 0) {}
                });
                let mut sent = write.write_all(first).await;
                while sent.is_ok() {
                    sent = write.write_all(&again).await;
                }
            })
            .await;
            let mut request = post(&server.url);
            let mut options = CallOptions::default();
            options.mode = Some(ResponseMode::Buffered);
            options.deadline = Some(3 * DEADLINE);
            request.extensions_mut().insert(options);
            let stack = StackBuilder::over(server.leaf.clone()).build();
            let error: TransportError = tokio::time::timeout(LONG, stack.send(request))
                .await
                .expect(name)
                .unwrap_err();
            assert_eq!(error.outcome(), Outcome::Unknown, "{name}: {error:?}");
            let expected = [
                ErrorKind::Timeout(TimeoutKind::Deadline),
                ErrorKind::Closed,
                ErrorKind::Protocol,
            ];
            assert!(expected.contains(&error.kind()), "{name}: {error:?}");
        }
    }
}
