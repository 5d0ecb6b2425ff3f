//! `POST /v1/workflow/run` and the history of a run, as bytes.

mod support;

use std::time::Duration;

use coze_emulator::Emulator;
use http::{Request, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use support::{builtins, get, pass, post, post_bytes, send, with};

const RUN: &str = "/v1/workflow/run";

#[tokio::test]
async fn a_sync_run_answers_with_its_output_as_text() {
    let reply = post(
        &builtins(),
        RUN,
        json!({"workflow_id": "7400000000000000101", "parameters": {"name": "Ada"}}),
    )
    .await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(
        reply.headers["content-type"],
        "application/json; charset=utf-8"
    );
    let body = reply.json();
    assert_eq!(body["code"], 0);
    assert_eq!(body["msg"], "");
    assert_eq!(body["data"], r#"{"greeting":"Hello, Ada!"}"#);
    assert_eq!(body["detail"]["logid"], reply.log_id());
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
    let reply = post(
        &builtins(),
        RUN,
        json!({"workflow_id": "weather", "parameters": "{\"city\":\"Lyon\"}", "bot_id": null}),
    )
    .await;
    let data: Value = serde_json::from_str(reply.json()["data"].as_str().unwrap()).unwrap();
    assert_eq!(
        data,
        json!({"city": "Lyon", "condition": "sunny", "temperature": 16.5, "unit": "celsius",
               "wind": {"speed_kmh": 8, "direction": "north"}})
    );
}

#[tokio::test]
async fn an_end_node_that_returns_text_uses_the_text_form() {
    let service = with("name: t\nend: { text: \"say \\\"hi\\\"\" }");
    let reply = post(&service, RUN, json!({"workflow_id": "t"})).await;
    assert_eq!(
        reply.json()["data"],
        r#"{"content_type":1,"data":"say \"hi\"","original_result":null,"type_for_model":2}"#
    );
}

#[tokio::test(start_paused = true)]
async fn an_async_run_is_running_and_then_a_success() {
    let service = builtins();
    let reply = post(
        &service,
        RUN,
        json!({"workflow_id": "slow-report", "is_async": true, "parameters": {"topic": "tea"}, "ext": {"user_id": "u-17"}}),
    )
    .await;
    let body = reply.json();
    assert_eq!(body.get("data"), None);
    let execute_id = body["execute_id"].as_str().unwrap();
    assert!(body["debug_url"].as_str().unwrap().contains(execute_id));
    let path = format!("/v1/workflows/7400000000000000103/run_histories/{execute_id}");

    let running = get(&service, &path).await.json();
    assert_eq!(running["data"][0]["execute_status"], "Running");
    assert_eq!(running["data"][0]["output"], "");

    pass(1_001).await;
    let ended = get(&service, &path).await.json();
    let row = &ended["data"][0];
    assert_eq!(ended["data"].as_array().unwrap().len(), 1);
    assert_eq!(row["execute_status"], "Success");
    assert_eq!(row["execute_id"], execute_id);
    assert_eq!(
        row["output"],
        r#"{"Output":"{\"report\":\"A report about tea.\",\"pages\":1}"}"#
    );
    assert_eq!(row["logid"], reply.log_id());
    assert_eq!(
        row["update_time"].as_i64().unwrap() - row["create_time"].as_i64().unwrap(),
        1
    );
    assert_eq!(
        (
            &row["bot_id"],
            &row["connector_id"],
            &row["connector_uid"],
            &row["run_mode"]
        ),
        (&json!("0"), &json!("1024"), &json!("u-17"), &json!(2))
    );
    assert_eq!(
        (&row["error_code"], &row["error_message"]),
        (&json!(""), &json!(""))
    );
    assert_eq!(row["is_output_trimmed"], false);
    assert_eq!(row["debug_url"], body["debug_url"]);
}

#[tokio::test]
async fn a_failed_run_tells_its_code_message_and_page() {
    let service = with(
        "name: f\nnodes:\n  - fail: { id: stop, code: 4013, message: \"no {{ 1 + 1 }}\" }\nend: { text: x }",
    );
    let reply = post(&service, RUN, json!({"workflow_id": "f"})).await;
    assert_eq!(reply.status, StatusCode::OK);
    let body = reply.json();
    assert_eq!(
        (&body["code"], &body["msg"]),
        (&json!(4013), &json!("no 2"))
    );
    assert!(
        body["debug_url"]
            .as_str()
            .unwrap()
            .contains("/work_flow?execute_id=")
    );
    assert_eq!(body.get("data"), None);

    let started = post(&service, RUN, json!({"workflow_id": "f", "is_async": true}))
        .await
        .json();
    let id = started["execute_id"].as_str().unwrap();
    tokio::task::yield_now().await;
    let row = get(&service, &format!("/v1/workflows/f/run_histories/{id}"))
        .await
        .json()["data"][0]
        .clone();
    assert_eq!(row["execute_status"], "Fail");
    assert_eq!(
        (&row["error_code"], &row["error_message"]),
        (&json!("4013"), &json!("no 2"))
    );
}

#[tokio::test]
async fn bad_input_is_4000_and_named_and_starts_nothing() {
    let emulator = Emulator::builder().build().unwrap();
    let service = emulator.service();
    let cases: [(&[u8], &str); 10] = [
        (br#"{"workflow_id":"greeting"}"#, "'name'"),
        (
            br#"{"workflow_id":"greeting","parameters":{"name":7}}"#,
            "'name' must be of type string, but is a number",
        ),
        (
            br#"{"workflow_id":"greeting","parameters":"no json"}"#,
            "'parameters'",
        ),
        (
            br#"{"workflow_id":"greeting","parameters":[]}"#,
            "'parameters'",
        ),
        (br#"{"parameters":{}}"#, "'workflow_id'"),
        (br#"{"workflow_id":""}"#, "'workflow_id'"),
        (br#"{"workflow_id":7}"#, "invalid type"),
        (
            br#"{"workflow_id":"greeting","bot_id":"1","app_id":"2"}"#,
            "'app_id'",
        ),
        (br#"{"workflow_id":"#, "JSON"),
        (b"[]", "JSON object"),
    ];
    for (body, hint) in cases {
        let reply = post_bytes(&service, RUN, body).await;
        let json = reply.json();
        assert_eq!(json["code"], 4000, "{json}");
        assert!(
            json["msg"].as_str().unwrap().contains(hint),
            "{json} lacks {hint}"
        );
        assert_eq!(json["detail"]["logid"], reply.log_id());
    }
    assert_eq!(emulator.runs_started_in_all(), 0);
    post(
        &service,
        RUN,
        json!({"workflow_id": "weather", "parameters": {"city": "Oslo"}}),
    )
    .await;
    assert_eq!(emulator.runs_started("weather"), Some(1));
}

#[tokio::test]
async fn unknown_and_unpublished_workflows_are_4200() {
    let service = with("name: draft\npublished: false\nend: { text: x }");
    for (id, hint) in [("nowhere", "does not exist"), ("draft", "published")] {
        let body = post(&service, RUN, json!({"workflow_id": id})).await.json();
        assert_eq!(body["code"], 4200);
        assert!(body["msg"].as_str().unwrap().contains(hint));
    }
}

#[tokio::test]
async fn an_unknown_execution_and_one_of_another_workflow_are_4314() {
    let service = builtins();
    let body = post(
        &service,
        RUN,
        json!({"workflow_id": "greeting", "parameters": {"name": "A"}, "is_async": true}),
    )
    .await
    .json();
    let id = body["execute_id"].as_str().unwrap();
    for path in [
        "/v1/workflows/greeting/run_histories/75".to_owned(),
        format!("/v1/workflows/weather/run_histories/{id}"),
    ] {
        assert_eq!(get(&service, &path).await.json()["code"], 4314);
    }
}

#[tokio::test]
async fn a_missing_or_wrong_token_is_401() {
    let open = builtins();
    let closed = Emulator::builder()
        .accept_token("pat_right")
        .build()
        .unwrap()
        .service();
    let cases = [
        (&open, None),
        (&open, Some("Bearer ")),
        (&open, Some("Basic YTpi")),
        (&closed, Some("Bearer pat_wrong")),
    ];
    for (service, authorization) in cases {
        let mut request = Request::post("http://coze.test/v1/workflow/run");
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let reply = send(service, request.body(Full::default()).unwrap()).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        assert_eq!(reply.json()["code"], 700_012_006);
        assert_eq!(reply.json()["detail"]["logid"], reply.log_id());
    }
}

#[tokio::test]
async fn an_unknown_path_and_a_wrong_method_are_404_with_a_log_id() {
    let service = builtins();
    for reply in [get(&service, "/v1/nothing").await, get(&service, RUN).await] {
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
        assert_eq!(reply.json()["detail"]["logid"], reply.log_id());
    }
}

#[tokio::test]
async fn the_same_seed_and_clock_give_the_same_bytes() {
    let mut bodies = Vec::new();
    for _ in 0..2 {
        let service = Emulator::builder()
            .seed(1)
            .unix_time(Duration::from_secs(1_767_225_600))
            .base_url("http://emulator/")
            .build()
            .unwrap()
            .service();
        let reply = post(
            &service,
            RUN,
            json!({"workflow_id": "greeting", "parameters": {"name": "A"}}),
        )
        .await;
        bodies.push(reply.text());
    }
    assert_eq!(bodies[0], bodies[1]);
    assert!(
        bodies[0].contains("\"http://emulator/work_flow?"),
        "{}",
        bodies[0]
    );
}

#[tokio::test]
async fn only_the_newest_ended_runs_are_kept() {
    let service = Emulator::builder().keep_runs(2).build().unwrap().service();
    let mut ids = Vec::new();
    for _ in 0..3 {
        let body = post(
            &service,
            RUN,
            json!({"workflow_id": "greeting", "parameters": {"name": "A"}, "is_async": true}),
        )
        .await
        .json();
        ids.push(body["execute_id"].as_str().unwrap().to_owned());
        tokio::task::yield_now().await;
    }
    let mut codes = Vec::new();
    for id in ids {
        codes.push(
            get(
                &service,
                &format!("/v1/workflows/greeting/run_histories/{id}"),
            )
            .await
            .json()["code"]
                .clone(),
        );
    }
    assert_eq!(codes, [json!(4314), json!(0), json!(0)]);
}

#[tokio::test]
async fn bodies_are_accepted_up_to_20_mebibytes() {
    let service = builtins();
    let of = |size: usize| {
        json!({"workflow_id": "greeting", "parameters": {"name": "x".repeat(size)}}).to_string()
    };
    let taken = post_bytes(&service, RUN, of(19 * 1024 * 1024)).await;
    assert_eq!(taken.json()["code"], 0);
    let refused = post_bytes(&service, RUN, of(20 * 1024 * 1024)).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(refused.json()["code"], 4000);
}

#[test]
fn the_service_fits_a_client_stack() {
    // What an erased client stack asks of the service at its bottom.
    fn fits<S>(_: S)
    where
        S: tower_service::Service<
                Request<Full<bytes::Bytes>>,
                Response = http::Response<axum::body::Body>,
            > + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
    }
    fits(builtins());
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
    let reply = post(
        &service,
        RUN,
        json!({"workflow_id": "sum", "parameters": {"a": 40}}),
    )
    .await;
    assert_eq!(reply.json()["data"], r#"{"sum":42}"#);
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
    let reply = post(
        &service,
        "/v1/workflow/run",
        json!({"workflow_id": "slow-report"}),
    )
    .await;
    assert_eq!(reply.status, http::StatusCode::GATEWAY_TIMEOUT);
    let body = reply.json();
    assert_ne!(body["code"], 0, "{body}");
    assert!(body["debug_url"].is_string(), "{body}");
    assert_eq!(emulator.runs_started("slow-report"), Some(1));
}
