//! The client against the emulator, over a socket and in process: the same outcomes on both ways.

use std::{collections::BTreeMap, time::Duration};

use coze_emulator::{Definition, Emulator, RunningEmulator};
use coze_workflow::{Client, ErrorKind, HttpStack, Outcome};
use serde::Deserialize;

struct Setup {
    client: Client,
    anonymous: Client,
    emulator: Emulator,
    _running: Option<RunningEmulator>,
}

async fn socket() -> Setup {
    let running = Emulator::builder().start().await.unwrap();
    let url = running.base_url();
    let refused = HttpStack::new(coze_transport::hyper::HyperTransport::new());
    Setup {
        client: Client::builder()
            .base_url(&url)
            .token("pat_1")
            .build()
            .unwrap(),
        anonymous: Client::builder()
            .base_url(&url)
            .transport(refused)
            .build()
            .unwrap(),
        emulator: running.emulator().clone(),
        _running: Some(running),
    }
}

fn in_process() -> Setup {
    let emulator = Emulator::builder().build().unwrap();
    let builder = || {
        let stack = HttpStack::new(emulator.service());
        Client::builder()
            .base_url("http://emulator.test")
            .transport(stack)
    };
    Setup {
        client: builder().token("pat_1").build().unwrap(),
        anonymous: builder().build().unwrap(),
        emulator,
        _running: None,
    }
}

/// Makes one test of a body for each way to reach the emulator.
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
    a_run_returns_its_typed_output => super::typed_output;
    a_background_run_goes_through_running_to_success => super::background;
    a_refusal_names_what_is_wrong => super::refusals;
    a_missing_token_is_an_auth_error => super::no_token;
    a_debug_url_shows_the_nodes => super::debug_page;
}

async fn typed_output(setup: Setup) {
    #[derive(Deserialize)]
    struct Weather {
        city: String,
        temperature: f64,
        wind: BTreeMap<String, serde_json::Value>,
    }
    let run = setup
        .client
        .workflow("weather")
        .parameter("city", "Lyon")
        .run()
        .await
        .unwrap();
    let weather: Weather = run.output().unwrap();
    assert_eq!(weather.city, "Lyon");
    assert!(weather.temperature > 0.0);
    assert!(weather.wind.contains_key("direction"));
    assert!(run.log_id().is_some_and(|id| !id.is_empty()));
    assert!(
        run.debug_url()
            .is_some_and(|url| url.contains("execute_id="))
    );

    let misfit = run.output::<BTreeMap<String, i64>>().unwrap_err();
    assert_eq!(misfit.kind(), ErrorKind::Decode);
    assert!(
        misfit.cause().unwrap().to_string().contains("`city`"),
        "{misfit:?}"
    );
    assert_eq!(setup.emulator.runs_started("weather"), Some(1));
}

async fn background(setup: Setup) {
    let workflow = setup
        .client
        .workflow("slow-report")
        .parameter("topic", "cinema");
    let run = workflow.start().await.unwrap();
    let status = run.status().await.unwrap().into_inner().unwrap();
    assert_eq!(status.execute_status.as_ref().unwrap().as_str(), "Running");

    let mut seen = Vec::new();
    let report: BTreeMap<String, serde_json::Value> = run
        .wait()
        .deadline(Duration::from_secs(30))
        .on_progress(|row| seen.push(row.execute_status.clone().unwrap().to_string()))
        .await
        .unwrap()
        .output()
        .unwrap();
    assert_eq!(report["report"], "A report about cinema.");
    assert_eq!(seen.last().unwrap(), "Success");

    // Taken up again by its ids alone.
    let again = setup.client.attach(&run);
    let output = again.wait().await.unwrap();
    assert_eq!(output.output_value()["report"], "A report about cinema.");
    assert_eq!(output.execute_id(), Some(run.execute_id()));
    assert_eq!(setup.emulator.runs_started("slow-report"), Some(1));
}

