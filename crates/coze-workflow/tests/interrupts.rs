//! Questions and answers on the wire: which endpoint, which event, which text.

mod script;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use coze_workflow::{
    Answer, Client, ErrorKind, Outcome, Question, QuestionKind, Resumed, models::Interrupt,
};
use script::{Reply, answers_sent, broken, client, response, targets};
use serde_json::{Value, json};
use tokio::time::Instant;

const RUN: &str = "POST /v1/workflow/run";
const RESUME: &str = "POST /v1/workflows/resume";
const LOOK: &str = "GET /v1/workflows/7366/run_histories/7424";

fn asked(event: &str, text: &str) -> Value {
    let data = json!({"content_type": "text", "content": text}).to_string();
    json!({"event_id": event, "type": 2, "data": data})
}

fn interrupted(event: &str, text: &str) -> Reply {
    json!({"code": 0, "execute_id": "7424", "interrupt_data": asked(event, text), "debug_url": "https://debug.test/1"}).into()
}

fn row(status: &str, interrupt: &Value) -> Reply {
    json!({"data": [{"execute_status": status, "interrupt_data": interrupt, "output": "{\"Output\":\"done\"}"}]}).into()
}

fn resume_of(event: &str, text: &str) -> Value {
    json!({"workflow_id": "7366", "event_id": event, "interrupt_type": 2, "resume_data": text})
}

#[tokio::test]
async fn a_run_is_resumed_at_its_newest_event_until_it_ends() {
    let (coze, seen) = client(|call| match call {
        1 => interrupted("7424/1", "Which city?"),
        2 => interrupted("7424/2", "How many days?"),
        // The end of a run does not name it again.
        _ => json!({"data": "{\"ok\":true}", "usage": {"token_count": 7}}).into(),
    });
    let texts = Mutex::new(Vec::new());
    let output = coze
        .workflow("7366")
        .parameter("topic", "travel")
        .answer_with(|question| {
            assert_eq!(question.execute_id().unwrap().as_str(), "7424");
            assert_eq!(question.debug_url(), Some("https://debug.test/1"));
            let mut texts = texts.lock().unwrap();
            texts.push(question.text().to_owned());
            let answer = format!("answer {}", texts.len());
            async move { Ok(answer.into()) }
        })
        .run()
        .await
        .unwrap();
    assert_eq!(output.output_value(), json!({"ok": true}));
    assert_eq!(output.execute_id().unwrap().as_str(), "7424");
    assert_eq!(*texts.lock().unwrap(), ["Which city?", "How many days?"]);
    assert_eq!(targets(&seen), [RUN, RESUME, RESUME]);
    assert_eq!(
        answers_sent(&seen),
        [
            resume_of("7424/1", "answer 1"),
            resume_of("7424/2", "answer 2")
        ]
    );
}

#[tokio::test]
async fn a_run_is_resumed_three_times_and_the_next_question_is_in_the_error() {
    for (most, resumes) in [(None, 3), (Some(1), 1), (Some(0), 0)] {
        let (coze, seen) = client(|call| interrupted(&format!("7424/{call}"), "Which city?"));
        let mut asking = coze
            .workflow("7366")
            .answer_with(|_| async { Ok(Answer::text("Lyon")) });
        if let Some(most) = most {
            asking = asking.resumes(most);
        }
        let error = asking.run().await.unwrap_err();
        assert!(error.is_interrupted() && error.may_have_run(), "{error:?}");
        assert!(
            error.to_string().contains(&format!("after {resumes}")),
            "{error}"
        );
        let question = error.question().unwrap();
        let newest = format!("7424/{}", resumes + 1);
        assert_eq!(question.event_id().unwrap().as_str(), newest);
        assert_eq!(error.execute_id(), Some("7424"));
        assert_eq!(answers_sent(&seen).len(), resumes);
    }
}

