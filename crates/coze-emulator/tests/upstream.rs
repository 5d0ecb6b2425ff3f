//! Calls that are passed on to another server.

mod support;

use bytes::Bytes;
use coze_emulator::Emulator;
use http::StatusCode;
use http_body_util::Full;
use serde_json::{Value, json};
use support::{control, post, read};

/// An emulator in front of a server that says what it was asked, and fails for one path.
fn front() -> Emulator {
    let builder = Emulator::builder().upstream(|request| async move {
        if request.uri().path() == "/v1/broken" {
            return Err("the other server is down".into());
        }
        let said = json!({ "code": 0, "path": request.uri().to_string(), "sent": String::from_utf8_lossy(request.body()) });
        let response = http::Response::builder().header("x-tt-logid", "of-the-server");
        Ok(response.body(Full::<Bytes>::from(said.to_string()))?)
    });
    builder.build().unwrap()
}

#[tokio::test]
async fn a_call_is_passed_on_with_its_body_and_its_log_id_stays() {
    let emulator = front();
    let service = emulator.service();
    let response = post(
        &service,
        "/v1/workflow/run?a=1",
        json!({"workflow_id": "1"}),
    )
    .await;
    assert_eq!(response.log_id(), "of-the-server");
    assert_eq!(
        response.json(),
        json!({ "code": 0, "path": "/v1/workflow/run?a=1", "sent": "{\"workflow_id\":\"1\"}" })
    );
    let calls = read(&service, "calls").await;
    assert_eq!(calls["calls"][0]["body"], "{\"workflow_id\":\"1\"}");
    assert_eq!(emulator.calls("/v1/workflow/run"), 1);
    assert_eq!(emulator.runs_started_in_all(), 0);
}

#[tokio::test]
async fn faults_hit_calls_that_are_passed_on() {
    let emulator = front();
    emulator.inject("status=503".parse().unwrap());
    let service = emulator.service();
    let refused = post(&service, "/v1/workflow/run", Value::Null).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    let passed = post(&service, "/v1/workflow/run", Value::Null).await;
    assert_eq!(passed.status, StatusCode::OK);
}

#[tokio::test]
async fn what_cannot_be_passed_on_is_told() {
    let service = front().service();
    let failed = post(&service, "/v1/broken", Value::Null).await;
    assert_eq!(failed.status, StatusCode::BAD_GATEWAY);
    assert!(failed.text().contains("the other server is down"));
    // The control API is the emulator's own.
    let health = control(&service, "GET", "health", &Value::Null).await;
    assert_eq!(health.status, StatusCode::OK);
}
