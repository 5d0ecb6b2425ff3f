//! What goes out, what comes back, and what it is made of.

mod support;

use std::time::{Duration, SystemTime};

use coze_adapter_runs::{GetRun, RunId, RunStatus, Runs, StartRun};
use coze_engine::{Capabilities, Engine, ErrorKind, RunRequest, RunSnapshot};
use coze_transport::testing::{Reply, Scripted};
use serde_json::{Value, json};
use support::{TOKEN, URL, builder, client, not_found, receiver, record};

fn body(script: &Scripted, number: usize) -> Value {
    serde_json::from_slice(script.requests()[number].body()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_run_in_the_foreground_is_one_request() {
    let script = Scripted::new([Reply::json(
        200,
        "\u{feff} {\"run_id\":\"run_1\",\"status\":\"completed\",\"output\":{\"z\":9007199254740993,\"a\":null},\
         \"created_at\":\"2025-10-28T15:58:40Z\",\"updated_at\":\"2025-10-28T15:59:00Z\",\"more\":[[[]]]}\n",
    )]);
    let request = StartRun::new("7366")
        .inputs([("city", "Lyon")])
        .r#async(true);
    let run = client(&script).run(request).await.unwrap();
    assert_eq!(run.run_id.as_deref(), Some("run_1"));
    assert_eq!(run.workflow_id.as_deref(), Some("7366"));
    assert_eq!(run.outputs["z"], 9_007_199_254_740_993_i64);
    let at = |seconds| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    assert_eq!(
        (run.created(), run.updated()),
        (at(1_761_667_120), at(1_761_667_140))
    );
    let [sent] = &script.requests()[..] else {
        panic!("{script:?}");
    };
    assert_eq!(sent.method(), "POST");
    assert_eq!(sent.uri(), "https://gateway.example/api/v1/workflow/run");
    assert_eq!(sent.headers()["authorization"], format!("Bearer {TOKEN}"));
    assert_eq!(sent.headers()["content-type"], "application/json");
    // What is not waited for is not asked for in the background.
    assert_eq!(
        sent.body(),
        r#"{"workflow_id":"7366","inputs":{"city":"Lyon"}}"#
    );
    assert_eq!(sent.options().deadline, Some(Duration::from_secs(660)));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_wait_is_polled() {
    let script = Scripted::new([
        Reply::json(200, r#"{"run_id":"run_1","status":"running"}"#),
        record("running"),
        record("completed"),
    ]);
    let run = client(&script).run(StartRun::new("7366")).await.unwrap();
    assert_eq!(run.outputs["answer"], 42);
    assert_eq!(
        script.requests()[1].uri().path(),
        "/api/v1/workflow/history/run_1"
    );
    // What fails then is about a run that was started.
    let script = Scripted::new([
        Reply::json(200, r#"{"run_id":"run_1","status":"pending"}"#),
        Reply::json(401, r#"{"error":{"code":"UNAUTHORIZED"}}"#),
        Reply::json(401, r#"{"error":{"code":"UNAUTHORIZED"}}"#),
    ]);
    let error = client(&script)
        .run(StartRun::new("7366"))
        .await
        .unwrap_err();
    assert!(error.may_have_run() && !error.is_retryable(), "{error:?}");
    assert_eq!(error.run().unwrap().run, "run_1");
}

#[tokio::test(start_paused = true)]
async fn a_run_in_the_background_is_told_where_to_post_its_end() {
    let begun = || Reply::json(200, r#"{"run_id":"run_1","status":"pending"}"#);
    let script = Scripted::new([begun(), begun(), begun()]);
    let runs = builder(&script).receiver(receiver()).build().unwrap();
    let id = runs.start(StartRun::new("7366")).await.unwrap();
    assert_eq!(id, "run_1");
    let own = StartRun::new("7366").callback_url("https://other.example/");
    runs.start(own).await.unwrap();
    client(&script).start(StartRun::new("7366")).await.unwrap();
    let url = format!("{URL}?key={}", support::SECRET);
    assert_eq!(
        body(&script, 0),
        json!({"workflow_id": "7366", "async": true, "callback_url": url})
    );
    assert_eq!(body(&script, 1)["callback_url"], "https://other.example/");
    assert_eq!(
        body(&script, 2),
        json!({"workflow_id": "7366", "async": true})
    );
}

#[tokio::test(start_paused = true)]
async fn the_history_takes_filters_and_tells_one_record_or_a_list() {
    let list = r#"[{"run_id":"run_2","status":"failed"},{"run_id":"run_1","status":"queued"}]"#;
    let script = Scripted::new([record("completed"), Reply::json(200, list), not_found()]);
    let runs = client(&script);
    let query = || {
        GetRun::new("run_1")
            .status(RunStatus::Completed)
            .workflow_id("7366")
            .limit(5)
            .offset(0)
    };
    assert_eq!(runs.history(query()).await.unwrap().len(), 1);
    let rows = runs.history(query()).await.unwrap();
    assert_eq!(rows[1].status.as_ref().unwrap().as_str(), "queued");
    assert!(runs.history(query()).await.unwrap_err().is_not_found());
    assert_eq!(
        script.requests()[0].uri().path_and_query().unwrap(),
        "/api/v1/workflow/history/run_1?workflow_id=7366&status=completed&limit=5&offset=0"
    );
    // An id that would lead elsewhere is not sent.
    let error = runs.get(&RunId::from("../run")).await.unwrap_err();
    assert_eq!(
        (error.kind(), script.requests().len()),
        (ErrorKind::Build, 3)
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_that_failed_is_an_error_with_its_code() {
    let failed = |word: &str| {
        let error = r#""error":{"code":"WORKFLOW_EXECUTION_ERROR","message":"node timed out"}"#;
        Reply::json(
            200,
            format!(r#"{{"run_id":"run_1","status":"{word}",{error}}}"#),
        )
    };
    let script = Scripted::new([failed("failed"), failed("failed"), failed("failed")]);
    let runs = client(&script);
    let error = runs.run(StartRun::new("7366")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    assert_eq!(error.code(), Some("WORKFLOW_EXECUTION_ERROR"));
    assert_eq!(
        error.to_string(),
        "start_run: the run failed: node timed out"
    );
    assert!(error.may_have_run());
    assert_eq!(error.run().unwrap().run, "run_1");
    let error = runs.wait(&RunId::from("run_1"), None).await.unwrap_err();
    assert_eq!(error.code(), Some("WORKFLOW_EXECUTION_ERROR"));
    assert!(
        error.may_have_run(),
        "to start it again would be a second run"
    );
    // Asked for, it is a record as any other.
    let run = runs.get(&RunId::from("run_1")).await.unwrap();
    assert_eq!(run.status, Some(RunStatus::Failed));
}

#[tokio::test(start_paused = true)]
async fn records_map_to_the_common_types() {
    let status = |word: &str| {
        let words = format!(
            r#"{{"run_id":"run_1","workflow_id":"7366","status":"{word}","inputs":{{"city":"Lyon"}},
            "outputs":{{"z": 1.10, "a":123456789012345678901234567890}},
            "created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T08:00:05+08:00"}}"#
        );
        Reply::json(200, words).header("x-tt-logid", "log-1")
    };
    let script =
        Scripted::new(["pending", "running", "completed", "failed", "half-done"].map(status));
    let runs = client(&script);
    let engine: &dyn Engine = &runs;
    assert_eq!(
        (engine.name(), engine.capabilities()),
        ("runs", Capabilities::START)
    );
    assert!(engine.downcast_ref::<Runs>().is_some());
    let id = coze_engine::RunId::new("7366", "run_1");
    let mut seen: Vec<RunSnapshot> = Vec::new();
    for _ in 0..5 {
        seen.push(engine.status(&id).await.unwrap());
    }
    let words: Vec<_> = seen.iter().map(|run| run.status.to_string()).collect();
    assert_eq!(
        words,
        ["pending", "running", "succeeded", "failed", "half-done"]
    );
    let [pending, .., done, _, _] = &seen[..] else {
        panic!("{seen:?}");
    };
    assert_eq!(done.status_word.as_deref(), Some("completed"));
    assert_eq!(
        done.output_text,
        r#"{"z": 1.10, "a":123456789012345678901234567890}"#
    );
    assert_eq!(done.output["z"], 1.1);
    assert_eq!(done.elapsed, Some(Duration::from_secs(5)));
    assert_eq!(done.id.as_ref(), Some(&id));
    assert_eq!(done.log_id.as_deref(), Some("log-1"));
    assert_eq!(done.raw["inputs"]["city"], "Lyon");
    assert_eq!(done.raw.get("outputs"), None);
    assert!(pending.created.is_some() && pending.finished.is_none() && pending.output.is_null());
}

#[tokio::test(start_paused = true)]
async fn what_the_dialect_does_not_have_is_refused_before_anything_is_sent() {
    let script = Scripted::new([]);
    let runs = client(&script);
    let engine: &dyn Engine = &runs;
    let id = coze_engine::RunId::new("7366", "run_1");
    let error = engine.stream(RunRequest::new("7366")).await.unwrap_err();
    assert!(error.is_unsupported());
    assert!(engine.cancel(&id).await.unwrap_err().is_unsupported());
    let versioned = RunRequest::new("7366").version("v1");
    assert!(engine.run(versioned).await.unwrap_err().is_unsupported());
    assert_eq!(engine.inputs("7366").await.unwrap(), None);
    assert!(script.requests().is_empty());
}

#[test]
fn a_builder_says_what_it_lacks() {
    let of = |builder: coze_adapter_runs::RunsBuilder| builder.build().unwrap_err().to_string();
    assert_eq!(
        of(Runs::builder().token("t")),
        "build: no base URL: set RUNS_API_BASE, or pass one to the builder"
    );
    let base = || Runs::builder().base_url("https://gateway.example");
    assert!(of(base()).contains("no access token"));
    assert!(of(base().token("a\nb")).contains("the access token cannot be used"));
    assert!(
        of(Runs::builder().base_url("gateway").token("t")).contains("the base URL must begin with")
    );
    // The cloud would start runs without inputs.
    for cloud in ["https://api.coze.cn", "https://api.coze.com/"] {
        let error = of(Runs::builder().base_url(cloud).token("t"));
        assert!(error.contains("coze_workflow::Client"), "{error}");
    }
    assert!(!format!("{:?}", base().token(TOKEN)).contains(TOKEN));
}
