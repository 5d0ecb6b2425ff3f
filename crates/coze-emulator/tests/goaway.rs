//! HTTP/2 on the socket, and connections that take no more calls.

use std::{future::Future, net::SocketAddr, pin::Pin, task::Poll};

use bytes::Bytes;
use coze_emulator::{Emulator, RunningEmulator};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    client::conn::http2::{self, SendRequest},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

const RUN: &str = "/v1/workflow/run";
const GREETING: &str = r#"{"workflow_id":"greeting","parameters":{"name":"Ada"}}"#;

type Sender = SendRequest<Full<Bytes>>;

async fn started() -> (RunningEmulator, SocketAddr) {
    let emulator = Emulator::builder().start().await.unwrap();
    let address = emulator.address();
    (emulator, address)
}

/// An HTTP/2 connection without TLS or upgrade, and how it ends.
async fn connect(address: SocketAddr) -> (Sender, JoinHandle<hyper::Result<()>>) {
    let socket = TcpStream::connect(address).await.unwrap();
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(socket))
        .await
        .unwrap();
    (sender, tokio::spawn(connection))
}

fn run(path: &str, fault: &str) -> Request<Full<Bytes>> {
    Request::post(format!("http://emulator.test{path}"))
        .header("authorization", "Bearer t")
        .header("x-emulator-fault", fault)
        .body(Full::from(GREETING))
        .unwrap()
}

async fn text(response: Response<Incoming>) -> String {
    assert_eq!(response.status(), StatusCode::OK);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

/// The reason in an error of HTTP/2.
fn h2(error: &hyper::Error) -> &h2::Error {
    let source = std::error::Error::source(error).expect("the error has a source");
    source.downcast_ref().expect("it is one of HTTP/2")
}

#[tokio::test]
async fn calls_and_streams_share_one_connection() {
    let (emulator, address) = started().await;
    let (mut sender, connection) = connect(address).await;
    let streamed = sender.send_request(run("/v1/workflow/stream_run", ""));
    let called = sender.send_request(run(RUN, ""));
    let (streamed, called) = (streamed.await.unwrap(), called.await.unwrap());
    assert_eq!(called.version(), http::Version::HTTP_2);
    assert!(called.headers().contains_key("x-tt-logid"));
    assert!(text(called).await.contains("Hello, Ada!"));
    assert!(text(streamed).await.contains("event: Done\n"));
    assert_eq!(emulator.emulator().runs_started("greeting"), Some(2));
    emulator.shutdown().await;
    // The server ends in order: GOAWAY without an error.
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_graceful_goaway_lets_the_call_finish_and_takes_no_more() {
    let (emulator, address) = started().await;
    let (mut sender, connection) = connect(address).await;
    let response = sender
        .send_request(run(RUN, "goaway drip=1"))
        .await
        .unwrap();
    // The body is still dripping when the client has long been told.
    assert!(text(response).await.contains("Hello, Ada!"));
    connection.await.unwrap().unwrap();
    assert!(sender.send_request(run(RUN, "")).await.is_err());
    let (mut sender, _connection) = connect(address).await;
    text(sender.send_request(run(RUN, "")).await.unwrap()).await;
    assert_eq!(emulator.emulator().runs_started("greeting"), Some(2));
}

#[tokio::test]
async fn a_goaway_that_refuses_leaves_the_call_out_and_lets_the_others_finish() {
    let (emulator, address) = started().await;
    let (mut sender, connection) = connect(address).await;
    let earlier = sender.send_request(run(RUN, "drip=2")).await.unwrap();
    let refused = sender
        .send_request(run(RUN, "goaway=refuse"))
        .await
        .unwrap_err();
    let reason = h2(&refused);
    assert!(reason.is_go_away() && reason.is_remote(), "{refused:?}");
    assert_eq!(reason.reason(), Some(h2::Reason::NO_ERROR));
    assert!(text(earlier).await.contains("Hello, Ada!"));
    connection.await.unwrap().unwrap();
    let state = emulator.emulator();
    assert_eq!(
        (state.calls(RUN), state.runs_started("greeting")),
        (2, Some(1))
    );
}

#[tokio::test]
async fn a_call_that_goaway_cannot_leave_out_is_refused_by_its_stream() {
    let (emulator, address) = started().await;
    let (mut sender, connection) = connect(address).await;
    let mut refused = Box::pin(sender.send_request(run(RUN, "delay=200 goaway=refuse")));
    // The first call is sent before the second.
    assert!(is_pending(refused.as_mut()).await);
    let later = sender.send_request(run(RUN, "drip=5")).await.unwrap();
    let refused = refused.await.unwrap_err();
    let reason = h2(&refused);
    assert!(reason.is_reset() && reason.is_remote(), "{refused:?}");
    assert_eq!(reason.reason(), Some(h2::Reason::REFUSED_STREAM));
    assert!(text(later).await.contains("Hello, Ada!"));
    connection.await.unwrap().unwrap();
    assert_eq!(emulator.emulator().runs_started("greeting"), Some(1));
}

async fn is_pending<F: Future + ?Sized>(mut future: Pin<&mut F>) -> bool {
    let poll = std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending()));
    poll.await
}

#[tokio::test]
async fn a_planned_goaway_hits_the_calls_it_is_for() {
    let (emulator, address) = started().await;
    let plan = "on=/v1/workflow/run after=1 times=2 goaway=refuse".parse();
    emulator.emulator().inject(plan.unwrap());
    let mut outcomes = Vec::new();
    for _ in 0..4 {
        let (mut sender, _connection) = connect(address).await;
        let request = Request::post(format!("http://emulator.test{RUN}"))
            .header("authorization", "Bearer t")
            .body(Full::from(GREETING))
            .unwrap();
        outcomes.push(sender.send_request(request).await.is_ok());
    }
    assert_eq!(outcomes, [true, false, false, true]);
    assert_eq!(emulator.emulator().runs_started("greeting"), Some(2));
}

#[tokio::test]
async fn faults_of_a_body_concern_its_stream_alone() {
    let (_emulator, address) = started().await;
    let (mut sender, _connection) = connect(address).await;
    let cut = sender.send_request(run(RUN, "cut=20")).await.unwrap();
    let mut body = cut.into_body();
    let mut got = Vec::new();
    let error = loop {
        match body.frame().await.expect("the body does not end in order") {
            Ok(frame) => got.extend(frame.into_data().unwrap_or_default()),
            Err(error) => break error,
        }
    };
    assert_eq!(h2(&error).reason(), Some(h2::Reason::INTERNAL_ERROR));
    assert_eq!(got.len(), 20);
    assert!(
        text(sender.send_request(run(RUN, "")).await.unwrap())
            .await
            .contains("Ada")
    );
}

#[tokio::test]
async fn on_http_1_the_response_closes_the_connection() {
    let (emulator, address) = started().await;
    for (fault, status) in [
        ("goaway", "200 OK"),
        ("goaway=refuse", "503 Service Unavailable"),
    ] {
        let request = format!(
            "POST {RUN} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer t\r\nx-emulator-fault: {fault}\r\ncontent-length: {}\r\n\r\n{GREETING}",
            GREETING.len()
        );
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        socket.read_to_string(&mut response).await.unwrap();
        assert!(
            response.starts_with(&format!("HTTP/1.1 {status}\r\n")),
            "{response}"
        );
        assert!(response.contains("connection: close\r\n"), "{response}");
        assert_eq!(response.contains("retry-after: 0\r\n"), fault != "goaway");
    }
    assert_eq!(emulator.emulator().runs_started("greeting"), Some(1));
}
