//! What is sent again, through the whole default stack over a scripted bottom.

use std::sync::{Arc, Mutex};

use coze_transport::{ErrorKind as Kind, LogId, Outcome, Response, ResponseBody, TransportError};
use coze_workflow::{Client, ErrorKind, HttpStack, Request};

/// One answer of the script: a status with a body, or a failure with its outcome.
#[derive(Clone, Copy, Debug)]
enum Step {
    Answer(u16, &'static str),
    Fail(Kind, Outcome),
}

use Step::{Answer, Fail};

const OK: Step = Answer(200, r#"{"code":0,"data":"done"}"#);
const ROW: Step = Answer(200, r#"{"data":[{"execute_status":"Running"}]}"#);

type Sent = Arc<Mutex<Vec<String>>>;

/// A client whose requests meet the steps in order; it notes the token of each request.
fn client(script: &[Step]) -> (Client, Sent) {
    let (stack, sent) = bottom(script);
    let client = Client::builder()
        .transport(stack)
        .token("pat_canary")
        .build()
        .unwrap();
    (client, sent)
}

fn bottom(script: &[Step]) -> (HttpStack, Sent) {
    let sent = Sent::default();
    let notes = Arc::clone(&sent);
    let script: Arc<[Step]> = script.into();
    let stack = HttpStack::from_fn(move |request: Request| {
        let token = request.headers()["authorization"]
            .to_str()
            .unwrap()
            .to_owned();
        let mut notes = notes.lock().unwrap();
        notes.push(token);
        let number = notes.len();
        let step = *script
            .get(number - 1)
            .expect("sent more often than the script has steps");
        async move {
            match step {
                Answer(status, body) => {
                    let mut answer = Response::new(ResponseBody::full(body.into()));
                    *answer.status_mut() = status.try_into().unwrap();
                    let id = format!("log-{number}").parse().unwrap();
                    answer.headers_mut().insert("x-tt-logid", id);
                    Ok(answer)
                }
                Fail(kind, outcome) => Err(TransportError::new(kind, outcome, "scripted")),
            }
        }
    });
    (stack, sent)
}

#[tokio::test(start_paused = true)]
async fn a_run_is_sent_again_only_when_it_certainly_was_not_accepted() {
    for first in [
        Answer(429, ""),
        Answer(429, r#"{"code":5000}"#),
        Answer(200, r#"{"code":4009,"msg":"busy"}"#),
        Answer(200, r#"{"code":4020}"#),
        Fail(Kind::Connect, Outcome::NotAccepted),
        Fail(Kind::Closed, Outcome::NotAccepted),
    ] {
        let (coze, sent) = client(&[first, OK]);
        let run = coze.workflow("1").run().await.unwrap();
        assert_eq!(run.raw(), "done");
        assert_eq!(
            (sent.lock().unwrap().len(), run.attempts().len()),
            (2, 2),
            "{first:?}"
        );
    }
    for first in [
        Answer(500, "<html>"),
        Answer(502, ""),
        Answer(503, ""),
        Answer(504, ""),
        Answer(408, ""),
        Answer(200, r#"{"code":5000}"#),
        Answer(200, r#"{"code":4013}"#),
        Answer(
            200,
            r#"{"code":4009,"debug_url":"https://h/?execute_id=7"}"#,
        ),
        Answer(200, r#"{"code":4020,"execute_id":"7"}"#),
        Answer(200, r#"{"code":4009,"token":386}"#),
        Answer(200, r#"{"code":4009,"token":"386","cost":"0.1"}"#),
        Answer(200, r#"{"code":4020,"usage":{"token_count":7}}"#),
        Answer(200, r#"{"code":4020,"usage":{"input_count":"7"}}"#),
        Answer(200, "<html>"),
        Answer(200, ""),
        Fail(Kind::Closed, Outcome::Unknown),
        Fail(Kind::Protocol, Outcome::Unknown),
    ] {
        let (coze, sent) = client(&[first]);
        let error = coze.workflow("1").run().await.unwrap_err();
        assert!(error.may_have_run(), "{first:?}: {error:?}");
        assert_eq!(
            (sent.lock().unwrap().len(), error.attempts().len()),
            (1, 1),
            "{first:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn no_tokens_are_no_sign_of_a_run() {
    let busy = r#"{"code":4009,"token":null,"cost":"0","usage":{"token_count":0}}"#;
    let (coze, sent) = client(&[Answer(200, busy), OK]);
    coze.workflow("1").run().await.unwrap();
    assert_eq!(sent.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_earlier_attempt_that_may_have_run_is_not_forgotten() {
    for last in [
        Answer(200, r#"{"code":4000}"#),
        Answer(404, ""),
        Fail(Kind::Request, Outcome::NotAccepted),
    ] {
        let (coze, sent) = client(&[Fail(Kind::Closed, Outcome::Unknown), last]);
        let run = coze.workflow("1").assume_idempotent(true).run();
        let error = run.await.unwrap_err();
        assert_eq!(sent.lock().unwrap().len(), 2, "{last:?}");
        assert!(error.may_have_run(), "{last:?}: {error:?}");
        assert_eq!(error.outcome(), Outcome::Unknown);
        assert!(!error.is_retryable() && error.report().contains("may have been started"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_final_and_starts_nothing() {
    for first in [
        Answer(200, r#"{"code":4000,"msg":"bad"}"#),
        Answer(400, r#"{"code":4000,"msg":"bad"}"#),
        Answer(200, r#"{"code":4200}"#),
        Answer(403, r#"{"code":4101}"#),
        Answer(200, r#"{"code":6003}"#),
    ] {
        let (coze, sent) = client(&[first]);
        let error = coze.workflow("1").run().await.unwrap_err();
        assert!(
            !error.may_have_run() && error.kind() == ErrorKind::Api,
            "{error:?}"
        );
        assert_eq!(sent.lock().unwrap().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn reading_is_repeated_up_to_four_times() {
    let script = [
        Answer(500, ""),
        Fail(Kind::Closed, Outcome::Unknown),
        Answer(200, r#"{"code":5000}"#),
        ROW,
    ];
    let (coze, sent) = client(&script);
    let row = coze.attach(("1", "2")).status().await.unwrap();
    assert_eq!((sent.lock().unwrap().len(), row.attempts().len()), (4, 4));
    // The ids of the attempts that failed are kept.
    let ids: Vec<_> = row
        .attempts()
        .iter()
        .map(|one| one.log_id().map(LogId::to_string))
        .collect();
    let id = |text: &str| Some(text.to_owned());
    assert_eq!(ids, [id("log-1"), None, id("log-3"), id("log-4")]);

    let (coze, sent) = client(&[Answer(502, ""); 4]);
    let error = coze.attach(("1", "2")).status().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.log_id()),
        (ErrorKind::Http, Some("log-4"))
    );
    assert_eq!((sent.lock().unwrap().len(), error.attempts().len()), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn an_idempotent_run_may_be_repeated_when_the_caller_says_so() {
    let (coze, sent) = client(&[Fail(Kind::Closed, Outcome::Unknown), OK]);
    coze.workflow("1")
        .assume_idempotent(true)
        .run()
        .await
        .unwrap();
    assert_eq!(sent.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once() {
    let path = std::env::temp_dir().join(format!("coze-retry-{}", std::process::id()));
    for refusal in [
        Answer(401, ""),
        Answer(401, r#"{"code":4100}"#),
        Answer(200, r#"{"code":4100}"#),
        Answer(200, r#"{"code":700012006,"msg":"bad token"}"#),
    ] {
        for (then, renewed) in [(OK, true), (refusal, false)] {
            std::fs::write(&path, "pat_old").unwrap();
            let (stack, sent) = bottom(&[refusal, then]);
            let rotated = path.clone();
            // The token is rotated after the client has read it.
            let stack = HttpStack::from_fn(move |request: Request| {
                std::fs::write(&rotated, "pat_new").unwrap();
                let stack = stack.clone();
                async move { stack.send(request).await }
            });
            let coze = Client::builder()
                .transport(stack)
                .credentials(coze_auth::TokenFile::new(&path))
                .build()
                .unwrap();
            let result = coze.workflow("1").run().await;
            assert_eq!(result.is_ok(), renewed, "{refusal:?}");
            if let Err(error) = result {
                assert_eq!(error.kind(), ErrorKind::Auth);
                assert!(!error.may_have_run());
            }
            let sent = sent.lock().unwrap();
            assert_eq!(
                (sent.len(), sent[0].as_str(), sent[1].as_str()),
                (2, "Bearer pat_old", "Bearer pat_new")
            );
        }
    }
    std::fs::remove_file(path).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_fixed_token_is_not_tried_twice_and_shows_nowhere() {
    let body = r#"{"code":4100,"msg":"token pat_canary is invalid"}"#;
    let (coze, sent) = client(&[Answer(401, body)]);
    let error = coze.workflow("1").run().await.unwrap_err();
    assert_eq!(sent.lock().unwrap().len(), 1);
    let report = error.report();
    assert!(
        report.contains("log id: log-1") && report.contains("attempts: 1"),
        "{report}"
    );
    for shown in [
        report,
        format!("{coze:?}"),
        format!("{:?}", Client::builder().token("pat_canary")),
    ] {
        assert!(!shown.contains("canary"), "{shown}");
    }
}
