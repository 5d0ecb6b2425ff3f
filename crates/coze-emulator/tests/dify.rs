//! Dify's dialect: runs and their streams, written from recorded exchanges.

mod support;

use std::time::Duration;

use coze_emulator::Limits;
use http::StatusCode;
use serde_json::{Value, json};
use support::{
    dify::{body, emulator, event, frames, get, post},
    pass,
};

#[tokio::test(start_paused = true)]
async fn a_blocking_run_and_its_record() {
    let (_, service) = emulator(Limits::default());
    let response = post(
        &service,
        "/v1/workflows/run",
        "app-greet",
        body("blocking", &json!({ "name": "Ada" })),
    )
    .await;
    assert_eq!(response.status, StatusCode::OK);
    assert!(!response.headers.contains_key("x-tt-logid"));
    let reply = response.json();
    let run = reply["workflow_run_id"].as_str().unwrap();
    assert_eq!(run.len(), 36);
    assert_ne!(reply["task_id"], run);
    assert_eq!(reply["data"]["id"], run);
    assert_eq!(reply["data"]["status"], "succeeded");
    assert_eq!(
        reply["data"]["outputs"],
        json!({ "greeting": "Hello, Ada!" })
    );
    assert_eq!(reply["data"]["total_steps"], 2);
    let record = get(&service, &format!("/v1/workflows/run/{run}"), "app-greet")
        .await
        .json();
    // The inputs are JSON in a text, and inputs that were left out are null.
    let inputs: Value = serde_json::from_str(record["inputs"].as_str().unwrap()).unwrap();
    assert_eq!(inputs["name"], "Ada");
    assert_eq!(
        (&inputs["times"], &inputs["sys.user_id"]),
        (&Value::Null, &json!("ada"))
    );
    assert_eq!(record["status"], "succeeded");
    assert_eq!(record["outputs"], reply["data"]["outputs"]);
    // Another app's key does not see it, and an unknown run looks as if the server had failed.
    for (key, path) in [("app-slow", run), ("app-greet", "abc")] {
        let refused = get(&service, &format!("/v1/workflows/run/{path}"), key).await;
        assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(refused.json()["code"], "unknown");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_pings_first_and_ends_a_second_after_its_last_event() {
    let (_, service) = emulator(Limits::default());
    let (frames, end) = frames(&service, "app-slow", &json!({})).await;
    let seconds = |at: Duration| at.as_secs();
    let names: Vec<_> = frames
        .iter()
        .map(|(at, frame)| match frame.as_str() {
            "event: ping\n\n" => (seconds(*at), "ping".to_owned()),
            frame => (
                seconds(*at),
                event(frame)["event"].as_str().unwrap().to_owned(),
            ),
        })
        .collect();
    let expected = [
        (0, "ping"),
        (0, "workflow_started"),
        (0, "node_started"),
        (0, "node_finished"),
        (0, "node_started"),
        (10, "ping"),
        (20, "ping"),
        (25, "node_finished"),
        (25, "node_started"),
        (25, "node_finished"),
        (25, "text_chunk"),
        (25, "workflow_finished"),
    ];
    let names: Vec<_> = names
        .iter()
        .map(|(at, name)| (*at, name.as_str()))
        .collect();
    assert_eq!(names, expected);
    assert_eq!(end, frames.last().unwrap().0 + Duration::from_secs(1));
    let last = event(&frames.last().unwrap().1);
    let keys: Vec<_> = last.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["event", "workflow_run_id", "task_id", "data"]);
    assert_eq!(last["data"]["outputs"], json!({ "output": "Done." }));
    assert_eq!(last["data"]["elapsed_time"], 25.0);
    assert_eq!(last["data"]["created_by"]["user"], "ada");
}

#[tokio::test(start_paused = true)]
async fn a_streamed_run_whose_inputs_are_wrong_says_nothing_for_300_seconds() {
    let (emulator, service) = emulator(Limits::default());
    let (frames, end) = frames(&service, "app-greet", &json!({})).await;
    let texts: Vec<_> = frames.iter().map(|(_, frame)| frame.as_str()).collect();
    assert_eq!(texts, ["event: ping\n\n"]);
    assert_eq!(
        (end.as_secs(), emulator.runs_started("greet")),
        (300, Some(0))
    );
    let refused = post(
        &service,
        "/v1/workflows/run",
        "app-greet",
        body("blocking", &json!({})),
    )
    .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        refused.json(),
        json!({ "code": "invalid_param", "message": "name is required in input form", "status": 400 })
    );
}

#[tokio::test(start_paused = true)]
async fn a_stop_has_two_outcomes_in_neither_of_which_stream_and_record_agree() {
    let (_, service) = emulator(Limits::default());
    let running = {
        let service = service.clone();
        tokio::spawn(async move { frames(&service, "app-slow", &json!({})).await })
    };
    pass(3_000).await;
    let logs = get(&service, "/v1/workflows/logs", "app-slow").await.json();
    let run = logs["data"][0]["workflow_run"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(logs["data"][0]["workflow_run"]["status"], "running");
    let task = format!("{}t", &run[..35]);
    let stop = format!("/v1/workflows/tasks/{task}/stop");
    // Of another app's key, and for any id.
    for path in [stop.as_str(), "/v1/workflows/tasks/abc/stop"] {
        let stopped = post(&service, path, "app-greet", json!({ "user": "bob" })).await;
        assert_eq!(stopped.json(), json!({ "result": "success" }));
    }
    let (frames, _) = running.await.unwrap();
    let last = event(&frames.last().unwrap().1);
    assert_eq!(last["task_id"], task);
    assert_eq!(
        (&last["data"]["status"], &last["data"]["error"]),
        (&json!("stopped"), &json!("Stopped by user."))
    );
    let record = get(&service, &format!("/v1/workflows/run/{run}"), "app-slow")
        .await
        .json();
    assert_eq!(
        (&record["status"], &record["total_steps"]),
        (&json!("running"), &json!(0))
    );
    assert_eq!(record["finished_at"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_failed_run_is_a_success_of_the_call() {
    let (_, service) = emulator(Limits::default());
    let reply = post(
        &service,
        "/v1/workflows/run",
        "app-fail",
        body("blocking", &json!({})),
    )
    .await;
    assert_eq!(reply.status, StatusCode::OK);
    let data = reply.json()["data"].clone();
    assert_eq!(
        (&data["status"], &data["outputs"]),
        (&json!("failed"), &json!({}))
    );
    assert!(data["error"].as_str().unwrap().contains("out of order"));
}
