//! Stops: what is said of a run after one is not what it seems.
#![expect(clippy::unwrap_used, reason = "the tests assert by it")]

mod support;

use std::time::Duration;

use coze_adapter_dify::Dify;
use coze_engine::{Cancelled, Engine, ErrorKind, RunEvent, RunId, RunRequest, RunStatus};
use coze_transport::{
    HttpStack,
    testing::{Reply, Scripted},
};
use serde_json::json;
use support::judge;
use tokio::time::advance;

fn run() -> RunId {
    let mut run = RunId::new("-", "r1");
    run.task = Some("t1".to_owned());
    run.user = Some("ada~1".to_owned());
    run
}

/// A server that says this of the run for ever, and what it was sent.
fn server(status: &str, error: Option<&str>) -> (Dify, Scripted) {
    let text = json!({ "id": "r1", "status": status, "outputs": {}, "error": error }).to_string();
    let script = Scripted::from_fn(move |request| match request.method().as_str() {
        "POST" => Reply::json(200, r#"{"result": "success"}"#),
        _ => Reply::json(200, text.clone()),
    });
    let dify = judge::builder().transport(HttpStack::new(script.clone()));
    (dify.build().unwrap(), script)
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_confirmed_where_the_server_shows_it() {
    let (dify, script) = server("stopped", Some("Aborted: User requested stop"));
    assert_eq!(dify.cancel(&run()).await.unwrap(), Cancelled::Confirmed);
    let stop = &script.requests()[0];
    assert_eq!(stop.uri().path(), "/v1/workflows/tasks/t1/stop");
    assert_eq!(stop.body(), r#"{"user":"ada~1"}"#);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_stays_running_after_a_stop_is_stopped() {
    let (dify, _) = server("running", None);
    let status = async |dify: &Dify| dify.status(&run()).await.unwrap().status;
    assert_eq!(status(&dify).await, RunStatus::Running);
    assert_eq!(dify.cancel(&run()).await.unwrap(), Cancelled::Requested);
    advance(Duration::from_secs(5)).await;
    let snapshot = dify.status(&run()).await.unwrap();
    assert_eq!(snapshot.status, RunStatus::Stopped);
    assert_eq!(snapshot.status_word.as_deref(), Some("running"));
    let error = dify.wait(&run(), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    // Somebody else's client knows nothing of the stop.
    let (other, _) = server("running", None);
    assert_eq!(status(&other).await, RunStatus::Running);
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_came_too_late_changes_nothing() {
    for (word, status) in [
        ("succeeded", RunStatus::Succeeded),
        ("paused", RunStatus::Interrupted),
    ] {
        let (dify, _) = server(word, None);
        assert_eq!(dify.cancel(&run()).await.unwrap(), Cancelled::Requested);
        advance(Duration::from_secs(60)).await;
        assert_eq!(dify.status(&run()).await.unwrap().status, status);
    }
}

#[tokio::test(start_paused = true)]
async fn both_outcomes_of_a_stop_are_stopped() {
    // What streams and `GET` said in 28 stops: 18 times the first, 10 times the second.
    let aborted = "Aborted: User requested stop";
    for (in_stream, said, in_get, error) in [
        ("stopped", "Stopped by user.", "running", None),
        ("failed", aborted, "stopped", Some(aborted)),
    ] {
        let start = r#"data: {"event":"workflow_started","workflow_run_id":"r1","task_id":"t1","data":{"id":"r1"}}"#;
        let end = json!({ "event": "workflow_finished", "workflow_run_id": "r1", "task_id": "t1",
            "data": { "id": "r1", "status": in_stream, "outputs": {}, "error": said } });
        let get =
            json!({ "id": "r1", "status": in_get, "outputs": {}, "error": error }).to_string();
        let script = Scripted::from_fn(move |request| match request.uri().path() {
            "/v1/workflows/run" => Reply::stream([
                (Duration::ZERO, format!("event: ping\n\n{start}\n\n")),
                (Duration::from_secs(9), format!("data: {end}\n\n")),
            ]),
            "/v1/workflows/run/r1" => Reply::json(200, get.clone()),
            "/v1/parameters" => Reply::json(200, "{}"),
            _ => Reply::json(200, r#"{"result": "success"}"#),
        });
        let dify = judge::builder()
            .transport(HttpStack::new(script))
            .build()
            .unwrap();
        let mut events = dify.stream(RunRequest::new("-")).await.unwrap();
        let Some(RunEvent::Started(run)) = events.try_next().await.unwrap() else {
            panic!()
        };
        dify.cancel(&run).await.unwrap();
        let error = events.try_next().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
        assert_eq!(dify.status(&run).await.unwrap().status, RunStatus::Stopped);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_task_is_not_known_cannot_be_stopped() {
    let (dify, script) = server("running", None);
    let error = dify.cancel(&RunId::new("-", "r1")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);
    assert!(script.requests().is_empty());
}
