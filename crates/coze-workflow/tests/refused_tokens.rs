//! Tokens that are over or refused: renewed once for everyone, then an error that says what to do.

mod registered;

use std::sync::Arc;

use coze_workflow::{Client, ErrorKind, HttpStack, Request, Response, auth::JwtApp, json_reply};
use registered::{KEY, Paths, TOKEN, app, emulator, greet, over};

#[tokio::test(start_paused = true)]
async fn a_thousand_tasks_on_an_expired_token_make_one_request_for_a_token() {
    let emulator = emulator().build().unwrap();
    let coze = over(&emulator).jwt(app()).build().unwrap();
    greet(&coze).await.unwrap();
    emulator.expire_tokens();
    let mut tasks: Vec<_> = (0..1000)
        .map(|_| {
            let coze = coze.clone();
            tokio::spawn(async move { greet(&coze).await })
        })
        .collect();
    // Whoever began the renewal gives up, and so do others.
    tokio::task::yield_now().await;
    for task in tasks.drain(..10) {
        task.abort();
        let _ = task.await;
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(emulator.calls(TOKEN), 2, "the first, and one renewal");
}

#[tokio::test(start_paused = true)]
async fn every_sign_of_a_refused_token_renews_it_once() {
    for refusal in [
        (401, r#"{"code":4100,"msg":"authentication is invalid"}"#),
        (200, r#"{"code":4100,"msg":"authentication is invalid"}"#),
        (200, r#"{"code":700012006,"msg":"access token invalid"}"#),
        (401, ""),
    ] {
        let seen = Paths::default();
        let paths = Arc::clone(&seen);
        let leaf = HttpStack::from_fn(move |request: Request| {
            let mut seen = paths.lock().unwrap();
            seen.push(request.uri().path().to_owned());
            let token = format!(
                r#"{{"access_token":"czs_{}","expires_in":900}}"#,
                seen.len()
            );
            async move {
                if request.uri().path() == TOKEN {
                    return json_reply(token);
                }
                let mut response: Response = json_reply(refusal.1)?;
                *response.status_mut() = http::StatusCode::from_u16(refusal.0).unwrap();
                Ok(response)
            }
        });
        let coze = Client::builder()
            .transport(leaf)
            .jwt(app())
            .build()
            .unwrap();
        let error = greet(&coze).await.unwrap_err();
        let run = "/v1/workflow/run";
        assert_eq!(
            *seen.lock().unwrap(),
            [TOKEN, run, TOKEN, run],
            "{refusal:?}"
        );
        assert_eq!(error.kind(), ErrorKind::Auth);
        assert!(!error.may_have_run());
        let hint = error.hint().unwrap().into_owned();
        assert!(hint.contains("token"), "{hint}");
    }
}

/// The error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[tokio::test(start_paused = true)]
async fn an_app_that_is_refused_says_what_to_do_and_was_not_run() {
    let emulator = emulator().build().unwrap();
    let wrong = JwtApp::new("app-1", "key-9", KEY).unwrap();
    let coze = over(&emulator).jwt(wrong).build().unwrap();
    let error = greet(&coze).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.may_have_run()),
        (ErrorKind::Auth, false)
    );
    let text = chain(&error);
    assert!(
        text.contains("the application has no key 'key-9'"),
        "{text}"
    );
    let hint = error.hint().map(std::borrow::Cow::into_owned);
    assert!(
        !hint
            .as_deref()
            .unwrap_or_default()
            .contains("COZE_API_TOKEN"),
        "{hint:?}"
    );
    assert_eq!(emulator.runs_started_in_all(), 0);
}
