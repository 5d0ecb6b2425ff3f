//! Servers, and gateways before them, that say what they should not.
#![expect(clippy::unwrap_used, reason = "the tests assert by it")]

mod support;

use std::time::Duration;

use coze_engine::{
    Engine, EngineError, ErrorKind, Outcome, RunEvent, RunId, RunRequest, RunSnapshot,
};
use coze_transport::{
    HttpStack,
    testing::{Reply, Scripted},
};
use serde_json::json;
use support::judge::{self, KEY, server, starts};

const STARTED: &str =
    r#"{"event":"workflow_started","workflow_run_id":"r","task_id":"t","data":{"id":"r"}}"#;
const FINISHED: &str = r#"{"event":"workflow_finished","workflow_run_id":"r","data":{"id":"r","status":"succeeded","outputs":{"n":1}}}"#;
const RUN: &str = r#"{"id":"r","status":"succeeded","outputs":{"n":1}}"#;

fn stream(events: &[&str]) -> Reply {
    let lines: Vec<_> = events
        .iter()
        .map(|one| format!("data: {one}\n\n"))
        .collect();
    Reply::stream([(Duration::ZERO, lines.concat())])
}

/// Runs against a server whose stream has these events, and that shows the run `r` when it is asked for it.
async fn run(events: &'static [&str]) -> Result<RunSnapshot, EngineError> {
    let (dify, _) = server(move |_, path| match path {
        "/v1/workflows/run" => Some(stream(events)),
        "/v1/workflows/run/r" => Some(Reply::json(200, RUN)),
        _ => None,
    });
    dify.run(RunRequest::new("-")).await
}

#[tokio::test(start_paused = true)]
async fn a_row_of_the_logs_about_another_user_is_not_taken_for_the_run() {
    // A server that does not know the filter lists the latest run of the app.
    let row =
        json!({"workflow_run": {"id": "r"}, "created_by_end_user": {"session_id": "somebody"}});
    let listed = json!({ "data": [row] }).to_string();
    let (dify, script) = server(move |_, path| match path {
        "/v1/workflows/run" => Some(Reply::status(502)),
        "/v1/workflows/logs" => Some(Reply::json(200, listed.clone())),
        "/v1/workflows/run/r" => Some(Reply::json(200, RUN)),
        _ => None,
    });
    let error = dify.run(RunRequest::new("-")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.run()),
        (ErrorKind::Http, None),
        "{error:?}"
    );
    assert!(error.may_have_run());
    assert_eq!(starts(&script), 1);
}

