//! The history of a run.

mod support;

use coze_emulator::Emulator;
use http::StatusCode;
use serde_json::json;
use support::{builtins, get, pass, post, with};

const RUN: &str = "/v1/workflow/run";

#[tokio::test(start_paused = true)]
async fn an_async_run_is_running_and_then_a_success() {
    let service = builtins();
    let response = post(
        &service,
        RUN,
        json!({"workflow_id": "slow-report", "is_async": true, "parameters": {"topic": "tea"}, "ext": {"user_id": "u-17"}}),
    )
    .await;
    let body = response.json();
    assert_eq!(body.get("data"), None);
    let execute_id = body["execute_id"].as_str().unwrap();
    assert!(body["debug_url"].as_str().unwrap().contains(execute_id));
    let path = format!("/v1/workflows/7400000000000000103/run_histories/{execute_id}");

    let running = get(&service, &path).await.json();
    assert_eq!(running["data"][0]["execute_status"], "Running");
    assert_eq!(running["data"][0]["output"], r#"{"Output":"null"}"#);

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
    assert_eq!(row["logid"], response.log_id());
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
    let response = post(&service, RUN, json!({"workflow_id": "f"})).await;
    assert_eq!(response.status, StatusCode::OK);
    let body = response.json();
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
async fn more_than_a_mebibyte_is_trimmed_and_whole_at_its_node() {
    let yaml = r#"
name: long
inputs: { text: { type: string, required: true } }
nodes:
  - output: { id: long, title: Long, content: "{{ text }}", piece: 100000 }
  - output: { id: short, title: Short, content: "short" }
end: { variables: { text: "{{ text }}" } }
"#;
    let service = with(yaml);
    // One byte above, and the last character has two.
    let text = "x".repeat(1024 * 1024 - 1) + "é";
    let body = json!({"workflow_id": "long", "parameters": {"text": text}, "is_async": true});
    let started = post(&service, RUN, body).await.json();
    let id = started["execute_id"].as_str().unwrap();
    let path = format!("/v1/workflows/long/run_histories/{id}");
    tokio::task::yield_now().await;
    let row = get(&service, &path).await.json()["data"][0].clone();
    assert_eq!(
        (&row["execute_status"], &row["is_output_trimmed"]),
        (&json!("Success"), &json!(true))
    );
    let output: serde_json::Value = serde_json::from_str(row["output"].as_str().unwrap()).unwrap();
    assert_eq!(output["Long"].as_str().unwrap().len(), 1024 * 1024 - 1);
    assert_eq!(output["Short"], "short");
    // What the end node gave is cut as well, and is no JSON any more.
    let end = output["Output"].as_str().unwrap();
    assert_eq!(end.len(), 1024 * 1024);
    assert!(serde_json::from_str::<serde_json::Value>(end).is_err());
    let uuid = row["node_execute_status"]["Long"]["node_execute_uuid"]
        .as_str()
        .unwrap();
    let node = get(&service, &format!("{path}/execute_nodes/{uuid}"))
        .await
        .json();
    assert_eq!(
        node["data"],
        json!({"is_finish": true, "node_output": text})
    );
}

#[tokio::test]
async fn a_cancelled_run_is_told_to_whoever_waits_and_in_its_history() {
    let emulator = Emulator::builder().build().unwrap();
    let service = emulator.service();
    let body =
        json!({"workflow_id": "slow-report", "is_async": true, "parameters": {"topic": "tea"}});
    let started = post(&service, RUN, body.clone()).await.json();
    let id = started["execute_id"].as_str().unwrap();
    let path = format!("/v1/workflows/slow-report/run_histories/{id}");
    assert!(emulator.cancel_run(id));
    tokio::task::yield_now().await;
    let row = get(&service, &path).await.json()["data"][0].clone();
    assert_eq!(
        (&row["execute_status"], &row["error_code"]),
        (&json!("Cancel"), &json!("777777777"))
    );
    assert!(!emulator.cancel_run(id));
    assert!(!emulator.cancel_run("1"));
}

#[tokio::test]
async fn a_stream_of_a_cancelled_run_ends_with_an_error() {
    let emulator = Emulator::builder().build().unwrap();
    let service = emulator.service();
    let body = json!({"workflow_id": "slow-report", "parameters": {"topic": "tea"}});
    let response =
        tokio::spawn(async move { post(&service, "/v1/workflow/stream_run", body).await });
    tokio::task::yield_now().await;
    let ids = emulator.execute_ids("slow-report");
    assert!(ids.len() == 1 && emulator.cancel_run(&ids[0]), "{ids:?}");
    let events = support::events(&response.await.unwrap().text());
    assert_eq!(support::names(&events), ["Error"]);
    assert_eq!(events[0].json()["error_code"], 777_777_777);
}
