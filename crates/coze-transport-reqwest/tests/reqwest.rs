//! What reqwest does below the client: what it must not do by itself, and what its errors are taken for.

use std::{net::SocketAddr, time::Duration};

use coze_transport_reqwest::ReqwestTransport;
use coze_workflow::{
    Client, Error, ErrorKind, HttpStack, Outcome, RetryPolicy, models::WorkflowEvent,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

type Requests = mpsc::UnboundedReceiver<String>;

/// A server that hands each connection's first request over and sends these bytes in return; the connection ends
/// after them.
async fn server(response: impl Into<Vec<u8>>) -> (SocketAddr, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (seen, requests) = mpsc::unbounded_channel();
    let response = response.into();
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let _ = seen.send(request(&mut connection).await);
            let _ = connection.write_all(&response).await;
        }
    });
    (address, requests)
}

/// The head and the body of a request with a length.
async fn request(connection: &mut TcpStream) -> String {
    let mut read = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let count = connection.read(&mut piece).await.unwrap();
        read.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&read);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        if length.is_none_or(|length| length.parse() == Ok(body.len())) || count == 0 {
            return text.into_owned();
        }
    }
}

fn json(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n{headers}connection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

fn client(
    address: SocketAddr,
    set: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> Client {
    let transport = ReqwestTransport::from_builder(set(reqwest::Client::builder())).unwrap();
    Client::builder()
        .base_url(format!("http://{address}"))
        .transport(HttpStack::new(transport))
        .token("pat_1")
        .build()
        .unwrap()
}

async fn fail(address: SocketAddr) -> Error {
    client(address, |client| client)
        .workflow("7366")
        .run()
        .await
        .unwrap_err()
}

fn count(mut requests: Requests) -> usize {
    std::iter::from_fn(|| requests.try_recv().ok()).count()
}

#[tokio::test]
async fn a_run_goes_out_with_its_token_and_length() {
    let (address, mut requests) = server(json("200 OK", "", br#"{"code":0,"data":"done"}"#)).await;
    let coze = client(address, |client| client);
    let run = coze.workflow("7366").parameter("city", "Lyon").run().await;
    assert_eq!(run.unwrap().raw(), "done");
    let sent = requests.recv().await.unwrap();
    assert!(
        sent.starts_with("POST /v1/workflow/run HTTP/1.1\r\n"),
        "{sent}"
    );
    for line in [
        "authorization: Bearer pat_1",
        "content-length: ",
        "accept-encoding: identity",
    ] {
        assert!(sent.contains(line), "{line}: {sent}");
    }
    assert!(!sent.contains("transfer-encoding"), "{sent}");
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_is_not_accepted_and_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = fail(address).await;
    assert_eq!(error.outcome(), Outcome::NotAccepted, "{error:?}");
    assert_eq!(error.attempts().len(), 3);
    assert!(!error.may_have_run());
}

#[tokio::test]
async fn a_connection_that_ends_after_the_request_is_unknown_and_not_tried_again() {
    let half = json("200 OK", "", br#"{"code":0,"data":"done"}"#);
    let half = half[..half.len() - 5].to_vec();
    for response in [Vec::new(), b"HTTP/1.1 20".to_vec(), half] {
        let (address, requests) = server(response).await;
        let error = fail(address).await;
        assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
        assert!(error.may_have_run());
        assert_eq!(count(requests), 1);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (other, elsewhere) = server(json("200 OK", "", br#"{"code":0,"data":"twice"}"#)).await;
    for status in [
        "302 Found",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let location = format!("location: http://{other}/v1/workflow/run\r\n");
        let (address, requests) = server(json(status, &location, b"")).await;
        let error = fail(address).await;
        assert_eq!(
            error.status().map(|status| status.as_u16()),
            status[..3].parse().ok()
        );
        assert_eq!(count(requests), 1);
    }
    assert_eq!(count(elsewhere), 0);
}

#[tokio::test]
async fn nothing_is_decompressed() {
    // What is no gzip would be an error of the decoder.
    let body = br#"{"code":0,"data":"plain"}"#;
    let (address, mut requests) = server(json("200 OK", "content-encoding: gzip\r\n", body)).await;
    let error = fail(address).await;
    assert!(error.to_string().contains("gzip"), "{error}");
    assert!(
        !requests
            .recv()
            .await
            .unwrap()
            .contains("accept-encoding: gzip")
    );
}

#[tokio::test(start_paused = true)]
async fn the_time_limit_of_the_client_is_a_timeout_that_may_have_run() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let silent = tokio::spawn(async move { listener.accept().await });
    let coze = client(address, |client| client.timeout(Duration::from_secs(5)));
    let error = coze.workflow("7366").run().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Timeout, Outcome::Unknown),
        "{error:?}"
    );
    assert_eq!(error.attempts().len(), 1);
    drop(silent);
}

#[tokio::test]
async fn events_arrive_before_the_next_are_sent_and_a_dropped_stream_closes_its_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let coze = client(address, |client| client);
    let (mut events, mut connection) = tokio::join!(
        async { coze.workflow("7366").stream().await.unwrap() },
        async {
            let (mut connection, _) = listener.accept().await.unwrap();
            request(&mut connection).await;
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
            connection.write_all(head.as_bytes()).await.unwrap();
            connection
        }
    );
    for content in ["one", "two"] {
        let event = format!("event: Message\ndata: {{\"content\":\"{content}\"}}\n\n");
        connection.write_all(event.as_bytes()).await.unwrap();
        let Some(WorkflowEvent::Message(message)) = events.try_next().await.unwrap() else {
            panic!("not a message")
        };
        assert_eq!(message.content, content);
    }
    drop(events);
    let mut end = [0];
    assert_eq!(connection.read(&mut end).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn plain_http_to_another_host_is_refused_before_anything_is_sent() {
    let transport = || ReqwestTransport::from_builder(reqwest::Client::builder()).unwrap();
    let run = async |transport, host: &str| {
        let coze = Client::builder()
            .base_url(format!("http://{host}"))
            .transport(HttpStack::new(transport))
            .token("pat_1")
            .retry(RetryPolicy::never());
        coze.build()
            .unwrap()
            .workflow("7366")
            .run()
            .await
            .unwrap_err()
    };
    for host in ["192.0.2.1", "studio", "localhost.example", "[2001:db8::1]"] {
        let error = run(transport(), host).await;
        assert!(
            error.report().contains("allow_plaintext"),
            "{host}: {error:?}"
        );
        assert_eq!(error.outcome(), Outcome::NotAccepted);
    }
    for host in ["127.0.0.1:1", "[::1]:1", "localhost:1"] {
        let error = run(transport(), host).await;
        assert!(
            !error.report().contains("allow_plaintext"),
            "{host}: {error:?}"
        );
    }
    let error = run(transport().allow_plaintext(true), "127.0.0.1:1").await;
    assert!(!error.report().contains("allow_plaintext"), "{error:?}");
}
