//! Runs that outlive the emulator.
#![cfg(feature = "state")]

mod support;

use std::{fs, path::PathBuf};

use coze_emulator::{Definition, Emulator, EmulatorBuilder, RunningEmulator, StartError};
use serde_json::json;
use support::{get, post};

const RUN: &str = "/v1/workflow/run";

fn file(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.state"));
    let _ = fs::remove_file(&path);
    path
}

fn builder(path: &PathBuf) -> EmulatorBuilder {
    let asks = Definition::builder("asks").question("q", "Which?").build();
    Emulator::builder().workflow(asks.unwrap()).state_file(path)
}

async fn start(path: &PathBuf) -> RunningEmulator {
    builder(path).start().await.unwrap()
}

#[tokio::test]
async fn runs_conversations_and_counts_are_there_after_a_restart() {
    let path = file("restart");
    let first = start(&path).await;
    let service = first.emulator().service();
    let greeting = json!({"workflow_id": "greeting", "parameters": {"name": "Ada"}});
    post(&service, RUN, greeting.clone()).await;
    post(&service, RUN, json!({"workflow_id": "asks"})).await;
    let made = post(&service, "/v1/conversation/create", json!({}))
        .await
        .json();
    let before = first.emulator().execute_ids("greeting");
    first.shutdown().await;

    let second = start(&path).await;
    let emulator = second.emulator();
    assert_eq!(emulator.execute_ids("greeting"), before);
    assert_eq!(emulator.runs_started_in_all(), 2);
    assert_eq!(emulator.inputs(&before[0]).unwrap()["name"], "Ada");
    let service = emulator.service();
    let path_of = |workflow: &str, id: &str| format!("/v1/workflows/{workflow}/run_histories/{id}");
    let row = get(&service, &path_of("greeting", &before[0])).await.json();
    assert_eq!(row["data"][0]["execute_status"], "Success", "{row}");
    // A run that waited for an answer cannot be answered any more.
    let asked = &emulator.execute_ids("asks")[0];
    let row = get(&service, &path_of("asks", asked)).await.json();
    assert_eq!(row["data"][0]["execute_status"], "Fail", "{row}");
    assert!(
        row["data"][0]["error_message"]
            .as_str()
            .unwrap()
            .contains("restarted")
    );
    let id = made["data"]["id"].as_str().unwrap();
    let conversation = get(
        &service,
        &format!("/v1/conversation/retrieve?conversation_id={id}"),
    )
    .await;
    assert_eq!(conversation.json()["code"], 0);
    // Ids go on.
    post(&service, RUN, greeting).await;
    let after = emulator.execute_ids("greeting");
    assert!(after[1] > after[0] && after.len() == 2, "{after:?}");
    second.shutdown().await;
}

#[tokio::test]
async fn a_reset_is_kept_too_and_the_oldest_runs_give_way() {
    let path = file("reset");
    let first = start(&path).await;
    let service = first.emulator().service();
    let greeting = json!({"workflow_id": "greeting", "parameters": {"name": "Ada"}});
    post(&service, RUN, greeting.clone()).await;
    post(&service, RUN, json!({"workflow_id": "asks"})).await;
    first.emulator().reset();
    // The run that waited ends after that, and must not come back.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    first.shutdown().await;
    let second = builder(&path).keep_runs(2).start().await.unwrap();
    assert_eq!(second.emulator().runs_started_in_all(), 0);
    assert!(second.emulator().execute_ids("asks").is_empty());
    let service = second.emulator().service();
    for _ in 0..5 {
        post(&service, RUN, greeting.clone()).await;
    }
    second.shutdown().await;
    let third = start(&path).await;
    assert_eq!(third.emulator().execute_ids("greeting").len(), 2);
    assert_eq!(third.emulator().runs_started_in_all(), 5);
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_told() {
    let path = file("broken");
    fs::write(&path, "no database").unwrap();
    let error = builder(&path).build().unwrap_err();
    assert!(matches!(error, StartError::State { .. }));
    let message = error.to_string();
    assert!(message.starts_with("cannot keep runs in "), "{message}");
    let path = file("twice");
    let _first = start(&path).await;
    assert!(builder(&path).build().is_err());
}

#[tokio::test]
async fn a_clock_that_was_ahead_does_not_go_back() {
    let path = file("ahead");
    let first = start(&path).await;
    first
        .emulator()
        .advance_clock(std::time::Duration::from_secs(3_600));
    let greeting = json!({"workflow_id": "greeting", "parameters": {"name": "Ada"}});
    post(&first.emulator().service(), RUN, greeting).await;
    let id = first.emulator().execute_ids("greeting").remove(0);
    first.shutdown().await;
    let second = start(&path).await;
    let path = format!("/v1/workflows/greeting/run_histories/{id}");
    let row = get(&second.emulator().service(), &path).await.json();
    // A run of the future would not be visible yet.
    assert_eq!(row["data"][0]["execute_status"], "Success", "{row}");
}
