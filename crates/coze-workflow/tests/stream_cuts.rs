//! Streams that are cut: at every byte of a body, and over real connections.

use std::{net::SocketAddr, pin::Pin, time::Duration};

use bytes::Bytes;
use coze_transport::{ResponseBody, testing::Reply};
use coze_workflow::{
    BoxError, ChatStream, Client, Error, ErrorKind, HttpStack, Outcome, Response, RunStream,
    StreamEnd,
    models::{StreamEvent, WorkflowEvent},
};
use futures_core::Stream;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};

const BODY: &str = "id: 0\nevent: Message\ndata: {\"content\":\"ü\",\"node_seq_id\":\"0\"}\n\n\
    id: 1\nevent: PING\ndata: {}\n\n\
    id: 2\r\nevent: Message\r\ndata: {\"content\":\"b\",\"node_seq_id\":\"1\"}\r\n\r\n\
    id: 3\nevent: Interrupt\ndata: {\"interrupt_data\":{\"event_id\":\"7404/27\",\"type\":2},\"debug_url\":\"h?execute_id=7404\"}\n\n";

/// The events of a run, its error if it ended in one, and its stream.
async fn read(mut events: RunStream) -> (Vec<WorkflowEvent>, Option<Error>, RunStream) {
    let mut seen = Vec::new();
    let mut error = None;
    loop {
        match events.try_next().await {
            Ok(Some(event)) => seen.push(event),
            Ok(None) => break,
            Err(failed) => {
                assert!(error.is_none(), "two endings");
                error = Some(failed);
            }
        }
    }
    assert!(events.try_next().await.unwrap().is_none());
    (seen, error, events)
}

async fn over_a_closure(pieces: Vec<Bytes>, broken: bool) -> (Vec<WorkflowEvent>, Option<Error>) {
    let stack = HttpStack::from_fn(move |_| {
        let pieces = pieces.clone().into_iter().map(Ok::<_, BoxError>);
        let broken = broken.then(|| Err(BoxError::from("reset")));
        let mut frames = pieces.chain(broken);
        let body = frames_body(move || frames.next());
        async move {
            let mut answer = Response::new(ResponseBody::stream(body));
            answer
                .headers_mut()
                .insert("content-type", "text/event-stream".parse()?);
            answer.headers_mut().insert("x-tt-logid", "2026".parse()?);
            Ok::<_, BoxError>(answer)
        }
    });
    let events = Client::new(stack).workflow("1").stream().await.unwrap();
    let (seen, error, _) = read(events).await;
    (seen, error)
}

/// A body of these frames.
fn frames_body<F>(next: F) -> impl http_body::Body<Data = Bytes, Error = BoxError> + Send
where
    F: FnMut() -> Option<Result<Bytes, BoxError>> + Send + Unpin,
{
    struct Frames<F>(F);
    impl<F: FnMut() -> Option<Result<Bytes, BoxError>> + Unpin> http_body::Body for Frames<F> {
        type Data = Bytes;
        type Error = BoxError;
        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, BoxError>>> {
            std::task::Poll::Ready((self.0)().map(|frame| frame.map(http_body::Frame::data)))
        }
    }
    Frames(next)
}

#[tokio::test]
async fn a_body_cut_at_any_byte_gives_its_beginning_and_one_error() {
    let whole = Bytes::from_static(BODY.as_bytes());
    let (all, error) = over_a_closure(vec![whole.clone()], false).await;
    assert_eq!(all.len(), 3);
    assert!(error.is_none());
    let bytes = whole.chunks(1).map(Bytes::copy_from_slice).collect();
    assert_eq!(over_a_closure(bytes, false).await.0, all);
    for cut in 0..=whole.len() {
        let (start, rest) = (whole.slice(..cut), whole.slice(cut..));
        assert_eq!(
            over_a_closure(vec![start.clone(), rest], false).await.0,
            all
        );
        for broken in [true, false] {
            let (seen, error) = over_a_closure(vec![start.clone()], broken).await;
            assert!(all.starts_with(&seen), "cut at {cut}");
            match error {
                Some(error) => {
                    assert_eq!(
                        error.kind(),
                        ErrorKind::Truncated,
                        "cut at {cut}: {error:?}"
                    );
                    assert_eq!(error.outcome(), Outcome::Unknown);
                    assert!(error.may_have_run() && !error.is_retryable());
                    assert_eq!(error.log_id(), Some("2026"));
                    assert!(seen.len() < all.len());
                }
                None => assert_eq!(seen, all, "cut at {cut}"),
            }
        }
    }
}

/// A server that gives each connection to `serve`.
async fn server<F, Fut>(serve: F) -> SocketAddr
where
    F: Fn(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket));
        }
    });
    address
}

fn client(address: SocketAddr) -> Client {
    let client = Client::builder().base_url(format!("http://{address}"));
    client.token("pat_1").build().unwrap()
}

/// Reads a request to the end of its body.
async fn request(socket: &mut TcpStream) -> bool {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"}") {
        match socket.read(&mut buffer).await {
            Ok(0) | Err(_) => return false,
            Ok(read) => request.extend_from_slice(&buffer[..read]),
        }
    }
    true
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

const HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const MESSAGE: &str = "id: 0\nevent: Message\ndata: {\"content\":\"a\"}\n\n";
const DONE: &str = "id: 1\nevent: Done\ndata: {}\n\n";

