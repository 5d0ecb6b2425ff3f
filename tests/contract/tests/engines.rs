//! What every engine promises, whatever server it uses.

use std::time::Duration;

use coze_contract::{
    EXACT, FAILS, GREET, SLOW, TRIP, engine_contract,
    engines::{EngineSetup, drain},
};
use coze_workflow::{
    Client,
    engine::{
        Answer, Capabilities, ErrorKind, Question, RunEvent, RunId, RunRequest, RunStatus,
        UploadFile,
    },
};
use serde_json::{Value, json};

engine_contract! {
    a_run_gives_its_output
    integers_arrive_digit_by_digit
    a_run_that_failed_is_an_error
    a_refused_token_is_an_auth_error_and_starts_nothing
    a_background_run_is_looked_at_and_waited_for
    a_wait_ends_by_its_deadline_and_the_run_goes_on
    a_run_that_nobody_knows_is_an_error
    a_stream_ends_with_the_output
    a_stream_that_breaks_off_never_ends_in_silence
    a_response_that_was_lost_never_runs_twice
    a_question_is_answered_and_the_run_goes_on
    an_answer_that_does_not_fit_is_not_sent
    what_an_engine_lacks_is_refused_before_anything_is_sent
    an_uploaded_file_is_a_value_of_an_input
    what_a_workflow_takes_is_told_or_not_known
    the_engine_itself_can_be_had
}

fn greet(setup: &EngineSetup) -> RunRequest {
    setup.request(GREET).parameter("name", "Ada")
}

async fn a_run_gives_its_output(setup: EngineSetup) {
    let run = setup
        .of(GREET)
        .run(greet(&setup).user("ada"))
        .await
        .unwrap();
    assert_eq!(run.status, RunStatus::Succeeded);
    assert_eq!(run.output, json!({"greeting": "Hello, Ada!"}));
    assert_eq!(run.output_as::<Value>().unwrap(), run.output);
    assert_eq!(setup.ran(GREET), 1);
    assert!(!format!("{run:?}").contains("Ada"), "{run:?}");
}

async fn integers_arrive_digit_by_digit(setup: EngineSetup) {
    for n in [i64::MAX, 9_007_199_254_740_993, i64::MIN] {
        let request = setup.request(EXACT).parameter("n", n);
        let run = setup.of(EXACT).run(request).await.unwrap();
        assert_eq!(run.output, json!({ "n": n }), "{}", run.output_text);
    }
}

async fn a_run_that_failed_is_an_error(setup: EngineSetup) {
    let error = setup.of(FAILS).run(setup.request(FAILS)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api, "{error:?}");
    assert!(error.may_have_run() && !error.is_retryable(), "{error:?}");
    assert!(error.to_string().contains("out of order"), "{error}");
    assert_eq!(error.engine(), setup.of(FAILS).name());

    if !setup.streams() {
        return;
    }
    let events = setup.of(FAILS).stream(setup.request(FAILS)).await;
    let error = match events {
        Ok(events) => drain(events).await.1.expect("it does not succeed"),
        Err(error) => error,
    };
    assert_eq!(error.kind(), ErrorKind::Api, "{error:?}");
    assert!(error.may_have_run());
    assert_eq!(setup.ran(FAILS), 2);
}

async fn a_refused_token_is_an_auth_error_and_starts_nothing(setup: EngineSetup) {
    let engine = setup.with_token("app-canary");
    let mut errors = vec![engine.run(greet(&setup)).await.unwrap_err()];
    if setup.streams() {
        errors.push(match engine.stream(greet(&setup)).await {
            Ok(events) => drain(events).await.1.expect("it is refused"),
            Err(error) => error,
        });
    }
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Auth, "{error:?}");
        assert!(!error.may_have_run());
        assert!(!format!("{error:?} {error}").contains("app-canary"));
    }
    assert_eq!(setup.emulator.runs_started_in_all(), 0);
}

