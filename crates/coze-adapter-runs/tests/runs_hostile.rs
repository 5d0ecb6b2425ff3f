//! Servers, and gateways before them, that say what they should not.

mod support;

use std::time::Duration;

use coze_adapter_runs::{RunId, StartRun};
use coze_engine::{Engine, EngineError, ErrorKind, RunRequest};
use coze_transport::testing::{Reply, Scripted};
use serde_json::json;
use support::{TOKEN, client, deliver, receiver};

fn engine(reply: Reply) -> Box<dyn Engine> {
    Box::new(client(&Scripted::repeating(reply)))
}

fn id() -> coze_engine::RunId {
    coze_engine::RunId::new("7366", "run_1")
}

#[tokio::test(start_paused = true)]
async fn outputs_are_found_under_either_name_by_every_call() {
    for (members, text) in [
        (r#""output": {"a": 1.10}"#, r#"{"a": 1.10}"#),
        (r#""outputs": {"a": 1.10}"#, r#"{"a": 1.10}"#),
        (
            r#""output": {"a": 1.10}, "outputs": {"a": 1.10}"#,
            r#"{"a": 1.10}"#,
        ),
        (
            r#""output": null, "outputs": {"a": 1.10}"#,
            r#"{"a": 1.10}"#,
        ),
        (
            r#""output": {"a": 1.10}, "outputs": null"#,
            r#"{"a": 1.10}"#,
        ),
        (r#""output": {"a": 1.10}, "outputs": {}"#, r#"{"a": 1.10}"#),
    ] {
        let body = format!(r#"{{"run_id": "run_1", "status": "completed", {members}}}"#);
        let engine = engine(Reply::json(200, body.clone()));
        for run in [
            engine.run(RunRequest::new("7366")).await.unwrap(),
            engine.status(&id()).await.unwrap(),
            engine.wait(&id(), None).await.unwrap(),
        ] {
            assert_eq!(
                (run.output, run.output_text.as_str()),
                (json!({"a": 1.1}), text),
                "{members}"
            );
        }
        let runs = client(&Scripted::repeating(Reply::json(200, body.clone())));
        let run = runs.run(StartRun::new("7366")).await.unwrap();
        assert_eq!(run.outputs["a"], 1.1, "{members}");
        let run = runs.get(&RunId::from("run_1")).await.unwrap();
        assert_eq!(run.outputs["a"], 1.1, "{members}");
        let receiver = receiver();
        let runs = support::builder(&Scripted::new([]))
            .receiver(receiver.clone())
            .build()
            .unwrap();
        deliver(&receiver, body).await;
        let run = Engine::wait(&runs, &id(), None).await.unwrap();
        assert_eq!(
            (run.output, run.output_text.as_str()),
            (json!({"a": 1.1}), text),
            "{members}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_stands_beside_the_output_may_cost_no_more_than_the_output() {
    let junk = format!("[{}0]", "[],".repeat(400_000));
    let body =
        format!(r#"{{"run_id":"run_1","status":"completed","outputs":{{"a":1}},"junk":{junk}}}"#);
    let run = engine(Reply::json(200, body)).status(&id()).await.unwrap();
    assert_eq!(run.output, json!({"a": 1}));
    assert!(run.raw.is_null(), "it would cost too much memory");
}

/// The error of each call of the engine.
async fn errors(reply: Reply) -> Vec<EngineError> {
    let engine = engine(reply);
    let limit = Some(Duration::from_secs(30));
    let request = RunRequest::new("7366").deadline(Duration::from_secs(30));
    let errors = [
        engine.run(request.clone()).await.err(),
        engine.start(request).await.err(),
        engine.status(&id()).await.err(),
        engine.wait(&id(), limit).await.err(),
    ];
    errors.into_iter().flatten().collect()
}

#[tokio::test(start_paused = true)]
async fn no_text_of_the_server_shows_the_token() {
    let odd = [
        format!(
            r#"{{"run_id":"{TOKEN}","status":"failed","error":{{"code":"{TOKEN}","message":"{TOKEN}"}}}}"#
        ),
        format!(r#"{{"run_id":"{TOKEN}","status":"{TOKEN}"}}"#),
        format!(r#"{{"run_id":"{TOKEN}","status":"pending"}}"#),
        format!(r#"{{"run_id":"{TOKEN}","status":7}}"#),
        format!(r#"{{"error":{{"code":"{TOKEN}","message":"{TOKEN}\u001b[2J"}}}}"#),
        format!(r#"{{"{TOKEN}":1,"{TOKEN}":2,"run_id":{{}}}}"#),
        format!("<p>{TOKEN}</p>"),
    ];
    let mut seen = 0;
    for body in odd {
        for status in [200, 302, 400, 429, 502] {
            for error in errors(Reply::json(status, body.clone())).await {
                let shown = format!("{error} {error:?} {:?} {:?}", error.code(), error.hint());
                assert!(
                    !shown.contains(TOKEN) && !shown.contains('\u{1b}'),
                    "{status} {body}: {shown}"
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "{seen}");
    let body =
        format!(r#"{{"run_id":"run_1","status":"{TOKEN}","error":{{"message":"{TOKEN}"}}}}"#);
    let run = engine(Reply::json(200, body)).status(&id()).await.unwrap();
    let shown = format!("{run:?} {} {:?}", run.status, run.status_word);
    assert!(!shown.contains(TOKEN), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_beyond_the_clock_is_none() {
    let running = Reply::json(200, r#"{"run_id":"run_1","status":"running"}"#);
    let script = Scripted::from_fn(move |request| match request.number() {
        1..=3 => running.clone(),
        _ => support::record("completed"),
    });
    let runs = client(&script);
    let request = RunRequest::new("7366").deadline(Duration::MAX);
    assert!(
        Engine::run(&runs, request)
            .await
            .unwrap()
            .status
            .is_success()
    );
    Engine::wait(&runs, &id(), Some(Duration::MAX))
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_no_record_is_an_error_that_keeps_its_status() {
    for (reply, kind) in [
        (Reply::status(204), ErrorKind::Decode),
        (Reply::body(200, ""), ErrorKind::Decode),
        (
            Reply::body(200, "<html>").content_type("text/html"),
            ErrorKind::Decode,
        ),
        (
            Reply::body(200, r#"{"run_id":"run_1","sta"#),
            ErrorKind::Decode,
        ),
        (
            Reply::body(
                200,
                r#"{"run_id":"run_1","status":"failed","status":"completed"}"#,
            ),
            ErrorKind::Decode,
        ),
        (Reply::body(200, "\u{feff}\u{feff}{}"), ErrorKind::Decode),
        (Reply::body(206, "{}"), ErrorKind::Decode),
        (
            Reply::status(301).header("location", "/v2"),
            ErrorKind::Http,
        ),
        (Reply::body(418, "short and stout"), ErrorKind::Http),
    ] {
        let about = format!("{reply:?}");
        for error in errors(reply).await {
            assert_eq!(error.kind(), kind, "{about}: {error:?}");
            assert!(
                error.status().is_some() && error.attempts() == 1,
                "{about}: {error:?}"
            );
            let starts = error.operation() == "start_run";
            assert_eq!(error.may_have_run(), starts, "{about}: {error:?}");
            assert!(error.hint().is_some() || !starts, "{about}: {error:?}");
        }
    }
}
