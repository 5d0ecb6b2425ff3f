//! Users who let an app in: authorization codes with and without a proof key, device codes.
#![cfg(any(feature = "ring", feature = "aws-lc-rs"))]

mod support;

use std::time::Duration;

use coze_auth::{OauthApp, Pkce, Refreshing, Session, SignInErrorKind, web_url};
use coze_emulator::Emulator;
use coze_transport::{Credentials, Generation, RequestBody};
use support::{call, chain, emulator, scripted, stack, token};
use tokio::time::{Instant, advance};

const BACK: &str = "http://127.0.0.1:4711/back?a=1";

/// Where the service sends the browser back to.
async fn consent(emulator: &Emulator, url: &str) -> String {
    let uri = url.strip_prefix("https://www.coze.cn").unwrap();
    let request = http::Request::get(uri)
        .body(RequestBody::default())
        .unwrap();
    let response = stack(emulator).send(request).await.unwrap();
    assert_eq!(response.status(), 302);
    response.headers()["location"].to_str().unwrap().to_owned()
}

fn credentials(emulator: &Emulator, session: &Session) -> Refreshing {
    session.credentials(stack(emulator), |_| async { Ok(()) })
}

#[test]
fn the_proof_key_is_that_of_rfc_7636() {
    // Appendix B of the RFC.
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let pkce = Pkce::from_verifier(verifier).unwrap();
    assert_eq!(
        pkce.challenge(),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    );
    assert_eq!(
        (pkce.method(), pkce.verifier().expose()),
        ("S256", verifier)
    );
    let plain = pkce.plain();
    assert_eq!(
        (plain.method(), plain.challenge().as_str()),
        ("plain", verifier)
    );
    // Section 4.1: 43 to 128 unreserved characters.
    for (text, good) in [
        ("a".repeat(42), false),
        ("a".repeat(43), true),
        ("-._~".repeat(32), true),
        ("a".repeat(129), false),
        (format!("{}+", "a".repeat(43)), false),
        (format!("{}é", "a".repeat(43)), false),
    ] {
        assert_eq!(Pkce::from_verifier(text.as_str()).is_ok(), good, "{text}");
    }
    let (one, two) = (Pkce::new().unwrap(), Pkce::new().unwrap());
    assert_eq!(one.verifier().expose().len(), 43);
    assert_ne!(one.verifier().expose(), two.verifier().expose());
    assert!(!format!("{one:?}").contains(one.verifier().expose()));
}

#[test]
fn the_pages_of_a_service_are_beside_its_api() {
    assert_eq!(web_url("https://api.coze.cn"), "https://www.coze.cn");
    assert_eq!(web_url("http://127.0.0.1:4010"), "http://127.0.0.1:4010");
}

