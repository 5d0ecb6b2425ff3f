//! What an engine has that implements no more than it must.

mod support;

use std::{sync::Arc, time::Duration};

use coze_engine::{
    Answer, BoxFuture, Cancelled, Capabilities, Engine, EngineError, ErrorClass, ErrorKind,
    Outcome, Question, RunId, RunRequest, RunSnapshot, RunStatus, UploadFile,
};
use support::now;

#[derive(Debug)]
struct Least;

impl Engine for Least {
    fn name(&self) -> &'static str {
        "least"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::NONE
    }

    fn run(&self, _: RunRequest) -> BoxFuture<'_, Result<RunSnapshot, EngineError>> {
        Box::pin(async { Ok(RunSnapshot::new(RunStatus::Succeeded)) })
    }
}

#[test]
fn what_is_not_there_is_refused_before_anything_is_sent() {
    let engine: Arc<dyn Engine> = Arc::new(Least);
    let (run, question) = (RunId::new("1", "2"), Question::new("3", "Which?"));
    let request = || RunRequest::new("1");
    let errors = [
        now(engine.start(request())).unwrap_err(),
        now(engine.status(&run)).unwrap_err(),
        now(engine.wait(&run, Some(Duration::from_secs(1)))).unwrap_err(),
        now(engine.stream(request())).unwrap_err(),
        now(engine.resume(&run, &question, Answer::text("x"))).unwrap_err(),
        now(engine.cancel(&run)).map(|_: Cancelled| ()).unwrap_err(),
        now(engine.upload(UploadFile::new("a.txt", "a"))).unwrap_err(),
    ];
    let names = [
        "start", "status", "wait", "stream", "resume", "cancel", "upload",
    ];
    for (error, name) in errors.iter().zip(names) {
        assert!(error.is_unsupported() && !error.may_have_run(), "{error:?}");
        assert_eq!((error.engine(), error.operation()), ("least", name));
        assert_eq!(
            error.to_string(),
            format!(
                "{name}: the engine `least` does not support it; its `capabilities` tell what it does"
            )
        );
    }
    assert_eq!(now(engine.inputs("1")).unwrap(), None);
    assert!(now(engine.run(request())).unwrap().status.is_terminal());
    assert!(engine.downcast_ref::<Least>().is_some());
}

#[test]
fn a_call_that_has_started_its_run_may_have_run_whatever_became_of_its_last_request() {
    let error = || EngineError::new("least", ErrorKind::Api, "run", "no");
    assert!(!error().may_have_run());
    assert!(!error().starting_run(Outcome::NotAccepted).may_have_run());
    assert!(error().starting_run(Outcome::Unknown).may_have_run());
    let refused = || error().starting_run(Outcome::NotAccepted).passing();
    assert!(refused().is_retryable());
    // A resume that was refused has a run, and starts none.
    assert!(!refused().with_run(RunId::new("1", "2")).may_have_run());
    let later = refused().after_start();
    assert!(later.may_have_run() && !later.is_retryable());
    let busy = error().passing().with_class(ErrorClass::RateLimited);
    assert!(busy.is_retryable() && busy.is_rate_limited() && !busy.is_quota());
    // A call that starts nothing may be repeated whatever became of it.
    assert!(
        error()
            .with_outcome(Outcome::Unknown)
            .passing()
            .is_retryable()
    );
}

#[test]
fn a_snapshot_reads_all_digits_of_its_output() {
    let mut run = RunSnapshot::new(RunStatus::Succeeded);
    run.output_text = r#"{"n":18446744073709551617}"#.to_owned();
    run.output = serde_json::from_str(&run.output_text).unwrap();
    let read: std::collections::BTreeMap<String, u128> = run.output_as().unwrap();
    assert_eq!(read["n"], 18_446_744_073_709_551_617);
    run.output = "words".into();
    run.output_text = "words".to_owned();
    assert_eq!(run.output_as::<String>().unwrap(), "words");
}
