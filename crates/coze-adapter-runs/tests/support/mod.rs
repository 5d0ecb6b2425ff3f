//! A client over a script, and requests to a receiver.

#![allow(dead_code, reason = "each test file uses its part")]

use coze_adapter_runs::{CallbackReceiver, Runs, RunsBuilder};
use coze_transport::{
    HttpStack, RetryPolicy,
    testing::{Reply, Scripted},
};
use http::Request;
use http_body_util::Full;

pub(crate) const SECRET: &str = "Yx3dC0-kTQ8vJm2b_R7sWa";
pub(crate) const URL: &str = "https://me.example/runs/done";
pub(crate) const TOKEN: &str = "token-canary-1234567890";

pub(crate) fn builder(script: &Scripted) -> RunsBuilder {
    Runs::builder()
        .base_url("https://gateway.example/api")
        .token(TOKEN)
        .transport(HttpStack::new(script.clone()))
        .retry(RetryPolicy::default().seed(7))
}

pub(crate) fn client(script: &Scripted) -> Runs {
    builder(script).build().unwrap()
}

pub(crate) fn receiver() -> CallbackReceiver {
    CallbackReceiver::new(URL, SECRET).unwrap()
}

/// Posts a body to the URL of a receiver.
pub(crate) async fn deliver(receiver: &CallbackReceiver, body: impl Into<bytes::Bytes>) -> u16 {
    let request = Request::post(receiver.url()).body(Full::new(body.into()));
    receiver.receive(request.unwrap()).await.as_u16()
}

/// The record of a run, as the history has it.
pub(crate) fn record(status: &str) -> Reply {
    let body = format!(
        r#"{{"run_id":"run_1","workflow_id":"7366","status":"{status}","inputs":{{}},"outputs":{{"answer":42}},
        "created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:05Z"}}"#
    );
    Reply::json(200, body)
}

pub(crate) fn not_found() -> Reply {
    Reply::json(
        404,
        r#"{"error":{"code":"NOT_FOUND","message":"no such run"}}"#,
    )
}