#[tokio::test]
async fn a_connection_that_ends_at_any_byte_of_a_chunked_stream_is_a_cut() {
    let body = [chunk(MESSAGE), chunk(DONE)].concat();
    let first = body.find("}\n\n").unwrap() + "}\n\n".len();
    let last = body.find("data: {}\n\n").unwrap() + "data: {}\n\n".len();
    for cut in (0..=body.len())
        .step_by(7)
        .chain([last - 1, last, body.len()])
    {
        let part = format!("{HEAD}{}", &body[..cut]);
        let address = server(move |mut socket| {
            let part = part.clone();
            async move {
                request(&mut socket).await;
                socket.write_all(part.as_bytes()).await.unwrap();
            }
        });
        let events = client(address.await).workflow("1").stream().await.unwrap();
        let (seen, error, events) = read(events).await;
        let ended = cut >= last;
        assert_eq!(
            seen.len(),
            usize::from(cut >= first) + usize::from(ended),
            "{cut}"
        );
        if ended {
            assert_eq!(events.end(), Some(StreamEnd::Done));
            continue;
        }
        let error = error.unwrap();
        assert_eq!(
            error.kind(),
            ErrorKind::Truncated,
            "cut at {cut}: {error:?}"
        );
        assert_eq!(error.attempts().len(), 1);
    }
}

#[tokio::test]
async fn a_body_that_ends_as_it_should_without_an_ending_was_cut_too() {
    let address = server(|mut socket| async move {
        request(&mut socket).await;
        let answer = format!("{HEAD}{}0\r\n\r\n", chunk(MESSAGE));
        socket.write_all(answer.as_bytes()).await.unwrap();
    });
    let events = client(address.await).workflow("1").stream().await.unwrap();
    let (seen, error, _) = read(events).await;
    assert_eq!(
        (seen.len(), error.unwrap().kind()),
        (1, ErrorKind::Truncated)
    );
}

#[tokio::test]
async fn rule_14_dropping_a_stream_closes_its_connection_at_once() {
    let (told, closed) = tokio::sync::oneshot::channel();
    let told = std::sync::Arc::new(std::sync::Mutex::new(Some(told)));
    let address = server(move |mut socket| {
        let told = told.lock().unwrap().take();
        async move {
            request(&mut socket).await;
            let answer = format!("{HEAD}{}", chunk(MESSAGE));
            socket.write_all(answer.as_bytes()).await.unwrap();
            // Nothing more is sent; the end comes from the other side.
            let ended = socket.read(&mut [0; 16]).await;
            let _ = told
                .unwrap()
                .send((ended.map_or(0, |read| read), Instant::now()));
        }
    });
    let mut events = client(address.await).workflow("1").stream().await.unwrap();
    assert!(events.try_next().await.unwrap().is_some());
    let waiting = timeout(Duration::from_millis(20), events.try_next()).await;
    assert!(waiting.is_err(), "nothing more comes");
    let dropped = Instant::now();
    drop(events);
    let (read, at) = timeout(Duration::from_secs(5), closed)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(read, 0);
    assert!(
        at - dropped < Duration::from_millis(100),
        "{:?}",
        at - dropped
    );
}

#[tokio::test]
async fn what_follows_the_last_event_is_not_waited_for() {
    let address = server(|mut socket| async move {
        request(&mut socket).await;
        let answer = format!("{HEAD}{}{}", chunk(MESSAGE), chunk(DONE));
        socket.write_all(answer.as_bytes()).await.unwrap();
        // The body is never ended.
        let _ = socket.read(&mut [0; 16]).await;
    });
    let events = client(address.await).workflow("1").stream().await.unwrap();
    let (seen, error, _) = timeout(Duration::from_secs(5), read(events)).await.unwrap();
    assert_eq!((seen.len(), error.is_none()), (2, true));
}

#[tokio::test]
async fn a_stream_read_to_its_end_leaves_its_connection_to_the_next() {
    let connections = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = std::sync::Arc::clone(&connections);
    let address = server(move |mut socket| {
        counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        async move {
            while request(&mut socket).await {
                let answer = format!("{HEAD}{}{}0\r\n\r\n", chunk(MESSAGE), chunk(DONE));
                if socket.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    });
    let client = client(address.await);
    for _ in 0..5 {
        let events = client.workflow("1").stream().await.unwrap();
        assert_eq!(events.text().await.unwrap(), "a");
    }
    assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_stream_is_a_stream() {
    fn is_stream<S: Stream + futures_core::FusedStream + Send + Unpin + 'static>(_: &S) {}
    fn is_chat<S: Stream + Send + Unpin + 'static>() {}
    is_chat::<ChatStream>();
    let reply = Reply::stream([(Duration::ZERO, BODY)]);
    let server = coze_transport::testing::Scripted::repeating(reply);
    let client = Client::new(HttpStack::new(server));
    let mut events = client.workflow("1").stream().await.unwrap();
    is_stream(&events);
    let mut names = Vec::new();
    while let Some(event) = std::future::poll_fn(|cx| Pin::new(&mut events).poll_next(cx)).await {
        names.push(event.unwrap().name().to_owned());
    }
    assert_eq!(names, ["Message", "Message", "Interrupt"]);
    assert_eq!(events.execute_id(), Some("7404"));
}
