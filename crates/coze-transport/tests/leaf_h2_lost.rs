//! HTTP/2 connections that are lost or closed with words of the server's own.
#![cfg(feature = "http2")]
#![expect(clippy::unwrap_used, reason = "the tests assert by it")]

mod peer;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use coze_transport::{ErrorKind, Outcome, RequestBody, TransportError};
use http_body_util::{BodyExt, StreamBody};
use peer::{
    call, chain, post, send,
    streams::{H2Server, Tls, read_to_headers},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::Notify,
    time::timeout,
};

/// Long enough for what is on its way to arrive.
async fn settle() {
    let _ = timeout(Duration::from_millis(300), std::future::pending::<()>()).await;
}

/// The server takes one stream at a time; the second call waits for its turn when the connection ends.
#[tokio::test]
async fn a_request_that_waited_for_a_stream_was_not_sent() {
    let (taken, end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait) = (Arc::clone(&taken), Arc::clone(&end));
    let server = H2Server::start(move |_, tls| {
        let (tell, wait) = (Arc::clone(&tell), Arc::clone(&wait));
        async move {
            let mut builder = h2::server::Builder::new();
            builder.max_concurrent_streams(1);
            let mut connection = builder.handshake::<_, Bytes>(tls).await.unwrap();
            let _first = connection.accept().await;
            tell.notify_one();
            // The connection goes on until it is dropped.
            tokio::select! {
                _ = connection.accept() => panic!("a second stream"),
                () = wait.notified() => {}
            }
        }
    })
    .await;
    let start = || {
        let (leaf, url) = (server.leaf.clone(), server.url.clone());
        tokio::spawn(async move { call(&leaf, &url).await })
    };
    let first = start();
    taken.notified().await;
    // The client has to hear of the server's limit,
    settle().await;
    let second = start();
    // and the second request to reach the connection.
    settle().await;
    end.notify_one();
    for (call, outcome) in [(first, Outcome::Unknown), (second, Outcome::NotAccepted)] {
        let error = call.await.unwrap().unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome(), error.is_permanent()),
            (ErrorKind::Closed, outcome, false),
            "{}",
            chain(&error)
        );
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_request_body_that_cannot_be_read_is_the_callers_error() {
    let server = H2Server::start(|_, tls| async move {
        let mut connection = h2::server::handshake(tls).await.unwrap();
        while let Some(Ok(_)) = connection.accept().await {}
    })
    .await;
    let frames = futures_frames();
    let mut request = post(&server.url);
    *request.body_mut() = RequestBody::once(StreamBody::new(frames));
    let error = send(&server.leaf, request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Request, "{}", chain(&error));
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(chain(&error).contains("could not be read"));
}

/// One piece, and a failure.
fn futures_frames()
-> impl futures_core::Stream<Item = Result<http_body::Frame<Bytes>, std::io::Error>> {
    struct Pieces(u8);
    impl futures_core::Stream for Pieces {
        type Item = Result<http_body::Frame<Bytes>, std::io::Error>;

        fn poll_next(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Self::Item>> {
            self.0 += 1;
            std::task::Poll::Ready(Some(match self.0 {
                1 => Ok(http_body::Frame::data(Bytes::from_static(b"{"))),
                _ => Err(std::io::Error::other("the disk is gone")),
            }))
        }
    }
    Pieces(0)
}

const DEBUG_DATA: &[u8] = b"Bearer pat_CANARY0123456789\r\nhint: paste me\x1b[2J";

/// Replies to the preface, reads to the head of a request, writes `frames` and a GOAWAY with `reason` and text, and closes.
async fn go_away(tls: &mut Tls, frames: &[u8], last: u8, reason: u8) {
    let mut preface = [0; 24];
    tls.read_exact(&mut preface).await.unwrap();
    tls.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
    read_to_headers(tls).await;
    tls.write_all(frames).await.unwrap();
    let length = u8::try_from(8 + DEBUG_DATA.len()).unwrap();
    let head = [
        0, 0, length, 7, 0, 0, 0, 0, 0, 0, 0, 0, last, 0, 0, 0, reason,
    ];
    tls.write_all(&head).await.unwrap();
    tls.write_all(DEBUG_DATA).await.unwrap();
    let _ = tls.shutdown().await;
}

#[tokio::test]
async fn what_a_goaway_says_is_in_no_error() {
    // A head of 200 that leaves its body open.
    const HEAD: &[u8] = &[0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88];
    for (frames, last, reason, outcome) in [
        (&b""[..], 0, 0, Outcome::NotAccepted),
        (b"", 0, 11, Outcome::NotAccepted),
        (b"", 1, 0, Outcome::Unknown),
        (b"", 1, 11, Outcome::Unknown),
        (HEAD, 1, 11, Outcome::Unknown),
        (HEAD, 0, 2, Outcome::Unknown),
    ] {
        let server = H2Server::start(move |_, mut tls| async move {
            go_away(&mut tls, frames, last, reason).await;
        })
        .await;
        let call = send(&server.leaf, post(&server.url));
        let sent = timeout(Duration::from_secs(5), call).await;
        let error = match sent.expect("it hangs") {
            Err(error) => error,
            Ok(response) => {
                let body = response.into_body().collect().await;
                TransportError::from_box(body.expect_err("a whole body"))
            }
        };
        assert_eq!(error.outcome(), outcome, "{}", chain(&error));
        let shown = format!("{} {error:?} {error:#?}", chain(&error));
        for word in ["CANARY", "hint", "paste"] {
            assert!(!shown.contains(word), "{last} {reason}: {shown}");
        }
    }
}
