//! Inputs that are checked before a run is sent.

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use coze_engine::{
    BoxFuture, Capabilities, CheckInputs, Checked, Engine, EngineError, ErrorKind, InputField,
    InputKind, InputSchema, RunId, RunRequest, RunSnapshot, RunStatus, RunStream, SchemaCache,
};
use support::now;

/// Takes `name`; from the second time it is asked also `title`.
#[derive(Debug, Default)]
struct Takes {
    asked: AtomicUsize,
    sent: AtomicUsize,
    /// It may not be asked.
    is_silent: bool,
}

impl Takes {
    fn counts(&self) -> (usize, usize) {
        let count = |of: &AtomicUsize| of.load(Ordering::Relaxed);
        (count(&self.asked), count(&self.sent))
    }
}

impl Engine for Takes {
    fn name(&self) -> &'static str {
        "takes"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::SCHEMA | Capabilities::START | Capabilities::STREAM
    }

    fn run(&self, _: RunRequest) -> BoxFuture<'_, Result<RunSnapshot, EngineError>> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(RunSnapshot::new(RunStatus::Succeeded)) })
    }

    fn start(&self, _: RunRequest) -> BoxFuture<'_, Result<RunId, EngineError>> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(RunId::new("1", "2")) })
    }

    fn stream(&self, _: RunRequest) -> BoxFuture<'_, Result<RunStream, EngineError>> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Err(EngineError::unsupported("takes", "stream")) })
    }

    fn inputs<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<InputSchema>, EngineError>> {
        let earlier = self.asked.fetch_add(1, Ordering::Relaxed);
        let mut fields = vec![InputField::new("name", InputKind::Text)];
        if earlier > 0 {
            fields.push(InputField::new("title", InputKind::Text));
        }
        let told = if self.is_silent {
            Err(EngineError::new("takes", ErrorKind::Api, "inputs", "no"))
        } else {
            Ok(Some(InputSchema::new(fields)))
        };
        Box::pin(async { told })
    }
}

fn request(input: &str) -> RunRequest {
    RunRequest::new("1").parameter(input, "Ada")
}

#[test]
fn what_does_not_fit_is_refused_by_every_call_that_sends_a_run() {
    let engine = Arc::new(Takes::default());
    let checked = Checked::new(engine.clone(), CheckInputs::Enforce);
    let errors = [
        now(checked.run(request("nam"))).unwrap_err(),
        now(checked.start(request("nam"))).unwrap_err(),
        now(checked.stream(request("nam"))).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Build);
        assert!(error.is_invalid_input() && !error.may_have_run());
        assert!(
            error.to_string().contains("did you mean `name`?"),
            "{error}"
        );
    }
    assert_eq!(engine.counts(), (3, 0));
    now(checked.run(request("name"))).unwrap();
    assert_eq!(engine.counts(), (3, 1), "the schema was kept");
}

#[test]
fn a_problem_is_one_of_the_present_version() {
    let engine = Arc::new(Takes::default());
    let checked = Checked::new(engine.clone(), CheckInputs::Enforce);
    now(checked.run(request("name"))).unwrap();
    // The workflow was published anew.
    now(checked.run(request("title"))).unwrap();
    assert_eq!(engine.counts(), (2, 2));
}

#[test]
fn a_run_is_sent_where_it_was_not_to_be_refused_or_cannot_be_checked() {
    let silent = Takes {
        is_silent: true,
        ..Takes::default()
    };
    for (engine, check, version, asked) in [
        (Takes::default(), CheckInputs::Off, None, 0),
        (Takes::default(), CheckInputs::Warn, None, 1),
        (Takes::default(), CheckInputs::Enforce, Some("v1"), 0),
        (silent, CheckInputs::Enforce, None, 1),
    ] {
        let engine = Arc::new(engine);
        let checked = Checked::new(engine.clone(), check);
        let mut request = request("nam");
        request.version = version.map(str::to_owned);
        now(checked.run(request)).unwrap();
        assert_eq!(engine.counts(), (asked, 1), "{check:?}");
    }
}

#[test]
fn a_cache_is_bounded() {
    let (engine, cache) = (Takes::default(), SchemaCache::new());
    for workflow in 0..1000 {
        let inputs = serde_json::Map::new();
        now(cache.problems(&engine, &workflow.to_string(), &inputs)).unwrap();
    }
    let kept = format!("{cache:?}").matches("InputSchema").count();
    assert!((1..=256).contains(&kept), "{kept}");
}