#[tokio::test(start_paused = true)]
async fn a_code_is_exchanged_with_a_secret_or_a_proof_key() {
    let emulator = emulator().build().unwrap();
    for (app, is_public) in [
        (OauthApp::new("web-1").secret("s3cret"), false),
        (OauthApp::new("native-1"), true),
        (OauthApp::new("native-1").workspace("73"), true),
    ] {
        let request = app.authorization("https://www.coze.cn/", BACK).unwrap();
        assert_eq!(
            request.url().contains("&code_challenge_method=S256"),
            is_public
        );
        assert!(
            request
                .url()
                .contains("redirect_uri=http%3A%2F%2F127%2E0%2E0%2E1%3A4711%2Fback%3Fa%3D1")
        );
        let back = consent(&emulator, request.url()).await;
        assert!(back.starts_with(BACK), "{back}");
        let session = request.exchange(&stack(&emulator), &back).await.unwrap();
        let credentials = credentials(&emulator, &session);
        let first = token(&credentials).await.unwrap();
        assert_eq!(call(&emulator, &first).await, 200);
        // It is renewed by its refresh token, each of which is new.
        for generation in 1..4 {
            assert!(credentials.rejected(Generation(generation)));
            let next = token(&credentials).await.unwrap();
            assert_ne!(next, first);
            assert_eq!(call(&emulator, &next).await, 200);
        }
        let error = request
            .exchange(&stack(&emulator), &back)
            .await
            .unwrap_err();
        assert!(
            error.advice().unwrap().contains("can be used once"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_redirect_of_another_request_is_refused_before_anything_is_sent() {
    let (stack, seen) = scripted(&[(200, "{}")]);
    let app = OauthApp::new("native-1");
    let request = app.authorization("https://www.coze.cn", BACK).unwrap();
    let state = request.state();
    for (query, kind) in [
        ("code=abc&state=other".to_owned(), SignInErrorKind::State),
        ("code=abc".to_owned(), SignInErrorKind::State),
        (format!("state={state}"), SignInErrorKind::State),
        (format!("code=&state={state}"), SignInErrorKind::State),
        (
            format!("error=access_denied&state={state}"),
            SignInErrorKind::Denied,
        ),
    ] {
        for text in [query.clone(), format!("{BACK}&{query}#part")] {
            let error = request.exchange(&stack, &text).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{text}");
        }
    }
    assert!(seen.lock().unwrap().is_empty());
    let other = app.authorization("https://www.coze.cn", BACK).unwrap();
    assert_ne!(other.state(), state);
    let error = app
        .workspace("../x")
        .authorization("https://www.coze.cn", BACK);
    assert!(chain(&error.unwrap_err()).contains("workspace_id"));
}

#[tokio::test(start_paused = true)]
async fn a_device_waits_for_its_user_no_faster_than_it_may() {
    let emulator = emulator().build().unwrap();
    for workspace in [None, Some("73")] {
        let app = OauthApp::new("native-1");
        let app = workspace.map_or(app.clone(), |id| app.workspace(id));
        let device = app.device(&stack(&emulator)).await.unwrap();
        assert_eq!(device.remaining().as_secs(), 300);
        let (uri, code) = (device.verification_uri(), device.user_code().to_owned());
        assert_eq!(device.verification_url(), format!("{uri}?user_code={code}"));
        let before = emulator.calls(support::TOKEN);
        let begin = Instant::now();
        let waiting = tokio::spawn(device.wait());
        tokio::time::sleep_until(begin + Duration::from_secs(18)).await;
        assert_eq!(
            emulator.calls(support::TOKEN) - before,
            3,
            "at 5, 10 and 15 s"
        );
        assert!(emulator.decide_device(&code, true));
        let session = waiting.await.unwrap().unwrap();
        assert_eq!(begin.elapsed().as_secs(), 20);
        let token = token(&credentials(&emulator, &session)).await.unwrap();
        assert_eq!(call(&emulator, &token).await, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_who_refuses_or_does_nothing_ends_the_wait() {
    let emulator = emulator().build().unwrap();
    let app = OauthApp::new("native-1");
    let device = app.device(&stack(&emulator)).await.unwrap();
    assert!(emulator.decide_device(device.user_code(), false));
    let error = device.wait().await.unwrap_err();
    assert_eq!(error.kind(), SignInErrorKind::Denied);
    assert!(
        error.advice().unwrap().contains("the user refused"),
        "{error}"
    );

    let begin = Instant::now();
    let device = app.device(&stack(&emulator)).await.unwrap();
    let error = device.wait().await.unwrap_err();
    assert_eq!(error.kind(), SignInErrorKind::Expired);
    assert_eq!(begin.elapsed().as_secs(), 300);
}

const CODES: &str = r#"{"device_code":"dev","user_code":"ABCD","verification_uri":"https://x/device","expires_in":1800,"interval":2}"#;
const GRANTED: &str = r#"{"access_token":"czu_123","expires_in":900,"refresh_token":"r-1"}"#;

#[tokio::test(start_paused = true)]
async fn polls_follow_rfc_8628_in_both_spellings_of_an_error() {
    // Section 3.5: pending keeps the interval, slow_down adds 5 s, a lost connection doubles it.
    let (stack, seen) = scripted(&[
        (200, CODES),
        (
            400,
            r#"{"error_code":"authorization_pending","error_message":"not yet"}"#,
        ),
        (
            200,
            r#"{"error":"authorization_pending","error_description":"not yet"}"#,
        ),
        (400, r#"{"error":"slow_down"}"#),
        (200, r#"{"error_code":"slow_down"}"#),
        (503, "busy"),
        (400, r#"{"error":"authorization_pending"}"#),
        (200, GRANTED),
    ]);
    let device = OauthApp::new("native-1").device(&stack).await.unwrap();
    let begin = Instant::now();
    device.wait().await.unwrap();
    // 2 + 2 + 2, then 7, 12, 24 and 24.
    assert_eq!(begin.elapsed().as_secs(), 73);
    let requests = std::mem::take(&mut *seen.lock().unwrap());
    assert_eq!(requests.len(), 8);
    let body: serde_json::Value = serde_json::from_str(&requests[7].1).unwrap();
    assert_eq!(
        body["grant_type"],
        "urn:ietf:params:oauth:grant-type:device_code"
    );
    assert_eq!(
        (&body["device_code"], &body["client_id"]),
        (&"dev".into(), &"native-1".into())
    );
    assert!(!requests[7].0.headers.contains_key("authorization"));

    for (reply, kind) in [
        (
            (400, r#"{"error":"expired_token"}"#),
            SignInErrorKind::Expired,
        ),
        (
            (400, r#"{"error_code":"access_denied"}"#),
            SignInErrorKind::Denied,
        ),
        (
            (400, r#"{"error":"access_denied"}"#),
            SignInErrorKind::Denied,
        ),
        (
            (401, r#"{"error_code":"invalid_client"}"#),
            SignInErrorKind::Refused,
        ),
        ((200, "<html>"), SignInErrorKind::Response),
        ((200, "{}"), SignInErrorKind::Response),
        (
            (200, r#"{"access_token":"czu_1","expires_in":900}"#),
            SignInErrorKind::Response,
        ),
    ] {
        let (stack, seen) = scripted(&[(200, CODES), reply]);
        let device = OauthApp::new("native-1").device(&stack).await.unwrap();
        assert_eq!(device.wait().await.unwrap_err().kind(), kind, "{reply:?}");
        assert_eq!(seen.lock().unwrap().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn codes_that_are_odd_are_taken_with_defaults_or_refused() {
    let odd = r#"{"device_code":"d","user_code":1234,"verification_uri":"https://x/?a","expires_in":-1,"interval":0}"#;
    let (stack, _) = scripted(&[(200, odd), (200, GRANTED)]);
    let device = OauthApp::new("native-1").device(&stack).await.unwrap();
    assert_eq!(
        (device.user_code(), device.remaining().as_secs()),
        ("1234", 300)
    );
    assert_eq!(device.verification_url(), "https://x/?a&user_code=1234");
    assert!(!format!("{device:?}").contains("\"d\""));
    let begin = Instant::now();
    device.wait().await.unwrap();
    assert_eq!(begin.elapsed().as_secs(), 5);
    for (status, text) in [
        (200, "{}"),
        (200, ""),
        (400, r#"{"error":"invalid_request"}"#),
    ] {
        let (stack, _) = scripted(&[(status, text)]);
        assert!(
            OauthApp::new("native-1").device(&stack).await.is_err(),
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn each_new_pair_is_stored_before_it_is_used() {
    let emulator = emulator().build().unwrap();
    let app = OauthApp::new("native-1");
    let request = app.authorization("https://www.coze.cn", BACK).unwrap();
    let back = consent(&emulator, request.url()).await;
    let session = request.exchange(&stack(&emulator), &back).await.unwrap();
    let stored = support::Texts::default();
    let pairs = stored.clone();
    let credentials = session.credentials(stack(&emulator), move |pair| {
        let text = format!(
            "{} {}",
            pair.access().secret().expose(),
            pair.refresh().expose()
        );
        pairs.lock().unwrap().push(text);
        async { Ok(()) }
    });
    for number in 1..3_u64 {
        let token = token(&credentials).await.unwrap();
        let pairs = stored.lock().unwrap().clone();
        assert_eq!(pairs.len() as u64, number);
        assert!(pairs.last().unwrap().starts_with(&token));
        assert!(credentials.rejected(Generation(number)));
    }
    // Another process goes on with the last of them.
    let last = stored
        .lock()
        .unwrap()
        .last()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .to_owned();
    let session = Session::resume(app, last);
    let other = self::credentials(&emulator, &session);
    assert_eq!(call(&emulator, &token(&other).await.unwrap()).await, 200);
    // The first has lost its refresh token to it, and says so without asking again.
    let error = token(&credentials).await.unwrap_err();
    assert!(error.contains("authorize again"), "{error}");
    let calls = emulator.calls(support::TOKEN);
    advance(Duration::from_secs(60)).await;
    token(&credentials).await.unwrap_err();
    assert_eq!(emulator.calls(support::TOKEN), calls);
}
