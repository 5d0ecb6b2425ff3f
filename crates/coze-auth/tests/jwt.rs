//! Service apps: signed requests, keys in every form, clocks that are off, odd responses.
#![cfg(any(feature = "ring", feature = "aws-lc-rs"))]

mod support;

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use coze_auth::{JwtApp, TokenAgents, TokenConstraint, TokenPermissions, TokenScope};
use coze_transport::{Credentials, Generation, HttpStack, StackBuilder, hyper::HyperTransport};
use serde_json::{Value, json};
use support::{KEY, TOKEN, app, call, emulator, now, scripted, stack, token};
use tokio::time::advance;

const HOST: &str = "api.coze.cn";

fn scope() -> TokenScope {
    TokenScope::new(
        TokenPermissions::new(["Connector.botChat"]),
        TokenConstraint::new(TokenAgents::new(["73"])),
    )
}

#[tokio::test]
async fn an_app_an_account_and_an_enterprise_get_tokens_over_a_socket() {
    let running = emulator().start().await.unwrap();
    let url = running.base_url();
    let stack = StackBuilder::over(HttpStack::new(HyperTransport::new()))
        .base_uri(url.parse().unwrap())
        .build();
    let host = url.strip_prefix("http://").unwrap();
    for (app, path) in [
        (app(), TOKEN.to_owned()),
        (
            app().account("7490").scope(scope()),
            "/api/permission/oauth2/account/7490/token".into(),
        ),
        (
            app().enterprise("volcano_21"),
            "/api/permission/oauth2/enterprise_id/volcano_21/token".into(),
        ),
    ] {
        let credentials = app.credentials(stack.clone(), host);
        let token = token(&credentials).await.unwrap();
        assert!(token.starts_with("czs_"), "{token}");
        assert_eq!(call(running.emulator(), &token).await, 200);
        assert_eq!(running.emulator().calls(&path), 1, "{path}");
    }
}

#[tokio::test]
async fn keys_are_read_in_every_form_that_files_and_variables_have() {
    let pkcs1 = include_str!("keys/pkcs1.pem");
    let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for pem in [
        KEY.to_owned(),
        pkcs1.to_owned(),
        KEY.replace('\n', "\r\n"),
        KEY.replace('\n', "\\n"),
        pkcs1.replace('\n', "\\r\\n"),
        KEY.replace('\n', " "),
        format!("\u{feff}  {KEY}  "),
        format!("{certificate}{KEY}"),
    ] {
        let app = JwtApp::new("app-1", "key-1", &pem).unwrap();
        let emulator = emulator().build().unwrap();
        let token = token(&app.credentials(stack(&emulator), HOST)).await;
        assert!(token.unwrap().starts_with("czs_"));
    }
}

#[test]
fn fault_109_a_key_that_cannot_be_used_is_named_and_not_repeated() {
    let half = &KEY[..KEY.len() / 2];
    let damaged = KEY.replacen("MII", "XII", 1);
    for (pem, reason) in [
        ("pat_123", "not PEM"),
        (half, "truncated"),
        (&damaged, "damaged"),
        (support::PUBLIC_KEY, "a public key"),
        (include_str!("keys/ec.pem"), "not an RSA key"),
        (include_str!("keys/encrypted.pem"), "is encrypted"),
        (include_str!("keys/encrypted-pkcs1.pem"), "is encrypted"),
        (include_str!("keys/small.pem"), "fewer than 2048"),
    ] {
        let error = JwtApp::new("app-1", "key-1", pem).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(reason), "{text} lacks {reason}");
        let body = pem.lines().nth(1).unwrap_or(pem);
        assert!(!text.contains(&body[..body.len().min(12)]), "{text}");
    }
}

