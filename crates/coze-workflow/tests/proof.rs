//! What proves that a run was started, and what proves that it was not.

mod script;

use std::sync::atomic::{AtomicU64, Ordering};

use coze_transport::{
    Authorization, Authorize, BoxError, Credentials, Generation, Outcome, Secret,
};
use coze_workflow::testing::Script;
use coze_workflow::{Client, Error, ErrorKind, RunOutput};
use script::{Reply, response};

/// A credential that gives a new token whenever the last one was refused.
#[derive(Debug, Default)]
struct Renewing(AtomicU64);

impl Credentials for Renewing {
    fn authorize(&self) -> Authorize {
        let number = self.0.load(Ordering::SeqCst);
        let token = Secret::from(format!("pat_{number}"));
        let header = Authorization::bearer(&token, Generation(number)).map_err(BoxError::from);
        Authorize::Ready(header)
    }

    fn rejected(&self, generation: Generation) -> bool {
        self.0.store(generation.0 + 1, Ordering::SeqCst);
        true
    }
}

const OK: &str = r#"{"code":0,"data":"done"}"#;

/// Runs against `first`, and whatever is sent after it succeeds.
async fn run(first: Reply) -> (Result<RunOutput, Error>, Script) {
    let (stack, seen) = script::stack(move |number| {
        if number == 1 {
            first.clone()
        } else {
            OK.into()
        }
    });
    let coze = Client::builder()
        .transport(stack)
        .credentials(Renewing::default());
    let coze = coze.build().unwrap();
    (coze.workflow("1").run().await, seen)
}

