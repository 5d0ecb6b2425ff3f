//! The self-hosted server: what it is asked, what it is not asked, and what its answers become.

mod script;

use std::time::Duration;

use coze_emulator::{Definition, Emulator, RunningEmulator};
use coze_workflow::{
    Client, Dialect, Error, ErrorKind, FileInput, HttpStack, Region,
    models::{self, CollaborationMode},
    testing::Script,
};
use script::sent;
use serde_json::{Value, json};

fn studio(response: &'static str) -> (Client, Script) {
    let (coze, seen) = script::client(move |_| response.into());
    (coze.with_dialect(Dialect::Studio), seen)
}

#[tokio::test]
async fn a_run_carries_its_parameters_as_text_and_the_history_has_its_own_path() {
    let (coze, seen) = studio(r#"{"code":0,"msg":null,"data":"{}","execute_id":"75"}"#);
    let run = coze
        .workflow("73")
        .parameter("id", 9_007_199_254_740_993_i64)
        .parameter("deep", json!([{"n": u64::MAX}]))
        .bot_id("9");
    run.run().await.unwrap();
    coze.workflow("73").run().await.unwrap();
    drop(coze.attach(("73", "75")).status().await);
    let seen = sent(&seen);
    assert_eq!(seen[0].0, "POST /v1/workflow/run");
    let body: Value = serde_json::from_str(&seen[0].1).unwrap();
    assert_eq!(
        body,
        json!({"workflow_id": "73", "bot_id": "9",
            "parameters": r#"{"deep":[{"n":18446744073709551615}],"id":9007199254740993}"#})
    );
    assert!(!seen[1].1.contains("parameters"), "{}", seen[1].1);
    assert_eq!(
        seen[2].0,
        "GET /v1/workflow/get_run_history?workflow_id=73&execute_id=75"
    );
}

#[tokio::test]
async fn what_the_server_does_not_have_is_refused_with_what_to_do_instead() {
    let (coze, seen) = studio("{}");
    let workflow = coze.workflow("73");
    let run = coze.attach(("73", "75"));
    let resume = models::ResumeWorkflow::new("73", "75/1", 2, "yes");
    let errors: Vec<(Error, &str)> = vec![
        (coze.workflows("9").all().await.unwrap_err(), "page"),
        (coze.workspaces().all().await.unwrap_err(), "web pages"),
        (workflow.info().await.unwrap_err(), "page"),
        (workflow.versions().all().await.unwrap_err(), "latest"),
        (run.node_output("u").await.unwrap_err(), "history"),
        (coze.call(resume).await.unwrap_err(), "stream()"),
        (
            workflow
                .set_collaboration_mode(CollaborationMode::Single)
                .await
                .unwrap_err(),
            "web pages",
        ),
        (workflow.add_collaborators(["4"]).await.unwrap_err(), "add"),
        (
            workflow.remove_collaborator("4").await.unwrap_err(),
            "remove",
        ),
        (coze.file("7").await.unwrap_err(), "upload()"),
    ];
    for (error, instead) in &errors {
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.hint().unwrap().contains(instead), "{error:?}");
        assert!(!error.may_have_run() && !error.is_retryable());
        assert!(!error.operation().is_empty());
    }
    let version = workflow.version("v0.0.1").run().await.unwrap_err();
    assert_eq!(version.kind(), ErrorKind::Unsupported);
    assert!(version.to_string().contains("latest"), "{version}");
    assert!(seen.requests().is_empty());
}

#[tokio::test]
async fn ids_that_are_no_numbers_are_refused_by_name() {
    let (coze, seen) = studio("{}");
    for (error, name) in [
        (
            coze.workflow("weather").run().await.unwrap_err(),
            "`workflow_id`",
        ),
        (
            coze.attach(("weather", "1")).status().await.unwrap_err(),
            "`workflow_id`",
        ),
        (
            coze.attach(("1", "abc")).status().await.unwrap_err(),
            "`execute_id`",
        ),
    ] {
        assert_eq!(error.kind(), ErrorKind::Build);
        assert!(error.to_string().contains(name), "{error}");
        assert!(error.cause().is_some());
    }
    assert!(seen.requests().is_empty());
}

#[tokio::test]
async fn a_file_is_passed_by_its_url() {
    let (coze, seen) = studio(r#"{"data":"{}"}"#);
    let file: models::UploadedFile = serde_json::from_str(
        r#"{"uri":"bot_files/a","bytes":12,"CreatedAt":1767225600,"file_name":"a.txt","url":"http://h/a.txt","id":75}"#,
    )
    .unwrap();
    let run = coze.workflow("73").file_parameter("photo", &file);
    run.run().await.unwrap();
    let body: Value = serde_json::from_str(&sent(&seen)[0].1).unwrap();
    assert_eq!(body["parameters"], r#"{"photo":"http://h/a.txt"}"#);
    let run = coze
        .workflow("73")
        .file_parameter("photo", FileInput::id("75"));
    let error = run.run().await.unwrap_err();
    assert!(error.to_string().contains("url"), "{error}");
    assert_eq!(seen.requests().len(), 1);
}

#[test]
fn the_server_is_a_choice_and_regions_have_names() {
    assert_eq!(Region::Com.base_url(), "https://api.coze.com");
    assert_eq!(Region::Cn.base_url(), "https://api.coze.cn");
    for region in [Region::Com, Region::Cn] {
        assert_eq!(region.to_string().parse::<Region>().unwrap(), region);
    }
    let unknown = "eu".parse::<Region>().unwrap_err();
    assert!(unknown.to_string().contains("com or cn"), "{unknown}");
    let builder = || Client::builder().token("pat_1").dialect(Dialect::Studio);
    for url in ["https://api.coze.cn/", "https://API.coze.com"] {
        let error = builder().base_url(url).build().unwrap_err();
        assert!(error.to_string().contains("self-hosted"), "{error}");
    }
    assert_eq!(builder().build().unwrap_err().kind(), ErrorKind::Build);
    let client = builder().base_url("http://localhost:8888").build().unwrap();
    assert_eq!(client.dialect(), Dialect::Studio);
    let client = Client::builder().token("pat_1").region(Region::Cn).build();
    assert_eq!(client.unwrap().dialect(), Dialect::Cloud);
}

struct Setup {
    client: Client,
    stranger: Client,
    emulator: Emulator,
    _running: Option<RunningEmulator>,
}

fn emulator() -> Emulator {
    let wrapped = Definition::builder("wrapped")
        .id("7400000000000000777")
        .returns("Output", json!("{\"inner\":1}"));
    Emulator::builder()
        .dialect(coze_emulator::Dialect::Studio)
        .workflow(wrapped.build().unwrap())
        .accept_token("pat_1")
        .known_tokens_only()
        .build()
        .unwrap()
}

async fn socket() -> Setup {
    let running = emulator().start().await.unwrap();
    let client = |token: &str| {
        let client = Client::builder().dialect(Dialect::Studio).token(token);
        client.base_url(running.base_url()).build().unwrap()
    };
    Setup {
        client: client("pat_1"),
        stranger: client("pat_2"),
        emulator: running.emulator().clone(),
        _running: Some(running),
    }
}

fn in_process() -> Setup {
    let emulator = emulator();
    let client = |token: &str| {
        let client = Client::builder().dialect(Dialect::Studio).token(token);
        let client = client.base_url("http://emulator.test");
        let stack = HttpStack::new(emulator.service());
        client.transport(stack).build().unwrap()
    };
    Setup {
        client: client("pat_1"),
        stranger: client("pat_2"),
        emulator: emulator.clone(),
        _running: None,
    }
}

macro_rules! both {
    ($($name:ident => $body:path;)*) => {
        mod over_a_socket {
            $(#[tokio::test] async fn $name() { $body(super::socket().await).await; })*
        }
        mod within_the_process {
            $(#[tokio::test] async fn $name() { $body(super::in_process()).await; })*
        }
    };
}

both! {
    a_run_and_its_history_decode_into_the_same_types => super::runs;
    a_refused_token_is_an_auth_error_with_status_200 => super::refused;
}

async fn runs(setup: Setup) {
    let coze = setup.client;
    let run = coze
        .workflow("7400000000000000101")
        .parameter("name", "Ada")
        .run()
        .await
        .unwrap();
    assert_eq!(run.output_value(), json!({"greeting": "Hello, Ada!"}));
    assert!(run.log_id().is_some_and(|id| id.contains('-')), "{run:?}");
    assert!(run.execute_id().is_some());

    let run = coze.workflow("7400000000000000777").start().await.unwrap();
    let output = run.wait().deadline(Duration::from_secs(30)).await.unwrap();
    // A variable that is called like the cloud's wrapper is none.
    assert_eq!(output.output_value(), json!({"Output": "{\"inner\":1}"}));
    let reply = run.status().await.unwrap();
    let row = reply.get_ref().as_ref().unwrap();
    assert_eq!(row.execute_id.as_ref(), Some(run.execute_id()));
    assert_eq!(row.connector_id.as_ref().unwrap(), &"1024");
    assert!(row.logid.is_some() && reply.log_id().is_some());

    let unknown = coze.workflow("7399").run().await.unwrap_err();
    assert!(unknown.code().is_some());
    let missing = coze
        .workflow("7400000000000000101")
        .run()
        .await
        .unwrap_err();
    assert_eq!(missing.code(), Some(4000));
    assert_eq!(setup.emulator.runs_started_in_all(), 2);
}

async fn refused(setup: Setup) {
    let run = setup.stranger.workflow("7400000000000000101");
    let error = run.parameter("name", "Ada").run().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Auth, Some(700_012_006))
    );
    assert_eq!(error.status().unwrap(), 200);
    assert!(!error.may_have_run());
    assert!(error.log_id().is_some());
    assert_eq!(setup.emulator.runs_started_in_all(), 0);
}
