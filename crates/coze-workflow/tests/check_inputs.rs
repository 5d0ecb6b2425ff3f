//! Inputs that are checked before a run is sent.

mod script;

use coze_workflow::{
    Client, ErrorKind,
    engine::CheckInputs,
    testing::{self, Event, Script},
};
use script::Reply;
use serde_json::json;

fn info() -> Reply {
    let parameters =
        json!({"name": {"type": "string", "required": true}, "age": {"type": "integer"}});
    Reply::json(
        200,
        json!({"data": {"input": {"parameters": parameters}}}).to_string(),
    )
}

fn checking(script: &Script, check: CheckInputs) -> Client {
    let builder = Client::builder()
        .transport(script.transport())
        .token("pat_1");
    builder.check_inputs(check).build().unwrap()
}

const INFO: &str = "GET /v1/workflows/7366";

#[tokio::test]
async fn runs_that_do_not_fit_are_refused_and_nothing_is_sent() {
    let script = Script::new([info(), info(), info()]);
    let coze = checking(&script, CheckInputs::Enforce);
    let workflow = || {
        coze.workflow("7366")
            .parameter("nam", "Ada")
            .parameter("age", "old")
    };
    let errors = [
        workflow().run().await.unwrap_err(),
        workflow().start().await.unwrap_err(),
        workflow().stream().await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Build);
        assert!(!error.may_have_run() && error.attempts().is_empty());
        let told = error.to_string();
        assert!(
            told.ends_with(
                "workflow: the inputs do not fit the workflow: there is no input `nam`; did you mean `name`?; \
                 the input `age` takes an integer, not a text; the input `name` is required"
            ),
            "{told}"
        );
        assert!(!told.contains("Ada"));
    }
    assert_eq!(script::targets(&script), [INFO; 3]);
}

#[tokio::test]
async fn what_fits_is_asked_for_once_and_sent() {
    let script = Script::new([
        info(),
        testing::output(json!({})),
        testing::output(json!({})),
        testing::events([Event::done()]),
    ]);
    let coze = checking(&script, CheckInputs::Enforce);
    let workflow = || coze.workflow("7366").parameter("name", "Ada");
    workflow().run().await.unwrap();
    workflow().clone().run().await.unwrap();
    let mut events = workflow().stream().await.unwrap();
    while events.try_next().await.unwrap().is_some() {}
    assert_eq!(
        script::targets(&script),
        [
            INFO,
            "POST /v1/workflow/run",
            "POST /v1/workflow/run",
            "POST /v1/workflow/stream_run"
        ]
    );
}

#[tokio::test]
async fn a_workflow_that_cannot_be_described_runs_unchecked() {
    let script = Script::new([
        testing::failure(4101, "the token lacks getMetaData"),
        testing::output(json!({})),
    ]);
    let coze = checking(&script, CheckInputs::Enforce);
    coze.workflow("7366")
        .parameter("nam", "Ada")
        .run()
        .await
        .unwrap();
    // Of a certain version nothing is known, and a workflow may do without.
    let script = Script::new([testing::output(json!({})), testing::output(json!({}))]);
    let coze = checking(&script, CheckInputs::Enforce);
    coze.workflow("7366").version("v0.0.1").run().await.unwrap();
    let off = coze.workflow("7366").check_inputs(CheckInputs::Off);
    off.run().await.unwrap();
    assert_eq!(script::targets(&script), ["POST /v1/workflow/run"; 2]);
}

#[tokio::test]
async fn with_a_warning_the_run_is_sent() {
    let script = Script::new([info(), testing::output(json!({}))]);
    let coze = script.client();
    let workflow = coze.workflow("7366").parameter("nam", "Ada");
    let warned = workflow.check_inputs(CheckInputs::Warn).run().await;
    warned.unwrap();
    assert_eq!(script::targets(&script), [INFO, "POST /v1/workflow/run"]);
}
