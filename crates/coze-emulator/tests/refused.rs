//! Calls that start nothing.

mod support;

use coze_emulator::Emulator;
use http::{Request, StatusCode};
use http_body_util::Full;
use serde_json::json;
use support::{builtins, get, post, post_bytes, send, with};

const RUN: &str = "/v1/workflow/run";

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
        let response = post_bytes(&service, RUN, body).await;
        let json = response.json();
        assert_eq!(json["code"], 4000, "{json}");
        assert!(
            json["msg"].as_str().unwrap().contains(hint),
            "{json} lacks {hint}"
        );
        assert_eq!(json["detail"]["logid"], response.log_id());
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
        let response = send(service, request.body(Full::default()).unwrap()).await;
        assert_eq!(response.status, StatusCode::UNAUTHORIZED);
        assert_eq!(response.json()["code"], 4100);
        assert_eq!(response.json()["detail"]["logid"], response.log_id());
    }
}

#[tokio::test]
async fn an_unknown_path_and_a_wrong_method_are_404_with_a_log_id() {
    let service = builtins();
    for response in [get(&service, "/v1/nothing").await, get(&service, RUN).await] {
        assert_eq!(response.status, StatusCode::NOT_FOUND);
        assert_eq!(response.json()["detail"]["logid"], response.log_id());
    }
}

#[tokio::test]
async fn bodies_are_accepted_up_to_20_mebibytes() {
    let service = builtins();
    let of = |size: usize| {
        // Beside the parameters, so that nothing else works on it.
        let padding = "x".repeat(size);
        json!({"workflow_id": "greeting", "parameters": {"name": "A"}, "padding": padding})
            .to_string()
    };
    let taken = post_bytes(&service, RUN, of(19 * 1024 * 1024)).await;
    assert_eq!(taken.json()["code"], 0);
    let refused = post_bytes(&service, RUN, of(20 * 1024 * 1024)).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(refused.json()["code"], 4000);
}
