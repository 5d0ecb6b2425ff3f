//! The self-hosted server's form of the calls.

mod support;

use coze_emulator::{Definition, Dialect, Emulator, EmulatorService};
use http::{Request, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use support::{builtins, get, names, post, post_bytes, send, stream};

const RUN: &str = "/v1/workflow/run";
const STREAM: &str = "/v1/workflow/stream_run";

fn studio(yaml: &str) -> EmulatorService {
    Emulator::builder()
        .dialect(Dialect::Studio)
        .workflow(Definition::from_yaml(yaml).unwrap())
        .build()
        .unwrap()
        .service()
}

const TEXT: &str = "id: \"73\"\nname: t\nusage: { input: 60, output: 38 }\nend: { text: sunny }";
const ASK: &str = "id: \"74\"\nname: a\nnodes: [ { question: { id: q, title: Ask, text: \"Which city?\" } } ]\nend: { variables: { city: \"{{ q.answer }}\" } }";

#[tokio::test]
async fn a_run_has_all_fields_and_its_own_log_id_header() {
    let response = post(&studio(TEXT), RUN, json!({"workflow_id": "73"})).await;
    let body = response.json();
    let id = body["execute_id"].as_str().unwrap();
    assert_eq!(
        body,
        json!({"code": 0, "msg": null, "data": "{\"content_type\":1,\"data\":\"sunny\",\"type_for_model\":2}", "token": 98,
               "cost": "0.00000", "execute_id": id, "BaseResp": null,
               "debug_url": format!("http://coze.test/work_flow?execute_id={id}&execute_mode=2&space_id=7300000000000000001&workflow_id=73")})
    );
    assert_eq!(response.headers["x-log-id"].len(), 36);
    assert!(!response.headers.contains_key("x-tt-logid"));
}

#[tokio::test]
async fn failures_have_the_codes_of_this_server() {
    let yaml = "id: \"75\"\nname: d\npublished: false\nend: { text: x }";
    let service = studio(yaml);
    let cases = [
        (json!({"workflow_id": "75"}), 6031),
        (json!({"workflow_id": "76"}), 720_702_004),
        (json!({"workflow_id": "greeting"}), 720_701_013),
        (json!({"workflow_id": "7400000000000000101"}), 4000),
        (json!({}), 4000),
        (
            json!({"workflow_id": "7400000000000000101", "bot_id": "1", "app_id": "2"}),
            720_701_013,
        ),
    ];
    for (body, code) in cases {
        let response = post(&service, RUN, body.clone()).await;
        assert_eq!(response.status, StatusCode::OK);
        let response = response.json();
        assert_eq!(response["code"], code, "{body}");
        assert_eq!(
            (&response["data"], &response["BaseResp"]),
            (&Value::Null, &Value::Null)
        );
    }
    // Streams do not translate.
    assert_eq!(
        post(&service, STREAM, json!({"workflow_id": "75"}))
            .await
            .json()["code"],
        720_702_011
    );
    let malformed = post_bytes(&service, RUN, "{").await;
    assert_eq!(
        (malformed.status, &malformed.json()["code"]),
        (StatusCode::BAD_REQUEST, &json!(400))
    );
}

#[tokio::test]
async fn a_bad_token_is_http_200_and_a_foreign_path_is_401() {
    let service = studio(TEXT);
    let request = Request::post("http://coze.test/v1/workflow/run")
        .body(Full::default())
        .unwrap();
    let response = send(&service, request).await;
    assert_eq!(
        (response.status, &response.json()["code"]),
        (StatusCode::OK, &json!(700_012_006))
    );
    for path in [
        "/v1/workflows/73/run_histories/1",
        "/v1/workflows",
        "/api/permission/oauth2/token",
    ] {
        let response = get(&service, path).await;
        assert_eq!(
            (response.status, &response.json()["code"]),
            (StatusCode::UNAUTHORIZED, &json!(401)),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_history_has_numbers_and_no_code() {
    let service = studio(ASK);
    let body = post(
        &service,
        RUN,
        json!({"workflow_id": "74", "is_async": true}),
    )
    .await
    .json();
    assert_eq!(body["data"], Value::Null);
    let id = body["execute_id"].as_str().unwrap();
    tokio::task::yield_now().await;
    let path = format!("/v1/workflow/get_run_history?workflow_id=74&execute_id={id}");
    let response = get(&service, &path).await.json();
    assert_eq!(response.get("code"), None);
    let row = &response["data"][0];
    assert_eq!(row["execute_id"], id.parse::<i64>().unwrap());
    assert_eq!(row["execute_status"], "<UNSET>");
    assert_eq!(
        (&row["connector_id"], &row["bot_id"], &row["input"]),
        (&json!(1024), &Value::Null, &json!("{}"))
    );
    assert_eq!(
        (&row["error_code"], &row["error_msg"], &row["output"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(row.get("interrupt_data"), None);
    let unknown = get(
        &service,
        "/v1/workflow/get_run_history?workflow_id=74&execute_id=1",
    )
    .await
    .json();
    assert_eq!(unknown["code"], 777_777_775);
    let sync = post(&service, RUN, json!({"workflow_id": "74"}))
        .await
        .json();
    assert_eq!(
        (&sync["code"], &sync["execute_id"]),
        (&json!(6039), &Value::Null)
    );
}

#[tokio::test]
async fn a_stream_interrupts_with_its_text_twice_and_resumes() {
    let service = studio(ASK);
    let events = stream(&service, STREAM, json!({"workflow_id": "74"})).await;
    assert_eq!(names(&events), ["Message", "Interrupt"]);
    let message = events[0].json();
    let keys: Vec<_> = message.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        [
            "content",
            "content_type",
            "node_seq_id",
            "node_id",
            "node_is_finish",
            "node_type",
            "node_title"
        ]
    );
    let interrupt = events[1].json();
    let data = &interrupt["interrupt_data"];
    assert_eq!(data["data"], message["content"]);
    assert_eq!(
        data["data"],
        r#"{"messages":[{"type":"question","content_type":"text","content":"Which city?","id":"100002_0"}]}"#
    );
    assert_eq!(interrupt.get("node_title"), None);
    let resume = json!({"workflow_id": "74", "event_id": data["event_id"], "resume_data": "Lyon"});
    let events = stream(&service, "/v1/workflow/stream_resume", resume.clone()).await;
    assert_eq!(names(&events), ["Message", "Done"]);
    assert_eq!(events[0].json()["content"], r#"{"city":"Lyon"}"#);
    let again = post(&service, "/v1/workflow/stream_resume", resume)
        .await
        .json();
    assert_eq!(again["code"], 720_701_013);
}

#[tokio::test]
async fn the_cloud_has_none_of_these_paths() {
    let response = get(
        &builtins(),
        "/v1/workflow/get_run_history?workflow_id=1&execute_id=1",
    )
    .await;
    assert_eq!(response.status, StatusCode::NOT_FOUND);
}
