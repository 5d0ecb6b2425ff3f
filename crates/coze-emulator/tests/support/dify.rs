//! Dify's dialect, called in process.

use std::time::Duration;

use bytes::Bytes;
use coze_emulator::{Definition, Dialect, Emulator, EmulatorService, Limits};
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tokio::time::Instant;
use tower_service::Service;

use super::{Response, send};

const WORKFLOWS: [&str; 5] = [
    r#"{id: "7400000000000000301", name: greet, inputs: {name: {type: string, required: true}, times: {type: integer}},
        end: {variables: {greeting: "Hello, {{ name }}!"}}}"#,
    r#"{id: "7400000000000000302", name: slow, nodes: [{delay: {id: wait, milliseconds: 25000}}],
        end: {text: "Done."}}"#,
    r#"{id: "7400000000000000303", name: ask, nodes: [{question: {id: place, text: "Where to?"}}],
        end: {text: "To {{ place.answer }}."}}"#,
    r#"{id: "7400000000000000304", name: fail, nodes: [{fail: {id: broken, code: 7, message: "out of order"}}],
        end: {text: ""}}"#,
    r#"{id: "7400000000000000305", name: talk, mode: chatflow, end: {text: "Hi."}}"#,
];

pub(crate) fn emulator(limits: Limits) -> (Emulator, EmulatorService) {
    let mut builder = Emulator::builder()
        .dialect(Dialect::Dify)
        .without_builtins()
        .limits(limits);
    for yaml in WORKFLOWS {
        builder = builder.workflow(Definition::from_yaml(yaml).unwrap());
    }
    let emulator = builder.build().unwrap();
    let service = emulator.service();
    (emulator, service)
}

pub(crate) fn request(method: Method, path: &str, key: &str, body: &Value) -> Request<Full<Bytes>> {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    Request::builder()
        .method(method)
        .uri(format!("http://dify.test{path}"))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .body(Full::new(body.into()))
        .unwrap()
}

pub(crate) async fn post(
    service: &EmulatorService,
    path: &str,
    key: &str,
    body: Value,
) -> Response {
    send(service, request(Method::POST, path, key, &body)).await
}

pub(crate) async fn get(service: &EmulatorService, path: &str, key: &str) -> Response {
    send(service, request(Method::GET, path, key, &Value::Null)).await
}

pub(crate) fn body(mode: &str, inputs: &Value) -> Value {
    json!({ "inputs": inputs, "response_mode": mode, "user": "ada" })
}

/// The frames of a stream, each with the time at which it came, and when the body ended.
pub(crate) async fn frames(
    service: &EmulatorService,
    key: &str,
    inputs: &Value,
) -> (Vec<(Duration, String)>, Duration) {
    let began = Instant::now();
    let request = request(
        Method::POST,
        "/v1/workflows/run",
        key,
        &body("streaming", inputs),
    );
    let response = service.clone().call(request).await.unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    let mut body = response.into_body();
    let mut frames = Vec::new();
    while let Some(frame) = body.frame().await {
        let bytes = frame.unwrap().into_data().unwrap();
        frames.push((began.elapsed(), String::from_utf8(bytes.to_vec()).unwrap()));
    }
    (frames, began.elapsed())
}

pub(crate) fn event(frame: &str) -> Value {
    let data = frame
        .strip_prefix("data: ")
        .and_then(|frame| frame.strip_suffix("\n\n"));
    serde_json::from_str(data.unwrap_or_else(|| panic!("{frame}"))).unwrap()
}
