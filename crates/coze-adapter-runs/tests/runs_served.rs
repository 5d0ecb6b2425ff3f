//! The client, the receiver and the emulator, all over sockets.

mod support;

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::any_service};
use coze_adapter_runs::{CallbackReceiver, RunId, RunStatus, Runs, StartRun};
use coze_emulator::{Definition, Dialect, Emulator, EmulatorBuilder, Limits, RunningEmulator};
use coze_engine::{Engine, EngineError, ErrorKind, Outcome, RunRequest};
use coze_transport::HttpStack;
use support::SECRET;
use tokio::net::TcpListener;

fn server() -> EmulatorBuilder {
    let fails = "id: '7366000000000000779'\nname: fails\nnodes:\n  - fail: { id: f, message: no luck }\nend: { variables: { a: 1 } }\n";
    Emulator::builder()
        .dialect(Dialect::Runs)
        .accept_token(support::TOKEN)
        .loopback_callbacks(true)
        .workflow(Definition::from_yaml(fails).unwrap())
}

fn client(server: &RunningEmulator) -> Runs {
    Runs::builder()
        .base_url(server.base_url())
        .token(support::TOKEN)
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_program_for_any_engine_runs_on_it() {
    let server = server().start().await.unwrap();
    let engine: Arc<dyn Engine> = Arc::new(client(&server));
    let request = || {
        RunRequest::new("greeting")
            .parameter("name", "Ada")
            .user("me")
    };
    let run = engine.run(request()).await.unwrap();
    assert_eq!(run.output["greeting"], "Hello, Ada!");
    let id = engine.start(request()).await.unwrap();
    assert_eq!(id.workflow, "greeting");
    // Written down, and taken up by another process.
    let id = serde_json::from_str(&serde_json::to_string(&id).unwrap()).unwrap();
    let run = engine
        .wait(&id, Some(Duration::from_secs(30)))
        .await
        .unwrap();
    assert_eq!(run.output["greeting"], "Hello, Ada!");
    assert!(engine.status(&id).await.unwrap().status.is_success());
    assert!(run.finished.is_some() && run.log_id.is_some());
    let error = engine.run(RunRequest::new("fails")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Api, Some("WORKFLOW_EXECUTION_ERROR"))
    );
    let error = engine.run(RunRequest::new("greeting")).await.unwrap_err();
    assert!(
        error.is_invalid_input() && !error.may_have_run(),
        "{error:?}"
    );
    let error = engine.run(RunRequest::new("nothing")).await.unwrap_err();
    assert!(error.is_not_found() && !error.may_have_run(), "{error:?}");
    let stranger = Runs::builder()
        .base_url(server.base_url())
        .token("another")
        .build()
        .unwrap();
    let error = Engine::run(&stranger, request()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Auth, Outcome::NotAccepted)
    );
    assert_eq!(server.emulator().runs_started("greeting"), Some(2));
    server.shutdown().await;
}

/// A receiver behind axum on a port of its own.
async fn serve(route: &str) -> CallbackReceiver {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}{route}", listener.local_addr().unwrap());
    let receiver = CallbackReceiver::new(&url, SECRET).unwrap();
    let app: Router = Router::new().route(route, any_service(receiver.clone()));
    tokio::spawn(async move { axum::serve(listener, app).await });
    receiver
}

#[tokio::test]
async fn the_end_of_a_run_is_posted_and_ends_the_wait() {
    let server = server().start().await.unwrap();
    let receiver = serve("/runs/done").await;
    let runs = Runs::builder()
        .base_url(server.base_url())
        .token(support::TOKEN)
        .receiver(receiver)
        .build()
        .unwrap();
    // It takes a second; the first poll would come after eight at least.
    let id = runs
        .start(StartRun::new("slow-report").inputs([("topic", "rain")]))
        .await
        .unwrap();
    let run = runs.wait(&id, Some(Duration::from_secs(6))).await.unwrap();
    assert_eq!(run.status, Some(RunStatus::Completed));
    assert_eq!(
        server
            .emulator()
            .calls(&format!("/v1/workflow/history/{id}")),
        0
    );
    assert_eq!(run, runs.get(&id).await.unwrap());
    server.shutdown().await;
}

