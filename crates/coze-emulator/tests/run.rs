//! `POST /v1/workflow/run`, as bytes.

mod support;

use coze_emulator::Emulator;
use http::StatusCode;
use serde_json::{Value, json};
use support::{builtins, post, with};

const RUN: &str = "/v1/workflow/run";

#[tokio::test]
async fn a_sync_run_returns_its_output_as_text() {
    let response = post(
        &builtins(),
        RUN,
        json!({"workflow_id": "7400000000000000101", "parameters": {"name": "Ada"}}),
    )
    .await;
    assert_eq!(response.status, StatusCode::OK);
    assert_eq!(
        response.headers["content-type"],
        "application/json; charset=utf-8"
    );
    let body = response.json();
    assert_eq!(body["code"], 0);
    assert_eq!(body["msg"], "");
    assert_eq!(body["data"], r#"{"greeting":"Hello, Ada!"}"#);
    assert_eq!(body["detail"]["logid"], response.log_id());
    assert_eq!(
        body["usage"],
        json!({"token_count": 0, "input_count": 0, "output_count": 0})
    );
    assert!(
        body["debug_url"]
            .as_str()
            .unwrap()
            .starts_with("http://coze.test/work_flow?execute_id=")
    );
    assert_eq!(body.get("execute_id"), None);
}

#[tokio::test]
async fn a_workflow_is_found_by_its_name_and_parameters_may_be_text() {
    let response = post(
        &builtins(),
        RUN,
        json!({"workflow_id": "weather", "parameters": "{\"city\":\"Lyon\"}", "bot_id": null}),
    )
    .await;
    let data: Value = serde_json::from_str(response.json()["data"].as_str().unwrap()).unwrap();
    assert_eq!(
        data,
        json!({"city": "Lyon", "condition": "sunny", "temperature": 16.5, "unit": "celsius",
               "wind": {"speed_kmh": 8, "direction": "north"}})
    );
}

#[tokio::test]
async fn an_end_node_that_returns_text_uses_the_text_form() {
    let service = with("name: t\nend: { text: \"say \\\"hi\\\"\" }");
    let response = post(&service, RUN, json!({"workflow_id": "t"})).await;
    assert_eq!(
        response.json()["data"],
        r#"{"content_type":1,"data":"say \"hi\"","original_result":null,"type_for_model":2}"#
    );
}

#[tokio::test]
async fn a_definition_in_rust_runs() {
    let definition = coze_emulator::Definition::builder("sum")
        .required_input("a", coze_emulator::ParamType::Integer)
        .input("b", coze_emulator::ParamType::Integer, 2)
        .expression("sum", "{{ a + b }}")
        .returns("sum", "{{ sum.value }}")
        .build()
        .unwrap();
    let service = Emulator::builder()
        .workflow(definition)
        .build()
        .unwrap()
        .service();
    let response = post(
        &service,
        RUN,
        json!({"workflow_id": "sum", "parameters": {"a": 40}}),
    )
    .await;
    assert_eq!(response.json()["data"], r#"{"sum":42}"#);
}

#[tokio::test(start_paused = true)]
async fn a_sync_run_that_takes_too_long_gets_504() {
    let mut limits = coze_emulator::Limits::default();
    limits.sync_run = std::time::Duration::from_millis(500);
    let emulator = coze_emulator::Emulator::builder()
        .limits(limits)
        .build()
        .unwrap();
    let service = emulator.service();
    // It would take a second.
    let response = post(
        &service,
        "/v1/workflow/run",
        json!({"workflow_id": "slow-report"}),
    )
    .await;
    assert_eq!(response.status, http::StatusCode::GATEWAY_TIMEOUT);
    let body = response.json();
    assert_ne!(body["code"], 0, "{body}");
    assert!(body["debug_url"].is_string(), "{body}");
    assert_eq!(emulator.runs_started("slow-report"), Some(1));
}
