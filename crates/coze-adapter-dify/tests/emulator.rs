//! The adapter against the emulator, over a socket.
#![expect(clippy::unwrap_used, reason = "the tests assert by it")]

use std::time::Duration;

use coze_adapter_dify::{Dify, DifyBuilder, GetDifyApp, ListDifyRuns};
use coze_emulator::{Definition, Dialect, Emulator, Limits, RunningEmulator};
use coze_engine::{
    Answer, Cancelled, Engine, ErrorKind, RunEvent, RunRequest, RunStatus, UploadFile,
};
use serde_json::json;

const WORKFLOWS: [&str; 5] = [
    r#"{id: "7400000000000000301", name: greet, inputs: {name: {type: string, required: true}},
        end: {variables: {greeting: "Hello, {{ name }}!"}}}"#,
    r#"{id: "7400000000000000302", name: slow, nodes: [{delay: {id: wait, milliseconds: 400}}], end: {text: "Done."}}"#,
    r#"{id: "7400000000000000303", name: ask, nodes: [{question: {id: place, text: "Where to?", options: [Lyon, Oslo]}}],
        end: {text: "To {{ place.option }}."}}"#,
    r#"{id: "7400000000000000304", name: fail, nodes: [{fail: {id: broken, code: 7, message: "out of order"}}],
        end: {text: ""}}"#,
    r#"{id: "7400000000000000305", name: read, inputs: {doc: {type: file, required: true}}, end: {variables: {doc: "{{ doc }}"}}}"#,
];

async fn emulator() -> RunningEmulator {
    let mut limits = Limits::default();
    limits.stream_tail = Duration::from_secs(60);
    limits.stream_refused = Duration::from_millis(50);
    let mut builder = Emulator::builder()
        .dialect(Dialect::Dify)
        .without_builtins()
        .limits(limits);
    for yaml in WORKFLOWS {
        builder = builder.workflow(Definition::from_yaml(yaml).unwrap());
    }
    builder.start().await.unwrap()
}

fn client(emulator: &RunningEmulator, app: &str) -> DifyBuilder {
    let url = format!("{}/v1", emulator.base_url());
    Dify::builder().base_url(url).token(format!("app-{app}"))
}

#[tokio::test]
async fn runs_end_with_their_last_event_in_both_modes() {
    let emulator = emulator().await;
    for blocking in [false, true] {
        let dify = client(&emulator, "greet")
            .blocking_mode(blocking)
            .build()
            .unwrap();
        let run = dify
            .run(RunRequest::new("-").parameter("name", "Ada").user("ada"))
            .await
            .unwrap();
        assert_eq!(run.output, json!({ "greeting": "Hello, Ada!" }));
        let id = run.id.unwrap();
        let again = dify.status(&id).await.unwrap();
        assert_eq!(
            (again.status, again.output),
            (RunStatus::Succeeded, run.output)
        );
        let logs = dify.call(&ListDifyRuns::new()).await.unwrap();
        let user = logs.data[0]
            .created_by_end_user
            .as_ref()
            .unwrap()
            .session_id
            .clone();
        assert_eq!(user, id.user);
    }
    let dify = client(&emulator, "fail").build().unwrap();
    let error = dify.run(RunRequest::new("-")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    assert!(error.to_string().contains("out of order"), "{error}");
    assert_eq!(
        dify.call(&GetDifyApp::new()).await.unwrap().name.as_deref(),
        Some("fail")
    );
}

#[tokio::test]
async fn a_run_is_started_waited_for_and_stopped() {
    let emulator = emulator().await;
    let dify = client(&emulator, "slow").build().unwrap();
    let run = dify.start(RunRequest::new("-")).await.unwrap();
    assert_eq!(dify.status(&run).await.unwrap().status, RunStatus::Running);
    let ended = dify.wait(&run, None).await.unwrap();
    assert_eq!(ended.output, json!({ "output": "Done." }));
    let mut events = dify.stream(RunRequest::new("-")).await.unwrap();
    let Some(RunEvent::Started(run)) = events.try_next().await.unwrap() else {
        panic!()
    };
    // Within a node: the record stays at `running`.
    assert_eq!(dify.cancel(&run).await.unwrap(), Cancelled::Requested);
    let error = loop {
        match events.try_next().await {
            Ok(event) => assert!(event.is_some()),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(emulator.emulator().runs_started("slow"), Some(2));
}

#[tokio::test]
async fn a_form_is_answered_by_its_button() {
    let emulator = emulator().await;
    let dify = client(&emulator, "ask").build().unwrap();
    let error = dify.run(RunRequest::new("-")).await.unwrap_err();
    let (run, question) = (error.run().unwrap(), error.question().unwrap());
    assert_eq!(
        (question.text.as_str(), &question.options[..]),
        ("Where to?", &["Lyon".to_owned(), "Oslo".to_owned()][..])
    );
    assert_eq!(
        dify.status(run).await.unwrap().status,
        RunStatus::Interrupted
    );
    let ended = dify
        .resume(run, question, Answer::option("Oslo"))
        .await
        .unwrap();
    assert_eq!(ended.output["output"], "To Oslo.");
    let error = dify
        .resume(run, question, Answer::option("Oslo"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some("human_input_form_submitted"));
}

#[tokio::test]
async fn an_uploaded_file_is_an_input_and_missing_ones_are_named() {
    let emulator = emulator().await;
    let dify = client(&emulator, "read").build().unwrap();
    let error = dify.run(RunRequest::new("-")).await.unwrap_err();
    assert!(error.is_invalid_input() && !error.may_have_run(), "{error}");
    assert_eq!(emulator.emulator().calls("/v1/workflows/run"), 0);
    let file = dify
        .upload(UploadFile::new("no\"te.txt", "line one\n"))
        .await
        .unwrap();
    let id = file.id.clone().unwrap();
    assert_eq!(emulator.emulator().file(&id).unwrap(), "line one\n");
    let run = dify
        .run(RunRequest::new("-").parameter("doc", file.value))
        .await
        .unwrap();
    assert!(
        run.output["doc"].as_str().unwrap().contains(&id),
        "{}",
        run.output
    );
    let schema = dify.inputs("-").await.unwrap().unwrap();
    assert_eq!(
        (schema.fields[0].name.as_str(), schema.fields[0].required),
        ("doc", true)
    );
}

#[tokio::test]
async fn a_response_that_is_lost_is_found_and_nothing_runs_twice() {
    let emulator = emulator().await;
    for fault in ["lose", "replace=502", "cut=5", "cut=40", "cut=300"] {
        let before = emulator.emulator().runs_started("greet").unwrap();
        let dify = client(&emulator, "greet").build().unwrap();
        dify.inputs("-").await.unwrap();
        emulator
            .emulator()
            .inject(format!("on=/v1/workflows/run {fault}").parse().unwrap());
        let run = dify
            .run(RunRequest::new("-").parameter("name", "Ada"))
            .await;
        assert_eq!(run.unwrap().output["greeting"], "Hello, Ada!", "{fault}");
        assert_eq!(
            emulator.emulator().runs_started("greet"),
            Some(before + 1),
            "{fault}"
        );
    }
}
