//! Runs that are started, answered and looked for by the control API.

mod support;

use coze_emulator::{Definition, Emulator, EmulatorService};
use http::StatusCode;
use serde_json::{Value, json};
use support::{builtins, control, pass, read};

async fn start(service: &EmulatorService, workflow: &str, parameters: Value) -> Value {
    let body = json!({"workflow": workflow, "parameters": parameters});
    let response = control(service, "POST", "runs", &body).await;
    assert_eq!(response.status, StatusCode::OK, "{}", response.text());
    response.json()
}

#[tokio::test(start_paused = true)]
async fn a_run_is_started_asks_and_is_answered() {
    let ask = Definition::from_yaml(
        "name: ask\npublished: false\nnodes:\n  - question: { id: sure, text: \"Sure?\", options: [\"Yes\", \"No\"] }\nend: { variables: { sure: \"{{ sure.option }}\" } }",
    );
    let emulator = Emulator::builder().workflow(ask.unwrap()).build().unwrap();
    let service = emulator.service();
    let id = start(&service, "ask", json!({})).await["execute_id"].clone();
    let path = format!("runs/{}", id.as_str().unwrap());
    pass(10).await;
    let asking = read(&service, &path).await;
    assert_eq!(asking["status"], "interrupted");
    assert!(asking["now_ms"].is_i64());

    let resume = format!("{path}/resume");
    let event = &asking["interrupt"]["event_id"];
    let wrong = json!({"event_id": "1", "answer": "Yes"});
    let refused = control(&service, "POST", &resume, &wrong).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text().contains("does not wait at this event"));
    let answer = json!({"event_id": event, "answer": "Yes"});
    let answered = control(&service, "POST", &resume, &answer).await;
    assert_eq!(answered.status, StatusCode::OK, "{}", answered.text());
    pass(10).await;
    let ended = read(&service, &path).await;
    assert_eq!(ended["result"], json!({"output": r#"{"sure":"Yes"}"#}));
    let again = control(&service, "POST", &resume, &answer).await;
    assert!(again.text().contains("is over"), "{}", again.text());
    assert_eq!(emulator.runs_started("ask"), Some(1));
}

#[tokio::test]
async fn a_run_that_cannot_be_started_is_refused_and_not_counted() {
    let service = builtins();
    for (body, status, hint) in [
        (
            json!({"workflow": "nowhere"}),
            StatusCode::NOT_FOUND,
            "/_emulator/workflows",
        ),
        (
            json!({"workflow": "greeting"}),
            StatusCode::BAD_REQUEST,
            "'name'",
        ),
        (
            json!({"workflow": "greeting", "inputs": {}}),
            StatusCode::BAD_REQUEST,
            "inputs",
        ),
    ] {
        let refused = control(&service, "POST", "runs", &body).await;
        assert_eq!(refused.status, status, "{}", refused.text());
        assert!(refused.text().contains(hint), "{}", refused.text());
    }
    assert_eq!(read(&service, "runs").await["started_in_all"], 0);
}

#[tokio::test(start_paused = true)]
async fn a_chatflow_is_started_with_what_its_user_says() {
    let chat = Definition::from_yaml(
        "name: chat\nmode: chatflow\nend: { text: \"You said {{ USER_INPUT }}\" }",
    );
    let emulator = Emulator::builder().workflow(chat.unwrap()).build().unwrap();
    let service = emulator.service();
    let run = start(&service, "chat", json!({"USER_INPUT": "hello"})).await;
    pass(10).await;
    let path = format!("runs/{}", run["execute_id"].as_str().unwrap());
    let ended = read(&service, &path).await;
    assert!(
        ended["result"]["output"]
            .as_str()
            .unwrap()
            .contains("You said hello"),
        "{ended}"
    );
}

#[tokio::test]
async fn of_ten_thousand_runs_a_list_shows_what_is_asked_for() {
    let service = builtins();
    for number in 0..10_000 {
        start(&service, "greeting", json!({"name": format!("n{number}")})).await;
    }
    let response = control(&service, "GET", "runs?limit=50", &Value::Null).await;
    assert!(response.body.len() < 64 * 1024, "{}", response.body.len());
    let listed = response.json();
    assert_eq!(listed["total"], 10_000);
    assert_eq!(listed["runs"].as_array().unwrap().len(), 50);
    let found = read(&service, "runs?q=n1234%22").await;
    assert_eq!(found["total"], 1);
    let run = &found["runs"][0];
    assert_eq!(run["inputs"]["name"], "n1234");
    let id = run["execute_id"].as_str().unwrap();
    assert_eq!(read(&service, &format!("runs?q={id}")).await["total"], 1);
}