#[tokio::test(start_paused = true)]
async fn an_end_of_another_run_is_not_the_end_of_this_one() {
    const OTHER: &str = r#"{"event":"workflow_finished","workflow_run_id":"x","data":{"status":"succeeded","outputs":{"n":2}}}"#;
    const PAUSED: &str =
        r#"{"event":"workflow_paused","workflow_run_id":"x","data":{"reasons":[]}}"#;
    const AGAIN: &str = r#"{"event":"workflow_started","workflow_run_id":"x","data":{"id":"x"}}"#;
    for events in [
        &[STARTED, OTHER][..],
        &[STARTED, PAUSED],
        &[STARTED, AGAIN, OTHER],
    ] {
        let run = run(events).await.unwrap();
        assert_eq!(
            (run.output, run.id.unwrap().run),
            (json!({"n": 1}), "r".to_owned())
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_end_without_a_beginning_names_its_run_or_none() {
    const NAMELESS: &str =
        r#"{"event":"workflow_finished","data":{"status":"succeeded","outputs":{}}}"#;
    let id = run(&[FINISHED]).await.unwrap().id.unwrap();
    assert_eq!((id.run.as_str(), id.workflow.as_str()), ("r", "-"));
    let error = run(&[r#"{"event":"workflow_finished","data":{"status":"failed"}}"#]).await;
    assert_eq!(error.unwrap_err().run(), None);
    assert_eq!(run(&[NAMELESS]).await.unwrap().id, None);
    let (dify, _) = server(move |_, _| Some(stream(&[STARTED, STARTED, FINISHED, STARTED])));
    let mut events = dify.stream(RunRequest::new("u9")).await.unwrap();
    let mut begun = 0;
    while let Some(event) = events.try_next().await.unwrap() {
        begun += usize::from(matches!(event, RunEvent::Started(_)));
    }
    assert_eq!(begun, 1, "a run begins once");
}

#[tokio::test(start_paused = true)]
async fn a_sign_of_a_run_goes_before_the_refusal() {
    let long = format!(
        r#"{{"code":"too_many_requests","message":"{}"}}"#,
        "x".repeat(70_000)
    );
    for (status, body) in [
        (429, r#"{"code":"too_many_requests","workflow_run_id":"r"}"#),
        (
            429,
            r#"{"code":"too_many_requests","data":{"workflow_run_id":"r"}}"#,
        ),
        (429, r#"{"task_id":"t","event":"workflow_started"}"#),
        (
            400,
            r#"{"code":"invalid_param","message":"Too many requests","workflow_run_id":"r"}"#,
        ),
        (
            503,
            "data: {\"event\":\"workflow_started\",\"workflow_run_id\":\"r\"}",
        ),
        (429, r#"{"workflow_run_id":"#),
        (429, &long),
    ] {
        let reply = Reply::json(status, body.to_owned()).header("retry-after", "1");
        let (dify, script) =
            server(move |_, path| (path == "/v1/workflows/run").then(|| reply.clone()));
        let error = dify.run(RunRequest::new("-")).await.unwrap_err();
        let shown = &body[..body.len().min(70)];
        assert_eq!(starts(&script), 1, "{shown}");
        assert!(
            error.may_have_run() && !error.is_retryable(),
            "{shown}: {error:?}"
        );
    }
    // Named and empty is no run.
    let body = r#"{"code":"too_many_requests","workflow_run_id":null,"task_id":""}"#;
    let (dify, script) =
        server(move |_, path| (path == "/v1/workflows/run").then(|| Reply::json(429, body)));
    let error = dify.run(RunRequest::new("-")).await.unwrap_err();
    assert!(starts(&script) > 1 && !error.may_have_run(), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_an_object_and_nothing_else() {
    for (body, code) in [
        // A derived struct takes its fields from a list as well.
        (r#"["not_found","no",404]"#, None),
        (r#""not_found""#, None),
        (
            r#"{"code":"not_found","code":"not_found","message":"no"}"#,
            None,
        ),
        ("<html>not_found</html>", None),
        (
            "\u{feff} {\"code\":\"not_found\",\"message\":\"no\"}\n",
            Some("not_found"),
        ),
    ] {
        let (dify, script) =
            server(move |_, path| (path == "/v1/workflows/run").then(|| Reply::body(404, body)));
        let error = dify.run(RunRequest::new("-")).await.unwrap_err();
        assert_eq!((error.code(), starts(&script)), (code, 1), "{body}");
        let outcome = if code.is_some() {
            Outcome::NotAccepted
        } else {
            Outcome::Unknown
        };
        assert_eq!(error.outcome(), outcome, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_says_what_the_server_said_and_what_to_do() {
    for (reply, says, hint) in [
        (
            Reply::status(302).header("location", "https://evil.example/"),
            "HTTP 302",
            "check the base URL",
        ),
        (
            Reply::body(404, "<html>nginx</html>"),
            "HTTP 404: <html>nginx</html>",
            "check the base URL",
        ),
        (
            Reply::json(401, r#"{"code":"unauthorized","message":"no"}"#),
            "HTTP 401: unauthorized: no",
            "app-",
        ),
    ] {
        let (dify, _) =
            server(move |_, path| (path == "/v1/workflows/u9/run").then(|| reply.clone()));
        let error = dify.start(RunRequest::new("u9")).await.unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert!(
            error.hint().unwrap().contains(hint),
            "{says}: {:?}",
            error.hint()
        );
    }
    // What is no stream tells its code.
    let refused = r#"{"code":"app_unavailable","message":"not published","status":400}"#;
    let (dify, _) =
        server(move |_, path| (path == "/v1/workflows/run").then(|| Reply::json(200, refused)));
    let error = dify.run(RunRequest::new("-")).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Api, Some("app_unavailable")),
        "{error:?}"
    );
    assert!(
        error.may_have_run() && error.to_string().contains("not published"),
        "{error}"
    );
    let (dify, _) = server(|_, path| {
        let page = Reply::body(200, "<html>").content_type("text/html; charset=x");
        (path == "/v1/workflows/run").then_some(page)
    });
    let error = dify.run(RunRequest::new("-")).await.unwrap_err();
    assert!(
        error.to_string().contains("`text/html; charset=x`"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_that_says_error_ends_the_run_with_its_words() {
    const ERROR: &str = r#"{"event":"error","task_id":"t","code":"provider_quota_exceeded","message":"pay first","status":400}"#;
    for events in [&[ERROR][..], &[STARTED, ERROR]] {
        let error = run(events).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Api, Some("provider_quota_exceeded")),
            "{error:?}"
        );
        assert!(
            error.to_string().contains("pay first") && error.is_quota(),
            "{error}"
        );
        assert!(error.may_have_run() && !error.is_retryable(), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_in_one_piece_that_is_no_end_is_followed() {
    let (dify, script) = {
        let script = Scripted::from_fn(|request| match request.uri().path() {
            "/v1/workflows/run" => Reply::json(
                200,
                r#"{"workflow_run_id":"r","task_id":"t","data":{"id":"r","status":"running"}}"#,
            ),
            _ => Reply::json(200, RUN),
        });
        let builder = judge::builder().transport(HttpStack::new(script.clone()));
        (builder.blocking_mode(true).build().unwrap(), script)
    };
    let run = dify.run(RunRequest::new("-")).await.unwrap();
    assert_eq!((run.output, starts(&script)), (json!({"n": 1}), 1));
}

#[tokio::test(start_paused = true)]
async fn an_output_is_there_whatever_stands_beside_it() {
    let junk = format!(
        r#"{{"junk":[{}0],"id":"r","status":"succeeded","outputs":{{"n":1.10}}}}"#,
        "[],".repeat(400_000)
    );
    let (dify, _) = server(move |_, _| Some(Reply::json(200, junk.clone())));
    let run = dify.status(&RunId::new("-", "r")).await.unwrap();
    assert_eq!(
        (run.output, run.output_text.as_str()),
        (json!({"n": 1.1}), r#"{"n":1.10}"#)
    );
    assert!(run.raw.is_null(), "it would cost too much memory");
}

#[tokio::test(start_paused = true)]
async fn no_text_of_the_server_shows_the_key() {
    let started = STARTED
        .replace("\"r\"", &format!("\"{KEY}\""))
        .replace("\"t\"", &format!("\"{KEY}\""));
    let failed =
        format!(r#"{{"event":"workflow_finished","data":{{"status":"failed","error":"{KEY}"}}}}"#);
    let odd = failed.replace("failed", KEY);
    let error = format!(r#"{{"event":"error","code":"{KEY}","message":"{KEY}"}}"#);
    let replies = [
        stream(&[&started, &failed]),
        stream(&[&started, &odd]),
        stream(&[&started, &error]),
        stream(&[&started]),
        Reply::json(
            400,
            format!(r#"{{"code":"{KEY}","message":"{KEY}\u001b[2J"}}"#),
        ),
        Reply::body(502, format!("<p>{KEY}</p>")),
        Reply::json(200, format!(r#"{{"code":"{KEY}","message":"{KEY}"}}"#)),
        Reply::body(200, "x").header("content-type", &format!("text/{KEY}")),
        Reply::status(302).header("location", &format!("https://evil.example/{KEY}")),
    ];
    for (number, reply) in replies.into_iter().enumerate() {
        let (dify, _) =
            server(move |_, path| (path == "/v1/workflows/u9/run").then(|| reply.clone()));
        let request = RunRequest::new("u9").deadline(Duration::from_secs(30));
        let error = dify.run(request).await.unwrap_err();
        let shown = format!("{error} {error:?} {:?} {:?}", error.code(), error.hint());
        assert!(
            !shown.contains(KEY) && !shown.contains('\u{1b}'),
            "{number}: {shown}"
        );
    }
    let record = RUN
        .replace("succeeded", KEY)
        .replace("\"r\"", &format!("\"{KEY}\""));
    let (dify, _) = server(move |_, _| Some(Reply::json(200, record.clone())));
    let error = dify.status(&RunId::new("-", "r")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WrongRun);
    assert!(!format!("{error} {error:?}").contains(KEY), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_beyond_the_clock_is_none() {
    let (dify, _) = server(|_, path| match path {
        "/v1/workflows/run" => Some(stream(&[STARTED])),
        "/v1/workflows/run/r" => Some(Reply::json(200, RUN)),
        _ => None,
    });
    let forever = Duration::MAX;
    let run = dify.run(RunRequest::new("-").deadline(forever)).await;
    assert_eq!(run.unwrap().output, json!({"n": 1}));
    dify.wait(&RunId::new("-", "r"), Some(forever))
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_number_of_any_size_is_read_or_told() {
    for number in [
        "1e400",
        "-1",
        "1.5",
        "99999999999999999999",
        "\"7\"",
        "9e18",
        "1e308",
        "null",
    ] {
        for member in [
            "total_tokens",
            "total_steps",
            "elapsed_time",
            "created_at",
            "finished_at",
        ] {
            let body = RUN.replace("\"outputs\"", &format!("\"{member}\":{number},\"outputs\""));
            let (dify, _) = server(move |_, _| Some(Reply::json(200, body.clone())));
            match dify.status(&RunId::new("-", "r")).await {
                Ok(run) => assert_eq!(run.output, json!({"n": 1}), "{member}: {number}"),
                Err(error) => assert_eq!(
                    error.kind(),
                    ErrorKind::Decode,
                    "{member}: {number}: {error}"
                ),
            }
        }
    }
}
