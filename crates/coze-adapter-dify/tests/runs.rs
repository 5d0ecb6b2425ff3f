//! Runs that go wrong: refused, lost, silent.
#![expect(clippy::unwrap_used, reason = "the tests assert by it")]

mod support;

use std::time::Duration;

use coze_engine::{Engine, ErrorKind, Outcome, RunEvent, RunId, RunRequest, RunStatus};
use coze_transport::{
    HttpStack,
    testing::{RecordedRequest, Reply, Scripted},
};
use serde_json::Value;
use support::{
    exchanges,
    judge::{self, server, starts},
};
use tokio::time::Instant;

fn body(request: &RecordedRequest) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_missing_input_is_told_before_a_stream_is_opened() {
    let all = exchanges();
    let parameters = all["parameters"].reply();
    let echo = all["stream-echo"].reply();
    let (dify, script) = server(move |_, path| match path {
        "/v1/parameters" => Some(parameters.clone()),
        _ => Some(echo.clone()),
    });
    let error = dify
        .run(RunRequest::new("-").parameter("pick", "red"))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "stream_dify_workflow: the input `text` is required; the input `num` is required"
    );
    assert!(error.kind() == ErrorKind::Build && error.is_invalid_input() && !error.may_have_run());
    assert_eq!(starts(&script), 0);
    // What was learned is kept; a refusal is checked against what is published by then.
    let whole = RunRequest::new("-")
        .parameter("text", "hello")
        .parameter("num", 3);
    dify.run(whole.clone()).await.unwrap();
    dify.run(whole).await.unwrap();
    assert_eq!((starts(&script), script.requests().len()), (2, 3));
    dify.run(RunRequest::new("-")).await.unwrap_err();
    assert_eq!((starts(&script), script.requests().len()), (2, 4));
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_response_was_lost_is_found_by_its_key_and_never_started_again() {
    for streams in [true, false] {
        let all = exchanges();
        let (listed, done) = (
            all["logs-after-blocking-disconnect-running"].clone(),
            all["get-run-after-blocking-disconnect"].clone(),
        );
        let run = listed.json()["data"][0]["workflow_run"]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let script = Scripted::from_fn(move |request| match request.uri().path() {
            // It is listed at the third look.
            "/v1/workflows/logs" if request.number() > 4 => {
                judge::listed(&listed, request.uri().query().unwrap()).reply()
            }
            "/v1/workflows/run" => Reply::failure(
                coze_transport::ErrorKind::Closed,
                coze_transport::Outcome::Unknown,
            ),
            path if path.starts_with("/v1/workflows/run/") => done.reply(),
            path => judge::unrecorded(path),
        });
        let dify = judge::builder()
            .transport(HttpStack::new(script.clone()))
            .blocking_mode(!streams)
            .build()
            .unwrap();
        let finished = dify.run(RunRequest::new("-").user("ada")).await.unwrap();
        assert_eq!(finished.status, RunStatus::Succeeded);
        assert_eq!(finished.id.unwrap().run, run);
        assert_eq!(starts(&script), 1);
        let requests = script.requests();
        let start = requests
            .iter()
            .find(|sent| sent.method() == "POST")
            .unwrap();
        let user = body(start)["user"].as_str().unwrap().to_owned();
        let key = user.strip_prefix("ada~").unwrap();
        assert_eq!(key.len(), 32);
        let look = requests
            .iter()
            .find(|sent| sent.uri().path().ends_with("/logs"))
            .unwrap();
        assert_eq!(
            look.uri().query().unwrap(),
            format!("limit=1&created_by_end_user_session_id={user}")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_not_found_stays_unknown_and_says_where_it_would_be() {
    let (dify, script) = server(|_, path| {
        (path == "/v1/workflows/run").then(|| Reply::stream([(Duration::ZERO, "event: ping\n\n")]))
    });
    let began = Instant::now();
    let error = dify
        .run(RunRequest::new("-").user("ada"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Truncated, Outcome::Unknown)
    );
    assert!(error.may_have_run() && !error.is_retryable());
    assert!(
        error.hint().unwrap().contains("`ada~"),
        "{:?}",
        error.hint()
    );
    assert_eq!(starts(&script), 1);
    let took = began.elapsed().as_secs();
    assert!((50..=60).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn without_keys_the_user_is_sent_as_it_is_and_a_lost_run_is_not_looked_for() {
    let script = Scripted::from_fn(|request| match request.uri().path() {
        "/v1/workflows/run" => Reply::status(502),
        path => judge::unrecorded(path),
    });
    let dify = judge::builder()
        .transport(HttpStack::new(script.clone()))
        .run_keys(false)
        .build()
        .unwrap();
    let error = dify
        .run(RunRequest::new("-").user("ada"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Http, Outcome::Unknown)
    );
    let requests = script.requests();
    assert_eq!(body(&requests[1])["user"], "ada");
    assert_eq!(requests.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn too_many_runs_at_a_time_are_sent_again() {
    let all = exchanges();
    let (busy, echo) = (
        all["limit-stream-third"].reply(),
        all["stream-echo"].reply(),
    );
    for refusal in [
        busy,
        Reply::json(
            429,
            r#"{"code":"too_many_requests","message":"later","status":429}"#,
        ),
    ] {
        let echo = echo.clone();
        let (dify, script) = server(move |request, path| {
            (path == "/v1/workflows/run").then(|| {
                if request.number() < 4 {
                    refusal.clone()
                } else {
                    echo.clone()
                }
            })
        });
        dify.run(RunRequest::new("-")).await.unwrap();
        assert_eq!(starts(&script), 3);
        let users: Vec<_> = script.requests()[1..]
            .iter()
            .map(|sent| body(sent)["user"].clone())
            .collect();
        assert!(
            users.windows(2).all(|pair| pair[0] == pair[1]),
            "one run has one key"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_of_a_run_are_sent_once_and_calls_that_run_nothing_four_times() {
    for (status, code, outcome) in [
        (400, "invalid_param", Outcome::NotAccepted),
        (401, "unauthorized", Outcome::NotAccepted),
        (500, "internal_server_error", Outcome::Unknown),
        (400, "completion_request_error", Outcome::Unknown),
    ] {
        let text = format!(r#"{{"code":"{code}","message":"no","status":{status}}}"#);
        let (dify, script) = server(move |_, path| {
            path.starts_with("/v1/workflows/")
                .then(|| Reply::json(status, text.clone()))
        });
        let error = dify.run(RunRequest::new("-")).await.unwrap_err();
        assert_eq!((starts(&script), error.outcome()), (1, outcome), "{code}");
    }
    let (dify, script) = server(|_, _| None);
    let error = dify.status(&RunId::new("-", "u1")).await.unwrap_err();
    assert_eq!(
        (script.requests().len(), error.code()),
        (4, Some("unknown"))
    );
    assert!(error.hint().unwrap().contains("does not exist"));
    assert_eq!(error.run(), None);
}

#[tokio::test(start_paused = true)]
async fn silence_is_a_queue_until_the_run_works_and_a_loss_after_that() {
    let all = exchanges();
    let done = all["get-run-after-disconnect-08"].clone();
    let begun = all["stream-disconnect-4s"].clone();
    let run = done.json()["id"].as_str().unwrap().to_owned();
    let first = Duration::from_secs(320);
    let mut pieces = begun.chunks.clone();
    // All of the stream but its end, after 320 s; then silence.
    let later: Vec<_> = pieces
        .drain(1..)
        .map(|(at, bytes)| (at + first, bytes))
        .collect();
    pieces.extend(later);
    let mut silent = begun.with_chunks(pieces);
    silent.end = support::End::Silent;
    let (dify, script) = server(move |_, path| match path {
        "/v1/workflows/run" => Some(silent.reply()),
        path if path.starts_with("/v1/workflows/run/") => Some(done.reply()),
        _ => None,
    });
    let began = Instant::now();
    let finished = dify.run(RunRequest::new("-")).await.unwrap();
    assert_eq!(finished.id.unwrap().run, run);
    let took = began.elapsed();
    assert!(
        took > first + Duration::from_secs(35) && took < first + Duration::from_secs(37),
        "{took:?}"
    );
    assert_eq!(starts(&script), 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_never_ends_ends_with_the_deadline() {
    let all = exchanges();
    let exchange = &all["stream-worker-killed"];
    let (builder, script) = judge::client(&all, exchange);
    let dify = builder.build().unwrap();
    let began = Instant::now();
    let request = RunRequest::new("-").deadline(Duration::from_secs(100));
    let error = dify.run(request).await.unwrap_err();
    assert!(error.is_timeout() && error.may_have_run(), "{error:?}");
    assert!(error.run().unwrap().task.is_some());
    let took = began.elapsed().as_secs();
    assert!((98..=100).contains(&took), "{took}");
    assert_eq!(starts(&script), 1);
}

#[tokio::test(start_paused = true)]
async fn a_start_leaves_its_stream_and_the_run_is_waited_for() {
    let all = exchanges();
    let exchange = &all["stream-disconnect-4s"];
    let (builder, script) = judge::client(&all, exchange);
    let dify = builder.build().unwrap();
    let began = Instant::now();
    let run = dify.start(RunRequest::new("-").user("ada")).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(1));
    assert!(run.task.is_some() && run.user.as_deref().unwrap().starts_with("ada~"));
    assert_eq!(dify.status(&run).await.unwrap().status, RunStatus::Running);
    let limit = Some(Duration::from_millis(50));
    let error = dify.wait(&run, limit).await.unwrap_err();
    assert!(
        error.is_timeout() && error.may_have_run() && error.run() == Some(&run),
        "{error:?}"
    );
    let finished = dify.wait(&run, None).await.unwrap();
    assert_eq!(
        (finished.status, starts(&script)),
        (RunStatus::Succeeded, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_gives_up_sooner_on_a_run_that_was_never_seen() {
    let all = exchanges();
    let running = all["get-run-after-disconnect-00"].clone();
    let run = RunId::new("-", running.json()["id"].as_str().unwrap());
    let (dify, script) = server(|_, _| None);
    let error = dify.wait(&run, None).await.unwrap_err();
    assert_eq!(
        (error.code(), script.requests().len()),
        (Some("unknown"), 4)
    );
    let (dify, script) = server(move |request, _| (request.number() == 1).then(|| running.reply()));
    let error = dify.wait(&run, None).await.unwrap_err();
    assert_eq!((error.run(), script.requests().len()), (Some(&run), 11));
}

#[tokio::test(start_paused = true)]
async fn the_events_of_a_run_in_the_words_of_the_interface() {
    let all = exchanges();
    let (builder, _) = judge::client(&all, &all["stream-fail-retry"]);
    let mut events = builder
        .build()
        .unwrap()
        .stream(RunRequest::new("-"))
        .await
        .unwrap();
    let mut said = Vec::new();
    let error = loop {
        match events.try_next().await {
            Ok(Some(event)) => said.push(match event {
                RunEvent::Started(run) => format!("started {}", run.task.is_some()),
                RunEvent::NodeStarted(node) => format!("> {}", node.id),
                RunEvent::NodeFinished(node) => format!("< {} {}", node.id, node.status.unwrap()),
                RunEvent::Other { name, data } => format!("{name} {}", data["data"]["retry_index"]),
                other => panic!("{other:?}"),
            }),
            Ok(None) => panic!("the run failed"),
            Err(error) => break error,
        }
    };
    assert_eq!(
        said,
        [
            "started true",
            "> start",
            "< start succeeded",
            "> h",
            "node_retry 1",
            "node_retry 2",
            "< h failed"
        ]
    );
    assert!(
        error
            .to_string()
            .starts_with("stream_dify_workflow: the run failed: "),
        "{error}"
    );
    assert!(events.try_next().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_version_is_run_by_its_id_and_a_user_that_is_too_long_is_not_sent() {
    let all = exchanges();
    let echo = all["stream-by-id-ok"].reply();
    let (dify, script) = server(move |_, _| Some(echo.clone()));
    for request in [RunRequest::new("u9"), RunRequest::new("-").version("u9")] {
        dify.run(request).await.unwrap();
    }
    let paths: Vec<_> = script
        .requests()
        .iter()
        .map(|sent| sent.uri().path().to_owned())
        .collect();
    assert_eq!(paths, ["/v1/workflows/u9/run"; 2]);
    let error = dify
        .run(RunRequest::new("u9").user("u".repeat(223)))
        .await
        .unwrap_err();
    assert!(
        error.kind() == ErrorKind::Build && !error.may_have_run(),
        "{error}"
    );
    assert_eq!(script.requests().len(), 2);
}
