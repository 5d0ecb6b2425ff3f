//! HTTP/2 over TLS. Numbers are those of `docs/design/leaf.md`.
#![cfg(feature = "http2")]
#![expect(clippy::unwrap_used, reason = "the tests assert by it")]

mod peer;

use std::time::Duration;

use bytes::Bytes;
use coze_transport::{
    ErrorKind, Outcome, RequestBody,
    hyper::{HyperTransport, TlsRoots},
};
use h2::Reason;
use peer::{
    call, chain, post, send,
    server::Peer,
    steps::Step,
    streams::{H2Server, ok, raw_until},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn calls_at_once_share_one_connection() {
    let server = H2Server::requests(|_, respond| ok(respond)).await;
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let (leaf, url) = (server.leaf.clone(), server.url.clone());
            tokio::spawn(async move { call(&leaf, &url).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), "{}");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn fault_65_a_goaway_before_dispatch_is_not_accepted() {
    let server = H2Server::start(|_, tls| async move {
        let mut connection = h2::server::handshake(tls).await.unwrap();
        connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
        while let Some(Ok(_)) = connection.accept().await {}
    })
    .await;
    // The goaway may also cross with the request; then it excludes it.
    let error = server.call().await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotAccepted, "{}", chain(&error));
}

#[tokio::test]
async fn fault_66_a_graceful_goaway_lets_the_request_finish() {
    let server = H2Server::start(|_, tls| async move {
        let mut connection = h2::server::handshake(tls).await.unwrap();
        while let Some(Ok((_, respond))) = connection.accept().await {
            connection.graceful_shutdown();
            ok(respond);
        }
    })
    .await;
    for n in 1..=3 {
        assert_eq!(server.call().await.unwrap(), "{}");
        // The connection's task has to see the goaway.
        tokio::time::timeout(Duration::from_millis(50), std::future::pending::<()>())
            .await
            .ok();
        assert_eq!(server.connections(), n);
    }
}

fn goaway(last: u8, reason: u8) -> [u8; 17] {
    [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, last, 0, 0, 0, reason]
}

#[tokio::test]
async fn fault_67_a_goaway_says_by_its_last_stream_what_it_took() {
    for (last, reason, outcome) in [
        (0, 0, Outcome::NotAccepted),
        (0, 11, Outcome::NotAccepted),
        (1, 0, Outcome::Unknown),
        (1, 11, Outcome::Unknown),
    ] {
        let server = H2Server::start(move |_, mut tls| async move {
            raw_until(&mut tls, &goaway(last, reason)).await;
        })
        .await;
        let error = server.call().await.unwrap_err();
        assert_eq!(
            error.outcome(),
            outcome,
            "{last} {reason}: {}",
            chain(&error)
        );
    }
}

#[tokio::test]
async fn fault_69_calls_wait_for_a_free_stream() {
    let server = H2Server::start(|_, tls| async move {
        let mut builder = h2::server::Builder::new();
        builder.max_concurrent_streams(1);
        let mut connection = builder.handshake::<_, Bytes>(tls).await.unwrap();
        while let Some(Ok((_, respond))) = connection.accept().await {
            ok(respond);
        }
    })
    .await;
    server.call().await.unwrap();
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let (leaf, url) = (server.leaf.clone(), server.url.clone());
            tokio::spawn(async move { call(&leaf, &url).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn fault_70_an_upload_that_is_never_read_yields_to_a_timeout() {
    let server = H2Server::start(|_, tls| async move {
        let mut connection = h2::server::handshake(tls).await.unwrap();
        let mut kept = Vec::new();
        while let Some(Ok(request)) = connection.accept().await {
            kept.push(request);
        }
    })
    .await;
    let mut request = post(&server.url);
    *request.body_mut() = RequestBody::from(Bytes::from(vec![b'x'; 1_000_000]));
    let limit = Duration::from_millis(200);
    let sent = tokio::time::timeout(limit, send(&server.leaf, request)).await;
    assert!(sent.is_err());
}

#[tokio::test]
async fn fault_71_an_oversized_head_is_an_error() {
    let server = H2Server::requests(|_, mut respond| {
        let long = "x".repeat(1024 * 1024);
        let head = http::Response::builder()
            .header("x", long)
            .body(())
            .unwrap();
        let _ = respond.send_response(head, true);
    })
    .await;
    let error = server.call().await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown, "{}", chain(&error));
}

#[tokio::test]
async fn fault_72_a_dead_connection_is_closed_while_a_stream_is_open() {
    let server = H2Server::start(|_, mut tls| async move {
        let mut preface = [0; 24];
        tls.read_exact(&mut preface).await.unwrap();
        tls.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
        // Reads all and sends nothing, pings included.
        while matches!(tls.read(&mut [0; 1024]).await, Ok(n) if n > 0) {}
    })
    .await;
    let (leaf, url) = (server.leaf.clone(), server.url.clone());
    let pending = tokio::spawn(async move { call(&leaf, &url).await });
    tokio::time::timeout(Duration::from_millis(200), std::future::pending::<()>())
        .await
        .ok();
    assert!(!pending.is_finished());
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    let error = pending.await.unwrap().unwrap_err();
    let took = start.elapsed();
    assert!((25..35).contains(&took.as_secs()), "{took:?}");
    assert_eq!(error.outcome(), Outcome::Unknown, "{}", chain(&error));
}

#[tokio::test]
async fn fault_14_a_server_that_chose_h2_and_speaks_h1_is_an_error() {
    let server = H2Server::start(|_, mut tls| async move {
        let _ = tls.read(&mut [0; 1024]).await;
        let _ = tls
            .write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
            .await;
        let _ = tls.shutdown().await;
    })
    .await;
    let error = server.call().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed, "{}", chain(&error));
}

#[tokio::test]
async fn calls_that_waited_for_a_failed_connect_do_not_queue_up() {
    let server = Peer::follow(vec![vec![Step::AwaitClose]]);
    let leaf = HyperTransport::builder()
        .tls_roots(TlsRoots::Empty)
        .connect_timeout(Duration::from_millis(200))
        .build()
        .unwrap();
    let url = format!("https://localhost:{}/", server.address.port());
    let start = tokio::time::Instant::now();
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let (leaf, url) = (leaf.clone(), url.clone());
            tokio::spawn(async move { call(&leaf, &url).await })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap().unwrap_err().is_timeout());
    }
    assert!(
        start.elapsed() < Duration::from_millis(900),
        "{:?}",
        start.elapsed()
    );
}
