//! Tokens that are over or refused: renewed once for everyone, then an error that says what to do.

mod registered;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use coze_workflow::{
    Client, ErrorKind, HttpStack, Region, Request, Response,
    auth::{JwtApp, OauthApp, Session},
    json_reply,
};
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
            .region(Region::Cn)
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
        // A new token of the same app is not what helps.
        let hint = error.hint().unwrap().into_owned();
        for part in [
            "two tokens",
            "still authorized",
            "`run`",
            "https://api.coze.cn",
        ] {
            assert!(hint.contains(part), "{hint} lacks {part}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_nobody_renews_is_expired_revoked_or_of_another_region() {
    for body in [
        r#"{"code":4100,"msg":"authentication is invalid"}"#,
        r#"{"code":700012006,"msg":"access token invalid"}"#,
        "",
    ] {
        let sent = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&sent);
        let leaf = HttpStack::from_fn(move |_: Request| {
            count.fetch_add(1, SeqCst);
            async move {
                let mut response: Response = json_reply(body)?;
                *response.status_mut() = http::StatusCode::UNAUTHORIZED;
                Ok::<_, coze_workflow::BoxError>(response)
            }
        });
        let coze = Client::builder().region(Region::Cn).transport(leaf);
        let error = greet(&coze.token("pat_1").build().unwrap())
            .await
            .unwrap_err();
        assert_eq!(
            sent.load(SeqCst),
            1,
            "the same token would be refused again"
        );
        assert_eq!(
            (error.kind(), error.may_have_run()),
            (ErrorKind::Auth, false)
        );
        let hint = error.hint().unwrap().into_owned();
        for part in [
            "expired or was revoked",
            "token for https://api.coze.cn",
            "https://api.coze.com",
        ] {
            assert!(hint.contains(part), "{hint} lacks {part}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_was_revoked_asks_for_another_sign_in() {
    let seen = Paths::default();
    let paths = Arc::clone(&seen);
    let leaf = HttpStack::from_fn(move |request: Request| {
        let path = request.uri().path().to_owned();
        paths.lock().unwrap().push(path.clone());
        async move {
            let body = if path == TOKEN {
                r#"{"error_code":"access_deny","error_message":"login session invalid"}"#
            } else {
                r#"{"code":4100,"msg":"authentication is invalid"}"#
            };
            let mut response: Response = json_reply(body)?;
            *response.status_mut() = http::StatusCode::UNAUTHORIZED;
            Ok::<_, coze_workflow::BoxError>(response)
        }
    });
    let session = Session::resume(OauthApp::new("native-1"), "refresh-1");
    let coze = Client::builder().transport(leaf);
    let coze = coze.session(session, |_| async { Ok(()) }).build().unwrap();
    for _ in 0..2 {
        let error = greet(&coze).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.may_have_run()),
            (ErrorKind::Auth, false)
        );
        let hint = error.hint().unwrap().into_owned();
        assert!(
            hint.contains("sign in again") && hint.contains("revoked"),
            "{hint}"
        );
    }
    assert_eq!(*seen.lock().unwrap(), [TOKEN], "a dead token is sent once");
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