async fn refusals(setup: Setup) {
    let missing = setup.client.workflow("greeting").run().await.unwrap_err();
    assert_eq!(
        (missing.kind(), missing.code()),
        (ErrorKind::Api, Some(4000))
    );
    assert!(missing.to_string().contains("name"), "{missing}");
    assert_eq!(missing.operation(), "run_workflow");
    assert!(!missing.may_have_run());
    assert!(missing.log_id().is_some());
    assert!(
        missing.report().contains("code: 4000"),
        "{}",
        missing.report()
    );

    let unknown = setup
        .client
        .workflow("7399999999999999999")
        .run()
        .await
        .unwrap_err();
    assert_eq!(unknown.code(), Some(4200));
    assert!(unknown.hint().unwrap().contains("publish"));

    let run = setup.client.attach(("greeting", "7399999999999999999"));
    let error = run.status().await.unwrap_err();
    assert_eq!(error.code(), Some(4314));
    assert_eq!(setup.emulator.runs_started_in_all(), 0);
}

async fn no_token(setup: Setup) {
    let error = setup
        .anonymous
        .workflow("greeting")
        .run()
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Auth, Some(4100)));
    assert_eq!(error.status().unwrap(), 401);
    assert_eq!(error.outcome(), Outcome::NotAccepted);
    assert!(error.log_id().is_some());
}

async fn debug_page(setup: Setup) {
    let run = setup
        .client
        .workflow("greeting")
        .parameter("name", "<Ada>")
        .run()
        .await
        .unwrap();
    let url: http::Uri = run.debug_url().unwrap().parse().unwrap();
    let read = async |path: &str| {
        let request = http::Request::get(path)
            .header("host", url.authority().unwrap().as_str())
            .body(coze_transport::RequestBody::empty())
            .unwrap();
        let stack = HttpStack::new(setup.emulator.service());
        let response = stack.send(request).await.unwrap();
        assert_eq!(response.status(), 200);
        let body = http_body_util::BodyExt::collect(response.into_body()).await;
        String::from_utf8(body.unwrap().to_bytes().to_vec()).unwrap()
    };
    let page = read(url.path_and_query().unwrap().as_str()).await;
    assert!(page.starts_with("<!doctype html>"), "{page}");
    // What the page shows.
    let mut query = url.query().unwrap().split('&');
    let id = query.find_map(|pair| pair.strip_prefix("execute_id="));
    let run = read(&format!("/_emulator/runs/{}", id.unwrap())).await;
    assert!(run.contains("Greeting") && run.contains("<Ada>"), "{run}");
}

#[tokio::test]
async fn the_emulators_catalog_is_read_whole() {
    let mut builder = Emulator::builder();
    for n in 0..70 {
        let flow = Definition::builder(format!("flow-{n}")).returns("n", n);
        builder = builder.workflow(flow.build().unwrap());
    }
    let emulator = builder.build().unwrap();
    let coze = Client::builder()
        .base_url("http://emulator.test")
        .transport(HttpStack::new(emulator.service()))
        .token("pat_1")
        .build()
        .unwrap();
    let all = coze.workflows("73").all().await.unwrap();
    assert_eq!(all.len(), 73);
    let some = coze.workflows("73").page_size(7).all().await.unwrap();
    assert_eq!(some, all);
    let info = coze.workflow("weather").info().await.unwrap();
    let inputs = &info.get_ref().input.as_ref().unwrap().parameters;
    assert_eq!(inputs["city"].required, Some(true));
    assert!(info.get_ref().output.is_some() && info.get_ref().workflow_detail.is_some());
    let versions = coze.workflow("weather").versions().all().await.unwrap();
    assert!(versions.iter().all(|one| one.workflow_id.is_some()));
    let missing = coze.workflow("73999").info().await.unwrap_err();
    assert_eq!(missing.code(), Some(4200));
}
