//! The verifier behind axum, over a socket.

use std::{sync::Arc, time::SystemTime};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use coze_webhook::{Delivery, MAX_BODY, Verifier, is_same_secret, read_body, sign};
use http_body_util::Full;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

async fn callback(
    State(verifier): State<Arc<Verifier>>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    match verifier.verify(&headers, body) {
        Ok(Delivery::First(_)) => (StatusCode::OK, "first"),
        Ok(Delivery::Again(_)) => (StatusCode::OK, "again"),
        Err(refused) => (refused.status(), "refused"),
    }
}

async fn serve() -> String {
    let app = Router::new()
        .route("/callback", post(callback))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Arc::new(Verifier::new("token")));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Posts a body, signed now with `token`; the status and the body of the response.
async fn deliver(address: &str, token: &str, body: &str) -> (u16, String) {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let timestamp = since.unwrap().as_millis().to_string();
    let signature = sign(&timestamp, "n", token, body.as_bytes());
    let head = format!(
        "POST /callback HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\
         X-Coze-Timestamp: {timestamp}\r\nX-Coze-Nonce: n\r\nX-Coze-Signature: {signature}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // A server that refuses may close before all is written.
    let _ = stream.write_all(body.as_bytes()).await;
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response).await;
    let text = String::from_utf8(response).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap();
    (status.parse().unwrap(), body.to_owned())
}

#[tokio::test]
async fn a_server_responds_to_deliveries() {
    let address = serve().await;
    let event = r#"{"header":{"event_type":"bot.deleted","event_id":"e1"},"event":{}}"#;
    let large = " ".repeat(MAX_BODY + 1);
    for (token, body, status, said) in [
        ("token", event, 200, "first"),
        ("token", event, 200, "again"),
        ("another", event, 401, "refused"),
        ("token", "{}{}", 400, "refused"),
        ("token", &large, 413, ""),
    ] {
        let (got, text) = deliver(&address, token, body).await;
        assert_eq!(got, status, "{text}");
        assert!(text.starts_with(said), "{text}");
    }
}

/// A body without an end and without a length.
struct Endless;
impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = std::io::Error;
    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        let frame = http_body::Frame::data(Bytes::from_static(&[b'x'; 1024]));
        std::task::Poll::Ready(Some(Ok(frame)))
    }
}

#[tokio::test]
async fn a_body_is_read_up_to_its_limit() {
    let full = |size: usize| Full::new(Bytes::from(vec![b'x'; size]));
    assert_eq!(read_body(full(8), 8).await.unwrap().len(), 8);
    let refused = read_body(full(9), 8).await.unwrap_err();
    assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
    // Without a length beforehand.
    assert_eq!(
        read_body(Endless, MAX_BODY).await,
        Err(coze_webhook::Refused::TooLarge)
    );
    assert!(!is_same_secret("a", "b"));
    assert!(!is_same_secret("a", "ab"));
    assert!(is_same_secret("ab", "ab"));
}
