//! Waits: how often the service is asked, what is put up with, and how they end. On a paused clock.

mod script;

use std::time::Duration;

use coze_workflow::testing::Script;
use coze_workflow::{ErrorKind, Outcome, Progress};
use script::{Reply, answers_sent, broken, client, response};
use serde_json::{Value, json};
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

fn running() -> Reply {
    r#"{"data":[{"execute_status":"Running"}]}"#.into()
}

fn success() -> Reply {
    r#"{"data":[{"execute_status":"Success","output":"{\"Output\":\"done\"}"}]}"#.into()
}

/// The pauses before each question but the first.
fn pauses(seen: &Script) -> Vec<Duration> {
    let at: Vec<_> = seen.requests().into_iter().map(|sent| sent.at()).collect();
    at.windows(2)
        .map(|pair| pair[1].saturating_sub(pair[0]))
        .collect()
}

/// Whether a pause is `middle`, spread by a fifth; the clock counts in milliseconds.
fn about(pause: Duration, middle: Duration) -> bool {
    let slack = Duration::from_millis(2);
    pause + slack >= middle.mul_f64(0.8) && pause <= middle.mul_f64(1.2) + slack
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_by_half_from_one_second_to_thirty_and_are_spread() {
    let mut firsts = Vec::new();
    for _ in 0..20 {
        let (coze, seen) = client(|call| if call < 15 { running() } else { success() });
        coze.attach(("1", "2")).wait().await.unwrap();
        let first = seen.requests()[0].at();
        assert!(about(first, SECOND), "{first:?}");
        firsts.push(first);
        let mut middle = SECOND;
        for pause in pauses(&seen) {
            middle = middle.mul_f64(1.5).min(30 * SECOND);
            assert!(about(pause, middle), "{pause:?} for {middle:?}");
            assert!(pause <= 30 * SECOND + Duration::from_millis(2), "{pause:?}");
        }
    }
    firsts.dedup();
    assert!(firsts.len() > 10, "a fleet asks in step: {firsts:?}");
}

#[tokio::test(start_paused = true)]
async fn the_numbers_can_be_set() {
    let (coze, seen) = client(|call| if call < 20 { running() } else { success() });
    let run = coze.attach(("1", "2"));
    let wait = run.wait().first_poll(SECOND / 5).longest_poll(SECOND);
    wait.await.unwrap();
    assert!(about(seen.requests()[0].at(), SECOND / 5));
    assert!(pauses(&seen).iter().all(|pause| *pause <= SECOND));
    assert!(about(*pauses(&seen).last().unwrap(), SECOND));

    // A pause of nothing does not make the wait spin.
    let (coze, seen) = client(|_| running());
    let run = coze.attach(("1", "2"));
    let none = Duration::ZERO;
    let wait = run.wait().first_poll(none).longest_poll(none);
    wait.deadline(SECOND).await.unwrap_err();
    assert!(seen.requests().len() <= 101, "{}", seen.requests().len());
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_the_server_asks_for_wins() {
    let (coze, seen) = client(|call| {
        let answer = |status, headers: &[_]| {
            response(
                status,
                headers,
                r#"{"data":[{"execute_status":"Running"}]}"#,
            )
        };
        match call {
            1 => answer(200, &[("retry-after", "7")]),
            2 => answer(429, &[("retry-after", "45")]),
            3 => answer(200, &[("retry-after-ms", "250")]),
            4 => answer(503, &[("retry-after", "86400")]),
            5 => answer(200, &[("retry-after", "0")]),
            _ => success(),
        }
    });
    coze.attach(("1", "2")).wait().await.unwrap();
    let pauses: Vec<_> = pauses(&seen).iter().map(Duration::as_millis).collect();
    assert_eq!(pauses[..4], [7000, 45000, 250, 120_000]);
    assert!(
        about(
            Duration::from_millis(pauses[4].try_into().unwrap()),
            SECOND.mul_f64(1.5_f64.powi(5))
        ),
        "{pauses:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn failures_that_pass_end_the_wait_at_ten_in_a_row_or_five_minutes() {
    // Nine in a row, again and again, and no end.
    let (coze, seen) = client(|call| match call {
        60.. => success(),
        call if call % 10 == 0 => running(),
        call if call % 2 == 0 => broken(Outcome::Unknown),
        _ => response(502, &[], "bad gateway"),
    });
    let run = coze.attach(("1", "7413"));
    run.wait()
        .max_consecutive_failures(10, Duration::MAX)
        .await
        .unwrap();
    assert_eq!(seen.requests().len(), 60);

    let (coze, seen) = client(|_| r#"{"code":4009,"msg":"busy"}"#.into());
    let run = coze.attach(("1", "7413"));
    let error = run.wait().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code(), seen.requests().len()),
        (ErrorKind::Api, Some(4009), 10)
    );
    assert_eq!(error.execute_id(), Some("7413"));
    assert!(
        error.to_string().contains("10 polls failed in a row"),
        "{error}"
    );
    assert!(error.cause().unwrap().to_string().contains("busy"));
    // To wait again does no harm.
    assert!(error.is_retryable());

    let begin = Instant::now();
    let (coze, seen) = client(|_| broken(Outcome::Unknown));
    let run = coze.attach(("1", "7413"));
    run.wait()
        .max_consecutive_failures(u32::MAX, 300 * SECOND)
        .await
        .unwrap_err();
    let lasted = begin.elapsed();
    assert!(
        lasted >= 300 * SECOND && lasted < 340 * SECOND,
        "{lasted:?}"
    );
    assert!(seen.requests().len() > 10);
    let wait = run.wait().max_consecutive_failures(1, SECOND);
    assert_eq!(wait.await.unwrap_err().kind(), ErrorKind::Transport);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_pass_ends_the_wait_at_once() {
    for (answer, kind) in [
        (r#"{"code":4101,"msg":"no permission"}"#, ErrorKind::Api),
        (r#"{"code":4100,"msg":"bad token"}"#, ErrorKind::Auth),
        ("<html>", ErrorKind::Decode),
    ] {
        let (coze, seen) = client(move |_| answer.into());
        let error = coze.attach(("1", "7413")).wait().await.unwrap_err();
        assert_eq!(
            (error.kind(), seen.requests().len()),
            (kind, 1),
            "{error:?}"
        );
        assert_eq!(error.execute_id(), Some("7413"));
        assert!(!error.may_have_run());
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_may_stay_invisible_for_ten_seconds() {
    for unknown in [
        r#"{"code":4314,"msg":"no record"}"#,
        r#"{"data":[]}"#,
        r#"{"data":null}"#,
    ] {
        let begin = Instant::now();
        let (coze, _) = client(move |_| unknown.into());
        let run = coze.attach(("1", "7413"));
        let error = run.wait().await.unwrap_err();
        let after = begin.elapsed();
        assert!(after >= 10 * SECOND && after < 18 * SECOND, "{after:?}");
        assert_eq!(
            (error.kind(), error.execute_id()),
            (ErrorKind::Api, Some("7413"))
        );

        // It appears in time.
        let (coze, _) = client(move |_| match begin.elapsed() {
            early if early < after + 9 * SECOND => unknown.into(),
            _ => success(),
        });
        let run = coze.attach(("1", "7413"));
        run.wait().not_found_grace(20 * SECOND).await.unwrap();
        let begin = Instant::now();
        let (coze, _) = client(move |_| unknown.into());
        let run = coze.attach(("1", "7413"));
        run.wait().not_found_grace(SECOND / 2).await.unwrap_err();
        assert!(begin.elapsed() < 2 * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_in_the_last_pause_is_seen() {
    let begin = Instant::now();
    let (coze, seen) = client(move |_| {
        if begin.elapsed() < 57 * SECOND {
            running()
        } else {
            success()
        }
    });
    let run = coze.attach(("1", "2"));
    assert_eq!(
        run.wait().deadline(60 * SECOND).await.unwrap().text(),
        "done"
    );
    assert!(begin.elapsed() <= 60 * SECOND);
    // A pause as long as the wait would have missed it.
    assert!(about(seen.requests()[0].at(), SECOND));

    let begin = Instant::now();
    let (coze, seen) = client(|_| broken(Outcome::Unknown));
    let run = coze.attach(("1", "7413"));
    let wait = run.wait().first_poll(30 * SECOND).deadline(10 * SECOND);
    let error = wait.await.unwrap_err();
    assert_eq!((begin.elapsed(), seen.requests().len()), (10 * SECOND, 1));
    assert_eq!(
        (error.kind(), error.execute_id()),
        (ErrorKind::Timeout, Some("7413"))
    );
    assert!(error.cause().is_some(), "the last failure is the cause");
    // Without any time nothing is asked.
    run.wait().deadline(Duration::ZERO).await.unwrap_err();
    assert_eq!(seen.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_question_that_gets_no_answer_does_not_outlast_the_deadline() {
    let stack = coze_workflow::HttpStack::from_fn(|_| {
        std::future::pending::<Result<_, coze_workflow::BoxError>>()
    });
    let coze = coze_workflow::Client::builder()
        .transport(stack)
        .token("pat_1")
        .build()
        .unwrap();
    let begin = Instant::now();
    let error = coze
        .attach(("1", "7413"))
        .wait()
        .deadline(5 * SECOND)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(begin.elapsed(), 5 * SECOND);
    assert!(error.to_string().contains("it goes on"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_goes_on_in_the_background_after_an_answer_is_answered_there() {
    let asked = |event: &str| json!({"event_id": event, "type": 2, "data": "Which city?"});
    let row = move |event| -> Reply {
        json!({"data": [{"execute_status": "Running", "interrupt_data": asked(event)}]}).into()
    };
    let script = move |call| match call {
        1 => json!({"execute_id": "7424", "interrupt_data": asked("7424/1")}).into(),
        2 | 5 => json!({"execute_id": "7424"}).into(),
        // The history still shows what was answered before it was first asked for.
        3 => row("7424/1"),
        4 => row("7424/2"),
        _ => success(),
    };
    for (most, resumes) in [(3, 2), (1, 1)] {
        let (coze, seen) = client(script);
        let asking = coze
            .workflow("7366")
            .answer_with(|_| async { Ok("Lyon".into()) });
        let asking = asking.resumes(most);
        let outcome = asking.run().await;
        let events: Vec<_> = answers_sent(&seen)
            .into_iter()
            .map(|one| one["event_id"].clone())
            .collect();
        assert_eq!(events, ["7424/1", "7424/2"][..resumes]);
        match outcome {
            Ok(output) => assert_eq!((output.text().as_str(), resumes), ("done", 2)),
            Err(error) => {
                let newest = error.question().unwrap().event_id().unwrap().as_str();
                assert_eq!((newest, resumes), ("7424/2", 1));
                assert!(error.to_string().contains("after 1"), "{error}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn progress_tells_each_change_once_and_in_order() {
    fn row(status: &str, nodes: &Value) -> Reply {
        json!({"data": [{"execute_status": status, "node_execute_status": nodes, "output": "{\"Output\":\"done\"}"}]}).into()
    }
    fn node(id: &str, is_finish: bool, time: i64) -> Value {
        json!({"node_id": "12", "node_execute_uuid": id, "is_finish": is_finish, "update_time": time})
    }
    let (coze, seen) = client(|call| match call {
        1 => r#"{"data":[]}"#.into(),
        2 | 3 => row("Running", &Value::Null),
        4 | 6 => row("Running", &json!({"Outline": node("a", false, 10)})),
        5 => broken(Outcome::Unknown),
        7 => row(
            "Running",
            &json!({"Outline": node("a", true, 12), "Draft": node("b", false, 12)}),
        ),
        _ => row(
            "Success",
            &json!({"Outline": node("a", true, 12), "Draft": node("b", true, 15), "Check": node("c", true, 14)}),
        ),
    });
    let run = coze.attach(("1", "2"));
    let mut told = Vec::new();
    let mut rows = 0;
    run.wait()
        .progress(|change| {
            told.push(match change {
                Progress::Status(status) => status.to_string(),
                Progress::NodeStarted(node) => format!("+{}", node.title),
                Progress::NodeFinished(node) => {
                    format!("-{} {}", node.title, node.status.node_execute_uuid.unwrap())
                }
                other => panic!("{other:?}"),
            });
        })
        .on_progress(|_| rows += 1)
        .await
        .unwrap();
    assert_eq!(
        told,
        [
            "Running",
            "+Outline",
            "-Outline a",
            "+Draft",
            "+Check",
            "-Check c",
            "-Draft b",
            "Success"
        ]
    );
    assert_eq!((rows, seen.requests().len()), (6, 8));
}
