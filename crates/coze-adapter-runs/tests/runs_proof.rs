//! What a response proves about a request that starts a run: whether it is sent again, and what the error says.

mod support;

use std::time::Duration;

use coze_adapter_runs::StartRun;
use coze_engine::{EngineError, ErrorKind, Outcome};
use coze_transport::testing::{Reply, Scripted};
use support::{TOKEN, builder, client};

const OK: &str = r#"{"run_id":"run_1","status":"pending"}"#;

/// Starts a run against a reply that comes again and again; the error and how often it was sent.
async fn start(reply: Reply) -> (EngineError, usize) {
    let script = Scripted::repeating(reply);
    let error = client(&script)
        .start(StartRun::new("7366"))
        .await
        .unwrap_err();
    (error, script.requests().len())
}

fn failure(code: &str) -> String {
    format!(r#"{{"error":{{"code":"{code}","message":"said the server"}}}}"#)
}

#[tokio::test(start_paused = true)]
async fn what_proves_that_nothing_was_started() {
    let documented = failure("X");
    for (reply, sent, kind) in [
        (Reply::json(400, documented.clone()), 1, ErrorKind::Api),
        (Reply::json(404, documented.clone()), 1, ErrorKind::Api),
        (Reply::json(401, documented.clone()), 1, ErrorKind::Auth),
        (Reply::status(401), 1, ErrorKind::Auth),
        (Reply::json(429, documented.clone()), 3, ErrorKind::Api),
        (Reply::status(429), 3, ErrorKind::Http),
        (
            Reply::status(503).header("retry-after", "1"),
            3,
            ErrorKind::Http,
        ),
        (
            Reply::failure(
                coze_transport::ErrorKind::Connect,
                coze_transport::Outcome::NotAccepted,
            ),
            3,
            ErrorKind::Transport,
        ),
    ] {
        let shown = format!("{reply:?}");
        let (error, count) = start(reply).await;
        assert_eq!(
            (error.outcome(), count, error.kind()),
            (Outcome::NotAccepted, sent, kind),
            "{shown} {error:?}"
        );
        assert!(!error.may_have_run());
    }
}

#[tokio::test(start_paused = true)]
async fn what_leaves_it_open_is_never_sent_again() {
    let documented = failure("X");
    for reply in [
        // A gateway may say these before or after the server acted.
        Reply::status(400),
        Reply::status(404),
        Reply::json(404, "<html>no such page</html>"),
        Reply::json(
            404,
            r#"{"error":{"code":404,"message":"a code of another service"}}"#,
        ),
        Reply::json(400, r#"{"error":"bad"}"#),
        Reply::json(403, documented.clone()),
        Reply::json(408, documented.clone()),
        Reply::json(500, documented.clone()),
        Reply::json(500, r#"{"error":{"code":"X"},"status":500}"#),
        Reply::status(502),
        Reply::status(503),
        Reply::status(504),
        Reply::status(302).header("location", "https://evil.example/"),
        Reply::json(200, documented.clone()),
        Reply::failure(
            coze_transport::ErrorKind::Closed,
            coze_transport::Outcome::Unknown,
        ),
    ] {
        let shown = format!("{reply:?}");
        let (error, count) = start(reply).await;
        assert_eq!(
            (error.outcome(), count),
            (Outcome::Unknown, 1),
            "{shown} {error:?}"
        );
        assert!(error.may_have_run() && !error.is_retryable());
    }
}

#[tokio::test(start_paused = true)]
async fn a_sign_of_a_run_goes_before_everything() {
    let long = format!(
        r#"{{"error":{{"code":"X","message":"{}"}}}}"#,
        "x".repeat(70_000)
    );
    for (status, body) in [
        (400, failure("WORKFLOW_EXECUTION_ERROR")),
        (
            401,
            r#"{"run_id":"run_1","error":{"code":"UNAUTHORIZED"}}"#.to_owned(),
        ),
        (
            404,
            r#"{"error":{"code":"X"},"status":"running"}"#.to_owned(),
        ),
        (429, r#"{"run_id":17,"error":{"code":"X"}}"#.to_owned()),
        (429, r#"{"outputs":{"a":1}}"#.to_owned()),
        (429, r#"{"execute_id":"7413"}"#.to_owned()),
        // Broken off, and twice the same key.
        (429, r#"{"run_id":"ru"#.to_owned()),
        (429, r#"{"run_id":null,"run_id":"run_1"}"#.to_owned()),
        // Below something, in a text, in an escaped key, in a list, in a page.
        (429, r#"{"data":{"run_id":"run_1"}}"#.to_owned()),
        (
            404,
            r#"{"error":{"code":"X","details":[{"run_id":17}]}}"#.to_owned(),
        ),
        (
            429,
            r#"{"data":"{\"a\":\"{\\\"run_id\\\":\\\"run_1\\\"}\"}"}"#.to_owned(),
        ),
        (429, r#"{"data":{"run\u005fid":"run_1"}}"#.to_owned()),
        (429, r#"{"data":{"run_id":"run_1","run_id":""}}"#.to_owned()),
        (429, r#"[{"run_id":"run_1"}]"#.to_owned()),
        (429, "<a href='/runs?run_id=run_1'>busy</a>".to_owned()),
        // Truncated, so that it may have held anything.
        (400, long),
    ] {
        let shown: String = body.chars().take(60).collect();
        let (error, count) = start(Reply::json(status, body)).await;
        assert_eq!(
            (error.outcome(), count),
            (Outcome::Accepted, 1),
            "{status} {shown} {error:?}"
        );
        assert!(error.may_have_run());
    }
    // Nothing of a run in it.
    for body in [
        r#"{"run_id":null,"status":429}"#,
        r#"{"error":{"code":"X","message":"run_id is missing"},"data":{"run_id":"","execute_id": null}}"#,
    ] {
        let (error, count) = start(Reply::json(429, body)).await;
        assert_eq!(
            (error.outcome(), count),
            (Outcome::NotAccepted, 3),
            "{body}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_good_status_without_a_run_is_no_success() {
    for (body, says) in [
        ("", "is empty"),
        ("  ", "is empty"),
        ("<html>hello</html>", "is not JSON"),
        ("[{\"run_id\":\"run_1\"}]", "not an object"),
        ("\"run_1\"", "not an object"),
        ("null", "is not JSON"),
        ("{}", "names no run"),
        ("{\"run_id\":\"\",\"status\":\"pending\"}", "names no run"),
        (
            "{\"run_id\":\"run_1\"} {}",
            "does not have the documented shape",
        ),
        (
            "{\"run_id\":\"run_1\",\"run_id\":\"run_2\"}",
            "does not have the documented shape",
        ),
    ] {
        let (error, count) = start(Reply::json(200, body)).await;
        assert_eq!((error.kind(), count), (ErrorKind::Decode, 1), "{body}");
        assert!(error.to_string().contains(says), "{body}: {error}");
        assert!(error.may_have_run());
    }
    let deep = format!(
        r#"{{"run_id":"run_1","status":"completed","output":{{"a":{}{}}}}}"#,
        "[".repeat(200),
        "]".repeat(200)
    );
    assert_eq!(
        start(Reply::json(200, deep)).await.0.kind(),
        ErrorKind::Decode
    );
    let many = format!(
        r#"{{"run_id":"run_1","output":{{"a":[{}0]}}}}"#,
        "[],".repeat(400_000)
    );
    let (error, _) = start(Reply::json(200, many)).await;
    assert!(error.to_string().contains("memory"), "{error}");
    // A record that does not fit names its run all the same.
    let odd = r#"{"run_id":"run_1","status":"pending","error":{"code":7}}"#;
    let (error, _) = start(Reply::json(200, odd)).await;
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(
        error
            .run()
            .map(|run| (run.workflow.as_str(), run.run.as_str())),
        Some(("7366", "run_1"))
    );
    // The cloud's envelope: what it takes is something else.
    let (error, _) = start(Reply::json(
        200,
        r#"{"code":4000,"msg":"Missing required parameter"}"#,
    ))
    .await;
    assert!(error.hint().unwrap().contains("coze_workflow::Client"));
}

#[tokio::test(start_paused = true)]
async fn a_start_that_was_refused_goes_through_when_it_is_sent_again() {
    let script = Scripted::new([
        Reply::json(429, failure("TOO_MANY_REQUESTS")).header("retry-after", "2"),
        Reply::status(503).header("retry-after", "3"),
        Reply::json(200, OK),
    ]);
    let run = client(&script).start(StartRun::new("7366")).await.unwrap();
    assert_eq!(run, "run_1");
    let times: Vec<_> = script
        .requests()
        .iter()
        .map(|one| one.at().as_secs())
        .collect();
    assert_eq!(times, [0, 2, 5]);
}

#[tokio::test(start_paused = true)]
async fn predicates_and_texts_of_a_failure() {
    for (status, check) in [
        (
            400,
            EngineError::is_invalid_input as fn(&EngineError) -> bool,
        ),
        (403, EngineError::is_permission),
        (404, EngineError::is_not_found),
        (429, EngineError::is_rate_limited),
    ] {
        let (error, _) =
            start(Reply::json(status, failure("SOME_CODE")).header("x-tt-logid", "log-1")).await;
        assert!(check(&error), "{error:?}");
        assert_eq!(
            (error.code(), error.status()),
            (Some("SOME_CODE"), Some(status))
        );
        assert_eq!(error.log_id(), Some("log-1"));
        let says = format!(
            "start_run: the server responded with HTTP {status}: SOME_CODE: said the server"
        );
        assert_eq!(error.to_string(), says);
    }
    // The token, controls and long pages are not shown.
    let page = format!("<p>{TOKEN}</p>\u{1b}[2J{}", "x".repeat(9_000));
    let (error, _) = start(Reply::body(502, page)).await;
    let (code, _) = start(Reply::json(400, failure(TOKEN))).await;
    let shown = format!("{error} {error:?} {code} {code:?} {:?}", code.code());
    assert!(
        !shown.contains(TOKEN) && !shown.contains('\u{1b}') && error.to_string().len() < 300,
        "{shown}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_error_says_what_to_do() {
    let lost = Reply::failure(
        coze_transport::ErrorKind::Closed,
        coze_transport::Outcome::Unknown,
    );
    for (reply, hint) in [
        (Reply::status(401), Some("pass a token")),
        (Reply::status(404), Some("check the base URL")),
        (Reply::status(307), Some("redirects are not followed")),
        (Reply::json(404, failure("NOT_FOUND")), Some("check the id")),
        (Reply::status(502), Some("the run may have been started")),
        (lost, Some("the run may have been started")),
        (
            Reply::json(200, "{}"),
            Some("the run may have been started"),
        ),
        (Reply::json(400, failure("X")), None),
    ] {
        let shown = format!("{reply:?}");
        let (error, _) = start(reply).await;
        match hint {
            Some(hint) => assert!(
                error.hint().is_some_and(|said| said.starts_with(hint)),
                "{shown} {:?}",
                error.hint()
            ),
            None => assert_eq!(error.hint(), None),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_call() {
    let script = Scripted::repeating(Reply::never());
    let runs = builder(&script)
        .deadline(Duration::from_secs(7))
        .build()
        .unwrap();
    let begin = tokio::time::Instant::now();
    let error = runs.run(StartRun::new("7366")).await.unwrap_err();
    assert!(error.is_timeout() && error.may_have_run(), "{error:?}");
    assert_eq!(begin.elapsed(), Duration::from_secs(7));
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_secret_of_the_receiver_is_in_no_text_of_the_server() {
    let receiver = support::receiver();
    let url = receiver.url().to_owned();
    let body = format!(r#"{{"error":{{"code":"BAD_URL","message":"cannot reach {url}"}}}}"#);
    let script = Scripted::repeating(Reply::json(400, body));
    let runs = builder(&script).receiver(receiver).build().unwrap();
    let error = runs.start(StartRun::new("7366")).await.unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(
        shown.contains("cannot reach https://me.example/runs/done"),
        "{shown}"
    );
    assert!(!shown.contains(support::SECRET), "{shown}");
}
