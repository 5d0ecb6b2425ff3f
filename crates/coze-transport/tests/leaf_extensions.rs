//! What is set on a request is there for whoever sends it, and not on the response.
#![expect(clippy::unwrap_used, reason = "the tests assert by it")]

mod peer;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use coze_transport::{CallOptions, ErrorKind, Outcome, TimeoutKind, hyper::HyperTransport};
use peer::{
    chain, post, read, send,
    server::Peer,
    steps::{Gate, Step, ok, text},
};

#[tokio::test]
async fn a_response_has_none_of_the_extensions_of_its_request() {
    let server = Peer::follow(vec![vec![
        Step::Read,
        ok("{}"),
        Step::Read,
        text("HTTP/1.1 200 Fine\r\ncontent-length: 2\r\n\r\n{}"),
    ]]);
    let leaf = HyperTransport::new();
    for reason in [None, Some("Fine")] {
        let mut request = post(&server.url);
        request.extensions_mut().insert("of the request");
        let response = send(&leaf, request).await.unwrap();
        assert_eq!(response.extensions().get::<&str>(), None);
        assert_eq!(response.extensions().is_empty(), reason.is_none());
        read(response).await.unwrap();
    }
}

/// The first connection turns out to be closed once the request was handed over.
#[tokio::test]
async fn a_request_that_needs_another_connection_keeps_its_limits() {
    let gate = Gate::new();
    let server = Peer::follow(vec![vec![
        Step::Read,
        ok("{}"),
        Step::Wait(gate.clone()),
        Step::Fin,
    ]]);
    let is_first = Arc::new(AtomicBool::new(true));
    let leaf = HyperTransport::builder()
        .resolver(move |_| {
            let is_first = is_first.swap(false, Ordering::SeqCst);
            async move {
                if !is_first {
                    std::future::pending::<()>().await;
                }
                Ok(vec!["127.0.0.1".parse().unwrap()])
            }
        })
        .build()
        .unwrap();
    let url = format!("http://studio:{}/v1", server.address.port());
    read(send(&leaf, post(&url)).await.unwrap()).await.unwrap();
    gate.open();
    while server.ended() < 1 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut request = post(&url);
    let mut options = CallOptions::default();
    options.attempt_timeout = Some(Duration::from_millis(20));
    request.extensions_mut().insert(options);
    let Err(error) = send(&leaf, request).await else {
        panic!("there is no connection");
    };
    assert_eq!(
        (error.kind(), error.outcome()),
        (
            ErrorKind::Timeout(TimeoutKind::Attempt),
            Outcome::NotAccepted
        ),
        "{}",
        chain(&error)
    );
}