/// Starts a run into a fault; the error, and how many runs the server counts.
async fn start_into(fault: &str) -> (Result<RunId, EngineError>, u64) {
    let server = server().start().await.unwrap();
    server
        .emulator()
        .inject(format!("on=/v1/workflow/run {fault}").parse().unwrap());
    let runs = client(&server);
    let result = runs
        .start(StartRun::new("greeting").inputs([("name", "Ada")]))
        .await;
    let started = server.emulator().runs_started("greeting").unwrap();
    server.shutdown().await;
    (result, started)
}

#[tokio::test]
async fn no_fault_makes_a_second_run() {
    for (fault, started) in [
        ("lose", 1),
        ("close", 0),
        ("cut=10", 1),
        ("status=500", 0),
        ("status=502", 0),
        ("status=503", 0),
        ("status=504", 0),
        ("replace=500", 1),
        ("replace=404", 1),
    ] {
        let (result, count) = start_into(fault).await;
        let error = result.expect_err(fault);
        assert!(
            error.may_have_run() && !error.is_retryable(),
            "{fault}: {error:?}"
        );
        assert_eq!(count, started, "{fault}");
    }
    for fault in ["status=429", "status=503 retry-after=1"] {
        let (result, count) = start_into(fault).await;
        result.expect(fault);
        assert_eq!(count, 1, "{fault}");
    }
}

#[tokio::test]
async fn a_history_that_lags_and_fails_does_not_end_the_wait() {
    let mut limits = Limits::default();
    limits.history_visible = Duration::from_secs(2);
    let server = server().limits(limits).start().await.unwrap();
    let runs = client(&server);
    let id = runs
        .start(StartRun::new("greeting").inputs([("name", "Ada")]))
        .await
        .unwrap();
    let path = format!("/v1/workflow/history/{id}");
    for fault in ["status=502", "close", "cut=5"] {
        server
            .emulator()
            .inject(format!("on={path} {fault}").parse().unwrap());
    }
    let run = runs.wait(&id, Some(Duration::from_secs(30))).await.unwrap();
    assert_eq!(run.outputs["greeting"], "Hello, Ada!");
    server.shutdown().await;
}

/// Drawn faults, in process and on a paused clock: whatever goes wrong, an error tells no less than the server knows.
#[tokio::test(start_paused = true)]
async fn among_drawn_faults_no_start_runs_twice_and_none_is_told_as_harmless_that_ran() {
    let words = [
        "lose",
        "close",
        "cut=10",
        "stall=5",
        "gzip",
        "content-type=text/html",
        "status=429 retry-after=1",
        "status=503 retry-after=1",
        "status=500",
        "status=502",
        "replace=404",
        "replace=500",
        "goaway=refuse",
    ];
    let on = |word| format!("on=/v1/workflow/run {word}").parse().unwrap();
    let faults = words.iter().map(on).collect();
    let emulator = server().random_faults(7, 0.3, faults).build().unwrap();
    let runs = Runs::builder()
        .base_url("https://gateway.example")
        .token(support::TOKEN)
        .transport(HttpStack::new(emulator.service()))
        .build()
        .unwrap();
    let (mut sure, mut open) = (0, 0);
    for number in 0..1_000 {
        let before = emulator.runs_started("greeting").unwrap();
        let request = StartRun::new("greeting").inputs([("name", format!("{number}"))]);
        let result = runs.start(request).await;
        let ran = emulator.runs_started("greeting").unwrap() - before;
        match result {
            Ok(run) => {
                assert_eq!(ran, 1, "{number}");
                assert_eq!(
                    runs.wait(&run, None).await.unwrap().outputs["greeting"],
                    format!("Hello, {number}!")
                );
                sure += 1;
            }
            Err(error) if error.may_have_run() => {
                assert!(ran <= 1, "{number}: {error:?}");
                open += 1;
            }
            Err(error) => assert_eq!(ran, 0, "{number}: {error:?}"),
        }
    }
    assert!(sure > 700 && open > 50, "{sure} {open}");
}