#[tokio::test]
async fn who_does_not_answer_gets_the_question_back_and_nothing_is_sent() {
    let outcome = |answer: fn() -> Result<Answer, coze_workflow::BoxError>| async move {
        let (coze, seen) = client(|_| interrupted("7424/1", "Which?\nA. Lyon\nB. Oslo"));
        let workflow = coze.workflow("7366");
        let error = workflow
            .answer_with(|_| async move { answer() })
            .run()
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), seen.requests().len()),
            (ErrorKind::Interrupted, 1)
        );
        assert_eq!(error.question().unwrap().options(), ["Lyon", "Oslo"]);
        assert_eq!(
            error.interrupt().unwrap().event_id.as_deref(),
            Some("7424/1")
        );
        error
    };
    let declined = outcome(|| Ok(Answer::decline())).await;
    assert!(declined.to_string().contains("declined"), "{declined}");
    let none = outcome(|| Ok(None.into())).await;
    assert!(none.to_string().contains("declined"), "{none}");
    let failed = outcome(|| Err("the user left".into())).await;
    assert_eq!(failed.cause().unwrap().to_string(), "the user left");
    let misfit = outcome(|| Ok(Answer::option("Paris"))).await;
    let cause = misfit.cause().unwrap().to_string();
    assert_eq!(
        cause,
        "the question takes one of `Lyon`, `Oslo`, not `Paris`"
    );
}

#[tokio::test]
async fn a_question_without_an_event_id_cannot_be_resumed() {
    let (coze, seen) = client(|_| {
        json!({"interrupt_data": {"type": 2, "data": "{\"content_type\":\"text\",\"content\":\"?\"}"}}).into()
    });
    let asking = coze
        .workflow("7366")
        .answer_with(|_| async { Ok("Lyon".into()) });
    let error = asking.run().await.unwrap_err();
    assert!(error.is_interrupted());
    assert!(error.cause().unwrap().to_string().contains("event id"));
    assert_eq!(seen.requests().len(), 1);
}

/// A client with the whole default stack over a script.
fn with_retries(
    answer: impl Fn(usize) -> Reply + Clone + Send + Sync + 'static,
) -> (Client, coze_workflow::testing::Script) {
    let (stack, seen) = script::stack(answer);
    let client = Client::builder().transport(stack).token("pat_1").build();
    (client.unwrap(), seen)
}

#[tokio::test(start_paused = true)]
async fn a_resume_is_sent_again_only_when_it_certainly_was_not_accepted() {
    let refused = response(429, &[], "");
    let first = [
        (refused, 2),
        (broken(Outcome::NotAccepted), 2),
        (broken(Outcome::Unknown), 1),
        (response(502, &[], ""), 1),
        (json!({"code": 5000, "msg": "internal"}).into(), 1),
    ];
    for (first, sent) in first {
        let answer = first.clone();
        let (coze, seen) = with_retries(move |call| match call {
            1 => interrupted("7424/1", "Which city?"),
            2 => answer.clone(),
            _ => json!({"data": "done"}).into(),
        });
        // A workflow that may be started twice may not therefore be resumed twice.
        let workflow = coze.workflow("7366").assume_idempotent(true);
        let asking = workflow.answer_with(|_| async { Ok("Lyon".into()) });
        let outcome = asking.run().await;
        assert_eq!(answers_sent(&seen).len(), sent, "{first:?}");
        assert_eq!(outcome.is_ok(), sent == 2, "{first:?}");
        let Err(error) = outcome else { continue };
        assert!(error.may_have_run(), "{error:?}");
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert_eq!(error.operation(), "resume_workflow");
        assert_eq!(error.execute_id(), Some("7424"));
        assert_eq!(error.question().unwrap().text(), "Which city?");
        assert!(!error.is_interrupted());
    }
}

