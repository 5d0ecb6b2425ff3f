//! The adapter over TCP.
#![expect(clippy::unwrap_used, reason = "the tests assert by it")]

mod support;

use std::{sync::Arc, time::Duration};

use coze_adapter_dify::{Dify, GetDifyApp};
use coze_engine::{Engine, RunRequest};
use support::{End, exchanges, judge, server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinSet,
};

/// How much faster than they were recorded the exchanges are played.
const FASTER: u32 = 100;

/// The bounds of the adapter, of which those that matter here are that much shorter.
fn client(url: &str) -> coze_adapter_dify::DifyBuilder {
    Dify::builder()
        .token("app-0123456789abcdef")
        .base_url(url)
        .queue_timeout(Duration::from_secs(6))
        .idle_timeout(Duration::from_secs(2))
        .deadline(Duration::from_secs(9))
}

#[tokio::test]
async fn each_exchange_has_the_same_outcome_over_a_socket() {
    let all = Arc::new(exchanges());
    let mut tests = JoinSet::new();
    for exchange in all.values().cloned() {
        let all = all.clone();
        tests.spawn(async move {
            let (url, counts) = server::serve(all.clone(), exchange.clone(), FASTER).await;
            let dify = client(&url)
                .blocking_mode(!exchange.is_stream)
                .build()
                .unwrap();
            let result = judge::act(&dify, &exchange).await;
            let starts = counts
                .lock()
                .unwrap()
                .iter()
                .filter(|(call, _)| call.starts_with("POST") && call.ends_with("/run"))
                .map(|(_, count)| count)
                .sum::<usize>();
            (exchange, judge::words(&result), starts)
        });
    }
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/design/dify-recordings.md"
    );
    let page = std::fs::read_to_string(path).unwrap();
    let mut count = 0;
    while let Some(done) = tests.join_next().await {
        let (exchange, words, starts) = done.unwrap();
        let name = format!("`{}`", exchange.name);
        let row = page
            .lines()
            .find(|row| row.split([',', ' ']).any(|word| word == name))
            .unwrap();
        assert!(
            row.starts_with(&format!("| {words} |"))
                || row.contains(&format!("read as one: {words} |")),
            "{name}: {words}, and not {}",
            row.split('|').nth(1).unwrap()
        );
        assert!(
            starts
                <= if exchange.name.starts_with("limit-") {
                    3
                } else {
                    1
                },
            "{name}"
        );
        count += 1;
    }
    assert!(count >= 318);
}

/// A server that closes a connection at once after a response to it, without a word, as one does after a while.
#[tokio::test]
async fn a_connection_that_the_server_closed_while_idle_is_replaced() {
    let all = exchanges();
    let info = all["info"].body();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        for _ in 0..3 {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut piece = [0; 4096];
            assert!(socket.read(&mut piece).await.unwrap() > 0);
            let head = format!(
                "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                info.len()
            );
            socket.write_all(head.as_bytes()).await.unwrap();
            socket.write_all(&info).await.unwrap();
        }
    });
    let dify = client(&url).build().unwrap();
    for _ in 0..3 {
        let app = dify.call(&GetDifyApp::new()).await.unwrap();
        assert_eq!(app.name.as_deref(), Some("echo"));
    }
    served.await.unwrap();
}

/// Idle connections are kept for less than the 2 s after which the server closes them, so a run does not meet the close.
#[tokio::test]
async fn a_connection_is_not_used_again_after_a_second_and_a_half() {
    let all = Arc::new(exchanges());
    let (url, _) = server::serve(all.clone(), all["info"].clone(), 1000).await;
    let address = url
        .trim_start_matches("http://")
        .trim_end_matches("/v1")
        .to_owned();
    // Counts connections on their way to the server.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let front = format!("http://{}/v1", listener.local_addr().unwrap());
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = count.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let address = address.clone();
            tokio::spawn(async move {
                let mut inner = tokio::net::TcpStream::connect(address).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut socket, &mut inner).await;
            });
        }
    });
    let dify = client(&front).build().unwrap();
    let connections = || count.load(std::sync::atomic::Ordering::Relaxed);
    for _ in 0..2 {
        dify.call(&GetDifyApp::new()).await.unwrap();
    }
    assert_eq!(connections(), 1);
    pause(Duration::from_millis(1600)).await;
    dify.call(&GetDifyApp::new()).await.unwrap();
    assert_eq!(connections(), 2);
}

#[expect(clippy::disallowed_methods, reason = "sockets live in real time")]
async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

#[tokio::test]
async fn a_stream_that_is_dropped_does_not_stop_its_run() {
    let all = Arc::new(exchanges());
    let mut silent = all["stream-disconnect-4s"].clone();
    silent.end = End::Silent;
    let (url, counts) = server::serve(all, silent, 1000).await;
    let dify = client(&url).build().unwrap();
    let mut events = dify.stream(RunRequest::new("-")).await.unwrap();
    assert!(events.try_next().await.unwrap().is_some());
    drop(events);
    let calls: Vec<String> = counts.lock().unwrap().keys().cloned().collect();
    assert_eq!(calls, ["GET /v1/parameters", "POST /v1/workflows/run"]);
}