/// The header and the claims of the JWT of a request.
fn parts(head: &http::request::Parts) -> (Value, Value) {
    let text = head.headers["authorization"].to_str().unwrap();
    let mut parts = text.strip_prefix("Bearer ").unwrap().split('.');
    let mut part = || {
        let bytes = URL_SAFE_NO_PAD.decode(parts.next().unwrap()).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    (part(), part())
}

#[tokio::test(start_paused = true)]
async fn a_jwt_says_who_asks_for_whom_and_how_long() {
    let (stack, seen) = scripted(&[(200, r#"{"access_token":"czs_1","expires_in":900}"#)]);
    let app = app()
        .lifetime(Duration::from_secs(3600))
        .session_name("user_2222")
        .device_id("1234567890")
        .custom_consumer("ada")
        .scope(scope());
    token(&app.credentials(stack, HOST)).await.unwrap();
    let (head, body) = seen.lock().unwrap().remove(0);
    assert_eq!((head.method.as_str(), head.uri.path()), ("POST", TOKEN));
    assert!(head.headers["authorization"].is_sensitive());
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        body,
        json!({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "duration_seconds": 3600,
               "scope": {"account_permission": {"permission_list": ["Connector.botChat"]},
                         "attribute_constraint": {"connector_bot_chat_attribute": {"bot_id_list": ["73"]}}}})
    );
    let (header, claims) = parts(&head);
    assert_eq!(
        header,
        json!({"alg": "RS256", "typ": "JWT", "kid": "key-1"})
    );
    let (iat, exp) = (
        claims["iat"].as_u64().unwrap(),
        claims["exp"].as_u64().unwrap(),
    );
    assert_eq!(exp - iat, 300);
    assert!((4..=7).contains(&(now().as_secs() - iat)), "{iat}");
    assert!(claims["jti"].as_str().unwrap().len() > 32);
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&json!("app-1"), &json!(HOST))
    );
    assert_eq!(claims["session_name"], "user_2222");
    assert_eq!(
        claims["session_context"],
        json!({"device_info": {"device_id": "1234567890", "custom_consumer": "ada"}})
    );
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_a_jwt_of_its_own_and_there_are_three() {
    let (stack, seen) = scripted(&[(502, "<html>")]);
    let credentials = app().credentials(stack, HOST);
    let error = token(&credentials).await.unwrap_err();
    assert!(error.contains("HTTP 502"), "{error}");
    let ids: std::collections::HashSet<_> = seen
        .lock()
        .unwrap()
        .iter()
        .map(|(head, _)| parts(head).1["jti"].to_string())
        .collect();
    assert_eq!((ids.len(), seen.lock().unwrap().len()), (3, 3));
    // A refusal is not repeated.
    let (stack, seen) = scripted(&[(
        401,
        r#"{"error_code":"invalid_client","error_message":"no"}"#,
    )]);
    let error = token(&app().credentials(stack, HOST)).await.unwrap_err();
    assert!(
        error.contains("check that client id, key fingerprint"),
        "{error}"
    );
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn fault_105_a_clock_that_is_an_hour_off_is_corrected_once() {
    let hour = Duration::from_secs(3600);
    for time in [now() + hour, now().checked_sub(hour).unwrap()] {
        let emulator = emulator().unix_time(time).build().unwrap();
        let credentials = app().credentials(stack(&emulator), HOST);
        let first = token(&credentials).await.unwrap();
        assert_eq!(call(&emulator, &first).await, 200);
        assert_eq!(emulator.calls(TOKEN), 2, "one refusal, one correction");
        // The correction is kept, and a token lasts 15 minutes by the server's clock.
        assert!(credentials.rejected(Generation(1)));
        let second = token(&credentials).await.unwrap();
        assert_ne!(second, first);
        advance(Duration::from_secs(700)).await;
        assert_eq!(token(&credentials).await.unwrap(), second);
        assert_eq!(emulator.calls(TOKEN), 3);
    }
    // What is refused for another reason is asked for once more at most.
    let emulator = emulator().unix_time(now() + hour).build().unwrap();
    let unknown = JwtApp::new("app-2", "key-1", KEY).unwrap();
    let error = token(&unknown.credentials(stack(&emulator), HOST))
        .await
        .unwrap_err();
    assert!(
        error.contains("no application has the id 'app-2'"),
        "{error}"
    );
    assert_eq!(emulator.calls(TOKEN), 2);
}

#[tokio::test(start_paused = true)]
async fn fault_106_a_lifetime_is_sane_or_an_error() {
    let at = |seconds: &str| {
        let text = format!(r#"{{"access_token":"czs_123","expires_in":{seconds}}}"#);
        &*Box::leak(text.into_boxed_str())
    };
    let absolute = (now().as_secs() + 900).to_string();
    for (text, lasts) in [
        (at("900"), 900),
        (at("\"900\""), 900),
        (at(&absolute), 900),
        (at("9223372036854775807"), 300 * 24 * 3600),
        (r#"{"access_token":"czs_123"}"#, 900),
    ] {
        let (stack, seen) = scripted(&[(200, text)]);
        let credentials = app().credentials(stack, HOST);
        token(&credentials).await.unwrap();
        advance(Duration::from_secs(lasts / 2)).await;
        token(&credentials).await.unwrap();
        assert_eq!(seen.lock().unwrap().len(), 1, "{text}: too early");
        advance(Duration::from_secs(lasts)).await;
        token(&credentials).await.unwrap();
        assert_eq!(seen.lock().unwrap().len(), 2, "{text}: too late");
    }
    for text in [at("0"), at("-1"), at("1700000000")] {
        let (stack, _) = scripted(&[(200, text)]);
        let error = token(&app().credentials(stack, HOST)).await.unwrap_err();
        assert!(error.contains("over already"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn odd_responses_are_errors_that_say_what_to_do() {
    for (status, text, expected) in [
        (200, "", "no body"),
        (200, "<html>", "check the base URL"),
        (200, "{}", "holds no token"),
        (200, r#"{"access_token":""}"#, "holds no token"),
        (200, r#"{"code":4100,"msg":"bad token"}"#, "4100"),
        (200, r#"{"code":700012006,"msg":"bad token"}"#, "700012006"),
        (
            401,
            r#"{"code":4100,"msg":"bad"}"#,
            "check the token or key",
        ),
        (
            400,
            r#"{"error_code":"access_deny","error_message":"invalid app type"}"#,
            "invalid app type",
        ),
        (
            400,
            r#"{"error":"new_word","error_description":"who knows"}"#,
            "new_word: who knows",
        ),
        (
            200,
            r#"{"error":"invalid_request","error_description":"jti"}"#,
            "jti",
        ),
        (404, "<html>", "HTTP 404"),
        (429, "{}", "HTTP 429"),
        (
            500,
            r#"{"error_code":"internal_error","error_message":"oops"}"#,
            "oops",
        ),
    ] {
        let (stack, _) = scripted(&[(status, text)]);
        let error = token(&app().credentials(stack, HOST)).await.unwrap_err();
        assert!(error.contains(expected), "{error} lacks {expected}");
        assert!(!error.contains("eyJ"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_that_repeats_the_jwt_or_a_token_shows_neither() {
    let leaf = HttpStack::from_fn(|request: coze_transport::Request| async move {
        let jwt = request.headers()["authorization"]
            .to_str()
            .unwrap()
            .to_owned();
        let body = json!({"error_code": "invalid_client", "error_message": format!("bad {jwt} pat_canary123456")});
        let body = coze_transport::ResponseBody::full(body.to_string().into());
        let mut response = coze_transport::Response::new(body);
        *response.status_mut() = http::StatusCode::UNAUTHORIZED;
        Ok::<_, coze_transport::BoxError>(response)
    });
    let credentials = app().credentials(StackBuilder::over(leaf).build(), HOST);
    let error = token(&credentials).await.unwrap_err();
    assert!(
        !error.contains("eyJ") && !error.contains("canary"),
        "{error}"
    );
    let shown = format!("{:?} {credentials:?}", app());
    assert!(
        !shown.contains("PRIVATE") && !shown.contains("MII"),
        "{shown}"
    );
}