#[tokio::test]
async fn a_run_that_was_started_stays_one_when_its_resume_is_turned_away() {
    for refused in [
        response(429, &[], ""),
        broken(Outcome::NotAccepted),
        json!({"code": 4009, "msg": "busy"}).into(),
    ] {
        let (coze, _) = client(move |call| match call {
            1 => interrupted("7424/1", "Which city?"),
            _ => refused.clone(),
        });
        let asking = coze.workflow("7366");
        let asking = asking.answer_with(|_| async { Ok("Lyon".into()) });
        let error = asking.run().await.unwrap_err();
        // The run still waits for the answer, and calling again would start another one.
        assert_eq!(error.outcome(), Outcome::NotAccepted);
        assert!(error.may_have_run() && !error.is_retryable(), "{error:?}");
        assert!(!error.report().contains("no run was started"));
        // By hand, the resume alone is the call.
        let question = error.question().unwrap();
        let error = coze.resume("7366", question, "Lyon").await.unwrap_err();
        assert!(!error.may_have_run() && error.is_retryable(), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_question_is_answered_twice_whatever_the_rows_show() {
    let (coze, seen) = client(|call| match call {
        1 | 3 | 5 => r#"{"execute_id":"7424"}"#.into(),
        // The second time it comes from a replica that lags behind.
        2 | 6 => row("Running", &asked("7424/1", "Which city?")),
        4 => row("Running", &asked("7424/2", "How many days?")),
        // The end, with the last question still in the row.
        _ => row("Success", &asked("7424/2", "How many days?")),
    });
    let run = coze.workflow("7366").start().await.unwrap();
    let wait = run.wait().deadline(Duration::from_secs(600));
    let output = wait.answer_with(|_| async { Ok("Lyon".into()) }).await;
    assert_eq!(output.unwrap().text(), "done");
    assert_eq!(
        answers_sent(&seen),
        [resume_of("7424/1", "Lyon"), resume_of("7424/2", "Lyon")]
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_that_failed_or_was_cancelled_waits_for_no_answer() {
    for (status, kind) in [("Fail", ErrorKind::Api), ("Cancel", ErrorKind::Cancelled)] {
        let (coze, seen) = client(move |_| row(status, &asked("7424/1", "Which city?")));
        let run = coze.attach(("7366", "7424"));
        let wait = run.wait().answer_with(|_| async { unreachable!() });
        assert_eq!(wait.await.unwrap_err().kind(), kind);
        assert_eq!(seen.requests().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_background_run_is_resumed_and_waited_for_again() {
    let (coze, seen) = client(|call| match call {
        // A row that still shows the answered event is not asked about a second time.
        2 | 4 => row("Running", &asked("7424/1", "Which city?")),
        1 | 3 | 7 => r#"{"execute_id":"7424"}"#.into(),
        5 => row("Running", &Value::Null),
        6 | 8 => row("Running", &asked("7424/2", "How many days?")),
        _ => row("Success", &Value::Null),
    });
    let run = coze.workflow("7366").start().await.unwrap();
    let mut answers = ["Lyon", "3"].into_iter();
    let output = run
        .wait()
        .answer_with(|_| {
            let answer = answers.next().map(Answer::text);
            async move { Ok(answer.into()) }
        })
        .await
        .unwrap();
    assert_eq!(output.text(), "done");
    assert_eq!(
        targets(&seen),
        [RUN, LOOK, RESUME, LOOK, LOOK, LOOK, RESUME, LOOK, LOOK]
    );
    assert_eq!(
        answers_sent(&seen),
        [resume_of("7424/1", "Lyon"), resume_of("7424/2", "3")]
    );
    // After an answer it is asked as soon as after a start.
    let at: Vec<_> = seen.requests().into_iter().map(|sent| sent.at()).collect();
    assert!(at[7].saturating_sub(at[6]) <= Duration::from_millis(1200));
}

#[tokio::test(start_paused = true)]
async fn a_wait_gives_three_answers_and_keeps_the_fourth_question() {
    let (coze, seen) = client(|call| match call % 2 {
        1 => row("Running", &asked(&format!("7424/{call}"), "Which city?")),
        _ => r#"{"execute_id":"7424"}"#.into(),
    });
    let run = coze.attach(("7366", "7424"));
    let wait = run.wait().answer_with(|_| async { Ok("Lyon".into()) });
    let error = wait.await.unwrap_err();
    assert!(
        error.is_interrupted() && error.to_string().contains("after 3"),
        "{error}"
    );
    assert_eq!(
        error.question().unwrap().event_id().unwrap().as_str(),
        "7424/7"
    );
    assert_eq!(answers_sent(&seen).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_too_long_ends_with_the_deadline_and_keeps_the_question() {
    let (coze, seen) = client(|_| row("Running", &asked("7424/1", "Which city?")));
    let begin = Instant::now();
    let limit = Duration::from_secs(60);
    let run = coze.attach(("7366", "7424"));
    let wait = run
        .wait()
        .deadline(limit)
        .answer_with(|_| std::future::pending());
    let error = wait.await.unwrap_err();
    assert_eq!(begin.elapsed(), limit);
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.question().unwrap().text(), "Which city?");
    assert_eq!(seen.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_run_of_a_server_that_does_not_tell_its_question_is_interrupted() {
    let (coze, seen) = client(|_| row("<UNSET>", &Value::Null));
    let run = coze.attach(("7366", "7424"));
    let wait = run.wait().answer_with(|_| async { unreachable!() });
    let error = wait.await.unwrap_err();
    assert!(error.is_interrupted() && error.question().is_none());
    assert!(error.to_string().contains("does not tell"), "{error}");
    assert_eq!(seen.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_is_resumed_by_hand_in_either_mode() {
    let (coze, seen) = client(|call| match call {
        1 => row("Running", &asked("7424/1", "Which city?")),
        2 => r#"{"execute_id":"7424"}"#.into(),
        3 => row("Success", &Value::Null),
        4 => r#"{"data":"rain"}"#.into(),
        5 => interrupted("7424/9", "How many days?"),
        _ => json!({"code": 4315, "msg": "already over"}).into(),
    });
    let run = coze.attach(("7366", "7424"));
    let error = run.wait().await.unwrap_err();
    let resumed = run.resume(error.question().unwrap(), "Lyon").await.unwrap();
    assert!(matches!(&resumed, Resumed::Running(again) if again.execute_id() == run.execute_id()));
    assert_eq!(resumed.finish().await.unwrap().text(), "done");

    // Another process has kept the interrupt, or its ids.
    let kept = serde_json::to_string(error.interrupt().unwrap()).unwrap();
    let kept: Question = serde_json::from_str::<Interrupt>(&kept).unwrap().into();
    let resumed = coze
        .resume("7366", &kept, Answer::text("Lyon"))
        .await
        .unwrap();
    assert!(matches!(&resumed, Resumed::Finished(output) if output.text() == "rain"));
    let ids = Question::by_id("7424/1", 2);
    let again = coze.resume("7366", &ids, "Lyon").await.unwrap_err();
    assert!(again.is_interrupted());
    assert_eq!(again.question().unwrap().text(), "How many days?");
    let over = run.resume(&ids, "Lyon").await.unwrap_err();
    assert_eq!((over.code(), over.execute_id()), (Some(4315), Some("7424")));
    assert_eq!(over.question().unwrap().event_id(), ids.event_id());
    assert_eq!(answers_sent(&seen), vec![resume_of("7424/1", "Lyon"); 4]);
    assert_eq!(seen.requests().len(), 6);

    // What does not fit is told before anything is sent.
    let error = run.resume(&ids, Answer::option_at(1)).await.unwrap_err();
    assert_eq!((error.kind(), seen.requests().len()), (ErrorKind::Build, 6));
    assert!(!error.may_have_run());
}

#[tokio::test]
async fn a_form_and_a_file_are_json_text_on_the_wire() {
    let form = json!({"event_id": "7569/2691", "type": 5,
        "data": "{\"content_type\":\"text\",\"content\":\"[{\\\"type\\\":\\\"string\\\",\\\"name\\\":\\\"img\\\",\\\"required\\\":true,\\\"assistType\\\":2}]\"}",
        "required_parameters": {"img": {"required": true, "type": "image"}}});
    for answer in [
        Answer::file("1456"),
        Answer::form(json!({"img": {"file_id": "1456"}})),
    ] {
        let first: Reply = json!({"interrupt_data": form}).into();
        let (coze, seen) = client(move |call| match call {
            1 => first.clone(),
            _ => json!({"data": "done"}).into(),
        });
        let given = Arc::new(Mutex::new(Some(answer)));
        let asking = coze.workflow("7366").answer_with(|question| {
            assert!(matches!(question.kind(), QuestionKind::Form(fields) if fields[0].is_file()));
            let answer = given.lock().unwrap().take();
            async move { Ok(answer.into()) }
        });
        asking.run().await.unwrap();
        let sent = json!({"workflow_id": "7366", "event_id": "7569/2691", "interrupt_type": 5,
            "resume_data": r#"{"img":"{\"file_id\":\"1456\"}"}"#});
        assert_eq!(answers_sent(&seen), [sent]);
    }
}
