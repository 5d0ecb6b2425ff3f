//! The emulator over a real socket.

use coze_emulator::{Emulator, StartError};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

async fn exchange(address: std::net::SocketAddr, request: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    socket.read_to_string(&mut response).await.unwrap();
    response
}

#[tokio::test]
async fn a_run_over_a_socket_and_its_debug_url() {
    let emulator = Emulator::builder().start().await.unwrap();
    let body = r#"{"workflow_id":"greeting","parameters":{"name":"Ada"}}"#;
    let host = emulator.address();
    let response = exchange(
        host,
        &format!(
            "POST /v1/workflow/run HTTP/1.1\r\nhost: {host}\r\nauthorization: bearer t\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ),
    )
    .await;
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(
        response.contains(r#""data":"{\"greeting\":\"Hello, Ada!\"}""#),
        "{response}"
    );
    assert!(response.contains("\r\nx-tt-logid: "), "{response}");
    let url = format!("\"debug_url\":\"{}", emulator.base_url());
    let path = response
        .split_once(&url)
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0
        .replace(r"\u0026", "&");
    let page = exchange(
        host,
        &format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"),
    )
    .await;
    assert!(page.contains("Hello, Ada!"), "{page}");
    emulator.shutdown().await;
    assert!(TcpStream::connect(host).await.is_err());
}

#[tokio::test]
async fn a_dropped_emulator_no_longer_listens() {
    let emulator = Emulator::builder().start().await.unwrap();
    let address = emulator.address();
    drop(emulator);
    tokio::task::yield_now().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn an_address_in_use_is_an_error_that_names_it() {
    let emulator = Emulator::builder().start().await.unwrap();
    let address = emulator.address();
    let error = Emulator::builder()
        .listen(address)
        .start()
        .await
        .unwrap_err();
    assert!(matches!(error, StartError::Listen { .. }));
    assert_eq!(error.to_string(), format!("cannot listen on {address}"));
}

#[tokio::test]
async fn open_responses_end_with_the_emulator() {
    let emulator = Emulator::builder().start().await.unwrap();
    let host = emulator.address();
    let body = r#"{"workflow_id":"greeting","parameters":{"name":"Ada"}}"#;
    let request = format!(
        "POST /v1/workflow/run HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer t\r\nx-emulator-fault: stall=5\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut socket = TcpStream::connect(host).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut begun = [0; 64];
    assert!(socket.read(&mut begun).await.unwrap() > 0);
    drop(emulator);
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(
        std::time::Duration::from_secs(2),
        socket.read_to_end(&mut rest),
    )
    .await;
    assert!(ended.is_ok(), "the connection is still open");
}
