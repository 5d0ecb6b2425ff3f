//! Waits: their pace, what ends them, and what does not.

mod support;

use std::time::Duration;

use coze_adapter_runs::{RunId, Runs};
use coze_engine::{EngineError, ErrorKind};
use coze_transport::{
    poll::PollPolicy,
    testing::{Reply, Scripted},
};
use support::{builder, client, not_found, receiver, record};
use tokio::time::Instant;

async fn wait(runs: &Runs, deadline: Option<Duration>) -> Result<u64, EngineError> {
    let run = runs.wait(&RunId::from("run_1"), deadline).await?;
    Ok(run.outputs["answer"].as_u64().unwrap())
}

/// The pauses before each poll, in seconds.
fn pauses(script: &Scripted) -> Vec<f64> {
    let mut last = Duration::ZERO;
    let requests = script.requests();
    let each = requests.iter().map(|one| {
        let pause = one.at().saturating_sub(last);
        last = one.at();
        pause.as_secs_f64()
    });
    each.collect()
}

#[tokio::test(start_paused = true)]
async fn polls_begin_after_a_second_and_grow_to_thirty() {
    let script = Scripted::from_fn(|request| match request.number() {
        1 => record("pending"),
        40 => record("completed"),
        _ => record("running"),
    });
    assert_eq!(wait(&client(&script), None).await.unwrap(), 42);
    let pauses = pauses(&script);
    let mut due = 1.0;
    for pause in &pauses {
        assert!(
            (due * 0.79..=(due * 1.21_f64).min(30.1)).contains(pause),
            "{pauses:?}"
        );
        due = (due * 1.5_f64).min(30.0);
    }
    assert!(
        pauses.iter().any(|pause| (*pause - 30.0).abs() > 1.0),
        "{pauses:?}"
    );
    assert!(script.requests().iter().all(|one| one.method() == "GET"));
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_the_server_asks_for_wins() {
    let script = Scripted::new([
        record("running").header("retry-after", "17"),
        record("completed"),
    ]);
    wait(&client(&script), None).await.unwrap();
    assert!((pauses(&script)[1] - 17.0).abs() < 0.1);
}

#[tokio::test(start_paused = true)]
async fn failures_that_pass_do_not_end_a_wait_unless_there_are_ten_in_a_row() {
    // Each poll is tried four times.
    let script = Scripted::from_fn(|request| match request.number() {
        1..=20 | 22..=40 => Reply::status(502),
        41 => Reply::failure(
            coze_transport::ErrorKind::Closed,
            coze_transport::Outcome::Unknown,
        ),
        21 => record("running"),
        _ => record("completed"),
    });
    assert_eq!(wait(&client(&script), None).await.unwrap(), 42);
    let script = Scripted::repeating(Reply::status(502));
    let error = wait(&client(&script), None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Http);
    assert!(
        error.to_string().contains("10 polls failed in a row"),
        "{error}"
    );
    assert!(error.to_string().contains("HTTP 502"), "{error}");
    assert_eq!(error.run().unwrap().run, "run_1");
    assert!(error.may_have_run() && !error.is_retryable());
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_ends_a_wait_at_once() {
    for (reply, kind) in [
        (Reply::status(401), ErrorKind::Auth),
        (
            Reply::json(403, r#"{"error":{"code":"FORBIDDEN"}}"#),
            ErrorKind::Api,
        ),
        (Reply::status(404), ErrorKind::Http),
        (Reply::json(200, "<html>"), ErrorKind::Decode),
        (Reply::json(200, "{}"), ErrorKind::Decode),
        (
            Reply::json(200, r#"[{"status":"completed"}]"#),
            ErrorKind::Decode,
        ),
        (
            Reply::json(200, r#"{"run_id":"run_2","status":"completed"}"#),
            ErrorKind::WrongRun,
        ),
    ] {
        let shown = format!("{reply:?}");
        let script = Scripted::repeating(reply);
        let error = wait(&client(&script), None).await.unwrap_err();
        assert_eq!(
            (error.kind(), script.requests().len()),
            (kind, 1),
            "{shown} {error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_may_be_unknown_for_ten_seconds() {
    let script = Scripted::from_fn(|request| {
        if request.at() < Duration::from_secs(9) {
            not_found()
        } else {
            record("completed")
        }
    });
    assert_eq!(wait(&client(&script), None).await.unwrap(), 42);
    let begin = Instant::now();
    let error = wait(&client(&Scripted::repeating(not_found())), None)
        .await
        .unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
    assert!((10..20).contains(&begin.elapsed().as_secs()));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_wait_after_a_last_poll() {
    let script = Scripted::from_fn(|request| {
        if request.at() < Duration::from_secs(97) {
            record("running")
        } else {
            record("completed")
        }
    });
    // Ended within the last pause, and seen.
    assert_eq!(
        wait(&client(&script), Some(Duration::from_secs(100)))
            .await
            .unwrap(),
        42
    );
    let begin = Instant::now();
    let script = Scripted::repeating(record("frozen"));
    let error = wait(&client(&script), Some(Duration::from_secs(100)))
        .await
        .unwrap_err();
    assert_eq!(begin.elapsed(), Duration::from_secs(100));
    assert!(
        error.is_timeout() && error.to_string().contains("`frozen`"),
        "{error}"
    );
    let script = Scripted::repeating(record("running"));
    let error = wait(&client(&script), Some(Duration::from_secs(100)))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("the run had not ended after 100s"),
        "{error}"
    );
    // A poll that hangs does not outlast it either.
    let begin = Instant::now();
    let error = wait(
        &client(&Scripted::repeating(Reply::never())),
        Some(Duration::from_secs(12)),
    )
    .await;
    assert!(error.unwrap_err().is_timeout());
    assert_eq!(begin.elapsed(), Duration::from_secs(12));
}

#[tokio::test(start_paused = true)]
async fn the_numbers_can_be_set_and_polls_are_the_reserve_of_a_receiver() {
    let mut policy = PollPolicy::default();
    policy.first_poll = Duration::from_millis(100);
    policy.failures = 2;
    let script = Scripted::repeating(Reply::status(502));
    let runs = builder(&script).polling(policy).build().unwrap();
    let error = wait(&runs, None).await.unwrap_err();
    assert!(error.to_string().contains("2 polls failed"), "{error}");
    let script = Scripted::new([record("running"), record("completed")]);
    let runs = builder(&script).receiver(receiver()).build().unwrap();
    assert_eq!(wait(&runs, None).await.unwrap(), 42);
    let first = pauses(&script)[0];
    assert!((8.0..=12.1).contains(&first), "{first}");
}