async fn a_background_run_is_looked_at_and_waited_for(setup: EngineSetup) {
    let engine = setup.of(SLOW);
    assert!(engine.capabilities().contains(Capabilities::START));
    let request = setup.request(SLOW).parameter("topic", "cinema");
    let id = engine.start(request).await.unwrap();
    let status = engine.status(&id).await.unwrap();
    assert!(!status.status.is_terminal(), "{status:?}");
    assert_eq!((status.output, status.finished), (Value::Null, None));

    // In another process.
    let text = serde_json::to_string(&id).unwrap();
    let id: RunId = serde_json::from_str(&text).unwrap();
    let limit = Some(Duration::from_secs(30));
    let run = engine.wait(&id, limit).await.unwrap();
    assert_eq!(run.output["report"], "A report about cinema.");
    let again = engine.status(&id).await.unwrap();
    assert_eq!(again.status, RunStatus::Succeeded);
    assert_eq!(again.output, run.output);
    assert!(again.created.is_some() && again.finished >= again.created);
    assert_eq!(setup.ran(SLOW), 1);
}

async fn a_wait_ends_by_its_deadline_and_the_run_goes_on(setup: EngineSetup) {
    let engine = setup.of(SLOW);
    let request = setup.request(SLOW).parameter("topic", "cinema");
    let id = engine.start(request).await.unwrap();
    let limit = Some(Duration::from_millis(50));
    let error = engine.wait(&id, limit).await.unwrap_err();
    assert!(error.is_timeout() && error.may_have_run(), "{error:?}");
    assert_eq!(error.run().map(|run| &run.run), Some(&id.run));
    engine.wait(&id, None).await.unwrap();
}

async fn a_run_that_nobody_knows_is_an_error(setup: EngineSetup) {
    let engine = setup.of(GREET);
    let id = RunId::new(GREET, "7400000000000000001");
    let error = engine.status(&id).await.unwrap_err();
    assert!(!error.may_have_run(), "{error:?}");
    assert!(error.attempts() > 0, "{error:?}");
}

async fn a_stream_ends_with_the_output(setup: EngineSetup) {
    if !setup.streams() {
        return;
    }
    let events = setup.of(GREET).stream(greet(&setup)).await.unwrap();
    let (events, error) = drain(events).await;
    assert!(error.is_none(), "{error:?}");
    let Some((RunEvent::Finished(run), before)) = events.split_last() else {
        panic!("{events:?}");
    };
    assert_eq!(run.output, json!({"greeting": "Hello, Ada!"}));
    let id = run.id.as_ref().expect("the run is named by its end");
    assert!(
        before.contains(&RunEvent::Started(id.clone())),
        "{before:?}"
    );
    let is_end =
        |event: &&RunEvent| matches!(event, RunEvent::Finished(_) | RunEvent::Interrupted(_));
    assert_eq!(before.iter().filter(is_end).count(), 0);
    assert_eq!(setup.ran(GREET), 1);
}

async fn a_stream_that_breaks_off_never_ends_in_silence(setup: EngineSetup) {
    if !setup.streams() {
        return;
    }
    for bytes in [0, 1, 40, 90] {
        let before = setup.ran(GREET);
        setup.inject(true, &format!("cut={bytes}"));
        let ended = match setup.of(GREET).stream(greet(&setup)).await {
            Ok(events) => drain(events).await,
            Err(error) => (Vec::new(), Some(error)),
        };
        match ended {
            (_, Some(error)) => {
                assert!(error.may_have_run() && !error.is_retryable(), "{error:?}");
            }
            // Found again by other means.
            (events, None) => {
                assert!(
                    matches!(events.last(), Some(RunEvent::Finished(_))),
                    "{events:?}"
                );
            }
        }
        assert_eq!(setup.ran(GREET), before + 1, "{bytes}");
    }
}

async fn a_response_that_was_lost_never_runs_twice(setup: EngineSetup) {
    for fault in ["lose", "replace=502", "cut=5"] {
        let before = setup.ran(GREET);
        setup.inject(false, fault);
        match setup.of(GREET).run(greet(&setup)).await {
            Ok(run) => assert_eq!(run.output["greeting"], "Hello, Ada!"),
            Err(error) => {
                assert!(error.may_have_run(), "{fault}: {error:?}");
                assert!(!error.is_retryable(), "{fault}");
            }
        }
        assert_eq!(setup.ran(GREET), before + 1, "{fault}");
    }
}

fn lyon(question: &Question) -> Answer {
    if !question.is_form {
        return Answer::text("Lyon");
    }
    Answer::form(json!({"answer": "Lyon"}).as_object().unwrap().clone())
}