/// Bodies that show a run, each with the execute id that it names. `CODE` stands for a code.
const SHOWN: [(&str, Option<&str>); 15] = [
    (r#"{"code":CODE,"execute_id":"7413"}"#, Some("7413")),
    (
        r#"{"code":CODE,"execute_id":"7413","usage":{"token_count":3}}"#,
        Some("7413"),
    ),
    (r#"{"execute_id":7413,"code":CODE}"#, Some("7413")),
    (
        r#"{"code":CODE,"execute_id":"7413","execute_id":""}"#,
        Some("7413"),
    ),
    (
        r#"{"code":CODE,"execute_id":"","execute_id":"7413"}"#,
        Some("7413"),
    ),
    (r#"{"code":CODE,"execut\u0065_id":"7413"}"#, Some("7413")),
    (
        r#"{"code":CODE,"data":{"execute_id":"7413"}}"#,
        Some("7413"),
    ),
    (
        r#"{"code":CODE,"data":"{\"execute_id\":\"7413\"}"}"#,
        Some("7413"),
    ),
    (
        r#"{"code":CODE,"detail":{"run":{"execute_id":"7413"}}}"#,
        Some("7413"),
    ),
    (
        r#"{"code":CODE,"debug_url":"https://h/w?execute_id=7413&a=1"}"#,
        Some("7413"),
    ),
    (r#"{"code":CODE,"data":"{\"output\":\"sunny\"}"}"#, None),
    (r#"{"code":CODE,"data":{"output":"sunny"}}"#, None),
    (
        r#"{"code":CODE,"interrupt_data":{"event_id":"1/2","type":2}}"#,
        None,
    ),
    (r#"{"code":CODE,"token":386}"#, None),
    (r#"{"code":CODE,"usage":{"input_count":"7"}}"#, None),
];

#[tokio::test(start_paused = true)]
async fn a_response_that_shows_a_run_is_never_sent_again() {
    for (status, code) in [
        (200, 4100),
        (200, 700_012_006),
        (401, 4100),
        (401, 0),
        (200, 4009),
        (200, 4020),
        (429, 4009),
        (429, 0),
        (500, 4009),
        (503, 0),
        (403, 4101),
        (200, 4000),
        (404, 4200),
        (302, 0),
    ] {
        for (body, id) in SHOWN {
            let body = body.replace("CODE", &code.to_string());
            let wait = [("retry-after", "1")];
            let (result, seen) = run(response(status, &wait, body.clone())).await;
            let error = result.unwrap_err();
            assert_eq!(seen.requests().len(), 1, "{status} {body}");
            assert!(error.may_have_run(), "{status} {body}: {error:?}");
            assert_eq!(error.outcome(), Outcome::Accepted, "{status} {body}");
            assert_eq!(error.execute_id(), id, "{status} {body}");
            assert!(!error.is_retryable());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_body_that_was_truncated_may_have_shown_a_run() {
    let pad = "x".repeat(70 * 1024);
    for (status, code) in [(429, 4009), (401, 4100), (500, 4009), (400, 4000)] {
        let body = format!(r#"{{"code":{code},"msg":"{pad}","execute_id":"7413"}}"#);
        let (result, seen) = run(response(status, &[], body)).await;
        let error = result.unwrap_err();
        assert_eq!(
            (seen.requests().len(), error.may_have_run()),
            (1, true),
            "{status}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_status_alone_proves_nothing() {
    let unknown = (300..400).chain(400..429).chain(430..500);
    for status in unknown.filter(|status| *status != 401) {
        for body in [
            "",
            "<html>no</html>",
            "{}",
            r#"{"code":0}"#,
            r#"{"code":123456}"#,
        ] {
            let (result, seen) = run(response(status, &[], body)).await;
            let error = result.unwrap_err();
            assert_eq!(seen.requests().len(), 1, "{status} {body}");
            assert_eq!(
                error.outcome(),
                Outcome::Unknown,
                "{status} {body}: {error:?}"
            );
            assert!(error.may_have_run(), "{status} {body}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_without_a_sign_of_a_run_is_not_accepted() {
    let empty = r#","execute_id":"","data":null,"interrupt_data":null,"debug_url":"","token":0,"usage":{"token_count":0}}"#;
    for (status, code) in [
        (200, 4000),
        (400, 4000),
        (403, 4101),
        (404, 4200),
        (200, 4011),
        (302, 4015),
    ] {
        for body in [
            format!(r#"{{"code":{code}}}"#),
            format!(r#"{{"code":{code}{empty}"#),
        ] {
            let (result, seen) = run(response(status, &[], body.clone())).await;
            let error = result.unwrap_err();
            assert_eq!(
                (seen.requests().len(), error.outcome()),
                (1, Outcome::NotAccepted),
                "{status} {body}"
            );
            assert!(!error.may_have_run() && error.kind() == ErrorKind::Api);
        }
    }
    // These may be sent again, and are.
    for (status, code) in [
        (429, 0),
        (429, 5000),
        (401, 0),
        (401, 4100),
        (200, 4100),
        (200, 4009),
        (500, 4020),
    ] {
        for body in [
            format!(r#"{{"code":{code}}}"#),
            format!(r#"{{"code":{code}{empty}"#),
        ] {
            let (result, seen) = run(response(status, &[], body.clone())).await;
            assert_eq!(
                (seen.requests().len(), result.is_ok()),
                (2, true),
                "{status} {body}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn reading_is_repeated_although_the_response_names_the_run() {
    let busy = r#"{"code":4009,"data":[{"execute_id":"7413"}]}"#;
    let row = r#"{"code":0,"data":[{"execute_id":"7413","execute_status":"Running"}]}"#;
    for first in [
        busy,
        &busy.replace("4009", "4100"),
        &busy.replace("4009", "5000"),
    ] {
        let first = first.to_owned();
        let (stack, seen) = script::stack(move |number| {
            if number == 1 {
                first.as_str().into()
            } else {
                row.into()
            }
        });
        let coze = Client::builder()
            .transport(stack)
            .credentials(Renewing::default());
        let run = coze.build().unwrap().attach(("1", "7413"));
        assert!(run.status().await.unwrap().get_ref().is_some());
        assert_eq!(seen.requests().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_code_is_retried_as_its_row_says() {
    let row = r#"{"code":0,"data":[{"execute_id":"7413","execute_status":"Running"}]}"#;
    for (code, attempts) in [
        (4013, 4),
        (4016, 4),
        (5000, 2),
        (720_702_222, 2),
        (4008, 1),
        (4200, 1),
        (1, 1),
    ] {
        let (stack, seen) = script::stack(move |number| {
            if number < 9 {
                format!(r#"{{"code":{code}}}"#).as_str().into()
            } else {
                row.into()
            }
        });
        let coze = Client::builder()
            .transport(stack)
            .token("pat_1")
            .build()
            .unwrap();
        let error = coze.attach(("1", "7413")).status().await.unwrap_err();
        assert_eq!(
            (seen.requests().len(), error.code()),
            (attempts, Some(code)),
            "{code}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_takes_no_other_runs_row() {
    for row in [
        r#"{"execute_id":"999","execute_status":"Success","output":"{\"Output\":\"theirs\"}"}"#,
        r#"{"execute_id":999,"execute_status":"Fail","error_code":1}"#,
        r#"{"execute_id":"999","execute_status":"Running"}"#,
    ] {
        let body = format!(r#"{{"code":0,"data":[{row}]}}"#);
        let (coze, seen) = script::client(move |_| body.as_str().into());
        let run = coze.attach(("1", "7413"));
        for error in [
            run.wait().await.unwrap_err(),
            run.status().await.unwrap_err(),
            run.try_output().await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::WrongRun, "{error:?}");
            assert_eq!(error.execute_id(), Some("7413"));
            assert!(error.to_string().contains("999"), "{error}");
        }
        assert_eq!(seen.requests().len(), 3);
    }
    // A row of the run among others is taken, and one that names none is the run's.
    for rows in [
        r#"[{"execute_id":"999","execute_status":"Fail"},{"execute_id":"7413","execute_status":"Success","output":"{\"Output\":\"mine\"}"}]"#,
        r#"[{"execute_status":"Success","output":"{\"Output\":\"mine\"}"}]"#,
        r#"[{"execute_id":7413,"execute_status":"Success","output":"{\"Output\":\"mine\"}"}]"#,
    ] {
        let body = format!(r#"{{"code":0,"data":{rows}}}"#);
        let (coze, _) = script::client(move |_| body.as_str().into());
        assert_eq!(
            coze.attach(("1", "7413")).wait().await.unwrap().text(),
            "mine"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_status_that_is_not_known_is_kept_and_told_at_the_deadline() {
    for status in ["success", "Archived"] {
        let body =
            format!(r#"{{"code":0,"data":[{{"execute_id":"7413","execute_status":"{status}"}}]}}"#);
        let (coze, _) = script::client(move |_| body.as_str().into());
        let limit = std::time::Duration::from_secs(60);
        let error = coze
            .attach(("1", "7413"))
            .wait()
            .deadline(limit)
            .await
            .unwrap_err();
        assert!(error.is_timeout());
        assert!(
            error.to_string().contains(&format!("`{status}`")),
            "{error}"
        );
    }
}
