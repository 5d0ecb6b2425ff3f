//! Calls over the router, in bytes and JSON.

#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod dify;

use bytes::Bytes;
use coze_emulator::{Definition, Emulator, EmulatorService, Limits};
use http::{Method, Request, StatusCode, header::HeaderMap};
use http_body_util::{BodyExt, Full};
use serde_json::Value;
use tower_service::Service;

/// A response with its body read.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Response {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub(crate) fn log_id(&self) -> &str {
        self.headers["x-tt-logid"].to_str().unwrap()
    }
}

pub(crate) async fn send(service: &EmulatorService, request: Request<Full<Bytes>>) -> Response {
    let response = service.clone().call(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Response {
        status: parts.status,
        headers: parts.headers,
        body: body.collect().await.unwrap().to_bytes(),
    }
}

/// A POST of any bytes with a token.
pub(crate) async fn post_bytes(
    service: &EmulatorService,
    path: &str,
    body: impl Into<Bytes>,
) -> Response {
    let request = Request::post(format!("http://coze.test{path}"))
        .header("authorization", "Bearer pat_test")
        .header("content-type", "application/json")
        .body(Full::new(body.into()))
        .unwrap();
    send(service, request).await
}

pub(crate) async fn post(service: &EmulatorService, path: &str, body: Value) -> Response {
    post_bytes(service, path, body.to_string()).await
}

pub(crate) async fn get(service: &EmulatorService, path: &str) -> Response {
    let request = Request::get(format!("http://coze.test{path}"))
        .header("authorization", "Bearer pat_test")
        .body(Full::default())
        .unwrap();
    send(service, request).await
}

/// An emulator with one more workflow.
pub(crate) fn with(yaml: &str) -> EmulatorService {
    Emulator::builder()
        .workflow(Definition::from_yaml(yaml).unwrap())
        .build()
        .unwrap()
        .service()
}

pub(crate) fn limited(limits: Limits, yaml: &str) -> EmulatorService {
    Emulator::builder()
        .limits(limits)
        .workflow(Definition::from_yaml(yaml).unwrap())
        .build()
        .unwrap()
        .service()
}

pub(crate) fn builtins() -> EmulatorService {
    Emulator::builder().build().unwrap().service()
}

/// Lets time pass; instant on a paused clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the clock of these tests is paused"
)]
pub(crate) async fn pass(milliseconds: u64) {
    tokio::time::sleep(std::time::Duration::from_millis(milliseconds)).await;
}

/// One server-sent event.
#[derive(Debug)]
pub(crate) struct Sse {
    pub(crate) id: Option<String>,
    pub(crate) event: String,
    pub(crate) data: String,
}

impl Sse {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error}: {}", self.data))
    }
}

/// Reads a whole stream, and insists on its exact framing.
pub(crate) fn events(text: &str) -> Vec<Sse> {
    assert!(text.ends_with("\n\n"), "{text}");
    text.trim_end_matches("\n\n")
        .split("\n\n")
        .map(|block| {
            let mut lines = block.split('\n').peekable();
            let id = lines
                .next_if(|line| line.starts_with("id: "))
                .map(|line| line["id: ".len()..].to_owned());
            let event = lines.next().unwrap().strip_prefix("event: ").unwrap();
            let data: Vec<_> = lines
                .map(|line| line.strip_prefix("data: ").unwrap())
                .collect();
            Sse {
                id,
                event: event.to_owned(),
                data: data.join("\n"),
            }
        })
        .collect()
}

/// The stream of a POST.
pub(crate) async fn stream(service: &EmulatorService, path: &str, body: Value) -> Vec<Sse> {
    let response = post(service, path, body).await;
    assert_eq!(
        response.headers["content-type"],
        "text/event-stream; charset=utf-8",
        "{}",
        response.text()
    );
    let events = events(&response.text());
    for (index, event) in events.iter().enumerate() {
        if let Some(id) = &event.id {
            assert_eq!(*id, index.to_string());
        }
    }
    events
}

/// Event names in order.
pub(crate) fn names(events: &[Sse]) -> Vec<&str> {
    events.iter().map(|event| event.event.as_str()).collect()
}

/// A call of the control API.
pub(crate) async fn control(
    service: &EmulatorService,
    method: &str,
    path: &str,
    body: &Value,
) -> Response {
    let body = if body.is_null() {
        Bytes::new()
    } else {
        body.to_string().into()
    };
    let request = Request::builder()
        .method(Method::from_bytes(method.as_bytes()).unwrap())
        .uri(format!("http://localhost/_emulator/{path}"))
        .body(Full::new(body))
        .unwrap();
    send(service, request).await
}

/// What a read of the control API gives.
pub(crate) async fn read(service: &EmulatorService, path: &str) -> Value {
    let response = control(service, "GET", path, &Value::Null).await;
    assert_eq!(response.status, StatusCode::OK, "{}", response.text());
    response.json()
}

/// What a change by the control API gives.
pub(crate) async fn change(
    service: &EmulatorService,
    method: &str,
    path: &str,
    body: Value,
) -> Value {
    let response = control(service, method, path, &body).await;
    assert_eq!(response.status, StatusCode::OK, "{}", response.text());
    response.json()
}