async fn a_question_is_answered_and_the_run_goes_on(setup: EngineSetup) {
    let engine = setup.of(TRIP);
    if !engine.capabilities().contains(Capabilities::RESUME) {
        return;
    }
    let (id, question) = setup.asked(TRIP).await;
    assert_eq!(question.text, "Where to?");
    assert!(!question.id.is_empty());
    // In another process.
    let text = serde_json::to_string(&question).unwrap();
    let question: Question = serde_json::from_str(&text).unwrap();
    let answer = lyon(&question);
    let run = engine.resume(&id, &question, answer).await.unwrap();
    assert!(run.output_text.contains("To Lyon."), "{}", run.output_text);
    assert_eq!(setup.ran(TRIP), 1);
}

async fn an_answer_that_does_not_fit_is_not_sent(setup: EngineSetup) {
    let engine = setup.of(TRIP);
    if !engine.capabilities().contains(Capabilities::RESUME) {
        return;
    }
    let (id, mut question) = setup.asked(TRIP).await;
    let calls = setup.emulator.calls("/");
    question.raw = Value::Null;
    question.id.clear();
    let error = engine
        .resume(&id, &question, lyon(&question))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build, "{error:?}");
    assert_eq!((error.attempts(), setup.emulator.calls("/")), (0, calls));
}

async fn what_an_engine_lacks_is_refused_before_anything_is_sent(setup: EngineSetup) {
    let engine = setup.of(GREET);
    let can = engine.capabilities();
    let id = RunId::new(GREET, "7400000000000000001");
    if !can.contains(Capabilities::CANCEL) {
        let error = engine.cancel(&id).await.unwrap_err();
        assert!(error.is_unsupported() && !error.may_have_run(), "{error:?}");
    }
    if !can.contains(Capabilities::STREAM) {
        let error = engine.stream(greet(&setup)).await.unwrap_err();
        assert!(error.is_unsupported() && !error.may_have_run(), "{error:?}");
    }
    if !can.contains(Capabilities::UPLOAD) {
        let file = UploadFile::new("a.txt", "a");
        let error = engine.upload(file).await.unwrap_err();
        assert!(error.is_unsupported(), "{error:?}");
    }
    if !can.contains(Capabilities::VERSION) {
        let request = greet(&setup).version("v0.0.1");
        let error = engine.run(request).await.unwrap_err();
        assert!(error.is_unsupported() && !error.may_have_run(), "{error:?}");
    }
    assert_eq!(setup.emulator.calls("/"), 0);
}

async fn an_uploaded_file_is_a_value_of_an_input(setup: EngineSetup) {
    let engine = setup.of(GREET);
    if !engine.capabilities().contains(Capabilities::UPLOAD) {
        return;
    }
    let file = engine.upload(UploadFile::new("a.txt", "abc")).await;
    let file = file.unwrap();
    assert!(file.id.is_some() || file.url.is_some());
    assert!(!file.value.is_null());
}

async fn what_a_workflow_takes_is_told_or_not_known(setup: EngineSetup) {
    let engine = setup.of(GREET);
    let schema = engine.inputs(&setup.request(GREET).workflow).await.unwrap();
    let tells = engine.capabilities().contains(Capabilities::SCHEMA);
    assert_eq!(schema.is_some(), tells);
    let Some(schema) = schema else {
        assert_eq!(setup.emulator.calls("/"), 0);
        return;
    };
    let said = |inputs: Value| {
        let problems = schema.check(inputs.as_object().unwrap());
        let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
        said.join("; ")
    };
    assert_eq!(said(json!({"name": "Ada"})), "");
    assert_eq!(
        said(json!({"nam": "Ada"})),
        "there is no input `nam`; did you mean `name`?; the input `name` is required"
    );
    assert_eq!(
        said(json!({"name": 7})),
        "the input `name` takes a text, not a number"
    );
}

async fn the_engine_itself_can_be_had(setup: EngineSetup) {
    let engine = setup.of(GREET);
    let name = engine.name();
    let is_client = engine.downcast_ref::<Client>().is_some();
    assert_eq!(is_client, ["cloud", "studio"].contains(&name));
}
