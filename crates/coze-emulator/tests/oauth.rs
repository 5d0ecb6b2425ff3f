//! Tokens: the four grants, their lives, and the tokens that are refused.

#[path = "support/jwt.rs"]
mod jwt;
mod support;

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use coze_emulator::{Emulator, EmulatorService, OAuthApp};
use http::{Request, StatusCode};
use http_body_util::Full;
use jwt::jwt;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use support::{Response, get, post_bytes, send};

const NOW: u64 = 1_767_225_600;
const TOKEN: &str = "/api/permission/oauth2/token";
const JWT_GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn emulator() -> Emulator {
    let jwt = OAuthApp::new("app-1")
        .public_key("key-1", include_str!("keys/app.pub.pem"))
        .unwrap();
    Emulator::builder()
        .unix_time(Duration::from_secs(NOW))
        .known_tokens_only()
        .oauth_app(jwt)
        .oauth_app(OAuthApp::new("web-1").secret("s3cret"))
        .oauth_app(OAuthApp::new("native-1"))
        .build()
        .unwrap()
}

fn claims() -> Value {
    json!({"iss": "app-1", "aud": "api.coze.cn", "iat": NOW - 5, "exp": NOW + 300, "jti": fastrand::u64(..).to_string()})
}

async fn ask(service: &EmulatorService, bearer: Option<&str>, body: Value) -> Response {
    let mut request = Request::post(format!("http://coze.test{TOKEN}"));
    if let Some(bearer) = bearer {
        request = request.header("authorization", format!("Bearer {bearer}"));
    }
    send(
        service,
        request
            .body(Full::new(Bytes::from(body.to_string())))
            .unwrap(),
    )
    .await
}

/// The status of a call with a token.
async fn call(service: &EmulatorService, token: &str) -> StatusCode {
    let request = Request::get("http://coze.test/v1/workflows/greeting")
        .header("authorization", format!("Bearer {token}"))
        .body(Full::<Bytes>::default())
        .unwrap();
    send(service, request).await.status
}

#[tokio::test(start_paused = true)]
async fn a_signed_jwt_gets_a_token_that_lives_as_long_as_asked() {
    let service = emulator().service();
    let body = json!({"grant_type": JWT_GRANT, "duration_seconds": 60});
    let signed = jwt("key-1", &claims());
    let response = ask(&service, Some(&signed), body.clone()).await;
    assert_eq!(response.status, StatusCode::OK, "{}", response.text());
    let issued = response.json();
    assert_eq!(issued["expires_in"], NOW + 60);
    assert_eq!(issued["token_type"], "Bearer");
    assert_eq!(issued.get("refresh_token"), None);
    let token = issued["access_token"].as_str().unwrap();
    assert!(token.starts_with("czs_"));
    assert_eq!(call(&service, token).await, StatusCode::OK);
    assert_eq!(call(&service, "made-up").await, StatusCode::UNAUTHORIZED);
    support::pass(60_000).await;
    assert_eq!(call(&service, token).await, StatusCode::UNAUTHORIZED);

    let again = ask(&service, Some(&signed), body).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    assert!(
        again.json()["error_message"]
            .as_str()
            .unwrap()
            .contains("jti")
    );
}

#[tokio::test]
async fn a_jwt_that_does_not_fit_is_refused_with_the_reason() {
    let service = emulator().service();
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        jwt("key-1", &claims)
    };
    let mut forged = jwt("key-1", &claims());
    let other = jwt("key-1", &claims());
    forged.truncate(forged.rfind('.').unwrap());
    forged.push_str(&other[other.rfind('.').unwrap()..]);
    let cases = [
        (forged, "signature does not fit"),
        (jwt("key-2", &claims()), "no key 'key-2'"),
        (with("iss", json!("app-2")), "no application"),
        (with("aud", json!("example.com")), "audience"),
        (with("exp", json!(NOW - 1)), "expired"),
        (with("iat", json!(NOW + 200)), "future"),
        (with("jti", Value::Null), "claims"),
        ("a.b".to_owned(), "three parts"),
    ];
    for (jwt, reason) in cases {
        let response = ask(&service, Some(&jwt), json!({"grant_type": JWT_GRANT})).await;
        assert_eq!(response.status, StatusCode::UNAUTHORIZED);
        let body = response.json();
        assert_eq!(body["error_code"], "invalid_client");
        assert!(
            body["error_message"].as_str().unwrap().contains(reason),
            "{body} lacks {reason}"
        );
    }
    let no_agents = json!({"account_permission": {"permission_list": ["Connector.botChat"]}});
    for body in [
        json!({"grant_type": JWT_GRANT, "duration_seconds": 86_400}),
        json!({"grant_type": JWT_GRANT, "scope": no_agents}),
        json!({"grant_type": JWT_GRANT, "scope": "chat"}),
    ] {
        let response = ask(&service, Some(&jwt("key-1", &claims())), body).await;
        assert_eq!(
            (response.status, &response.json()["error_code"]),
            (StatusCode::BAD_REQUEST, &json!("invalid_request"))
        );
    }
    let response = ask(&service, None, json!({"grant_type": "password"})).await;
    assert_eq!(response.json()["error_code"], "unsupported_grant_type");
}

#[tokio::test(start_paused = true)]
async fn an_app_is_registered_with_the_file_that_its_client_has() {
    let pem = include_str!("keys/app.key.pem").replace('\n', "\\n");
    let file = format!(
        r#"{{"client_type":"jwt","client_id":"app-1","public_key_id":"key-1","private_key":"{pem}"}}"#
    );
    let service = Emulator::builder()
        .unix_time(Duration::from_secs(NOW))
        .oauth_app(OAuthApp::from_config(&file).unwrap())
        .oauth_app(OAuthApp::from_config(r#"{"client_id":"web-1","client_secret":"s"}"#).unwrap())
        .build()
        .unwrap()
        .service();
    let body = json!({"grant_type": JWT_GRANT});
    let reply = ask(&service, Some(&jwt("key-1", &claims())), body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    for (text, reason) in [
        ("{}", "client_id"),
        (r#"{"client_id":"a","private_key":"x"}"#, "public_key_id"),
        (
            r#"{"client_id":"a","public_key_id":"k","private_key":"x"}"#,
            "not PEM",
        ),
    ] {
        let error = OAuthApp::from_config(text).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_device_waits_for_its_user() {
    let emulator = emulator();
    let service = emulator.service();
    let begin = || {
        post_bytes(
            &service,
            "/api/permission/oauth2/device/code",
            r#"{"client_id":"native-1"}"#,
        )
    };
    let device = begin().await.json();
    assert_eq!(
        (&device["expires_in"], &device["interval"]),
        (&json!(300), &json!(5))
    );
    assert_eq!(device["verification_uri"], "http://coze.test/device");
    let user_code = device["user_code"].as_str().unwrap();
    let body = json!({"grant_type": DEVICE_GRANT, "client_id": "native-1", "device_code": device["device_code"]});
    let poll = || ask(&service, None, body.clone());
    assert_eq!(poll().await.json()["error_code"], "authorization_pending");
    support::pass(1_000).await;
    assert_eq!(poll().await.json()["error"], "slow_down");
    let page = get(&service, &format!("/device?user_code={user_code}")).await;
    assert!(page.text().contains(user_code));
    let form = format!("user_code={user_code}&decision=approve");
    let request = Request::post("http://coze.test/device")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::new(Bytes::from(form)))
        .unwrap();
    assert!(send(&service, request).await.text().contains("Approved"));
    support::pass(5_000).await;
    let issued = poll().await.json();
    assert_eq!(
        call(&service, issued["access_token"].as_str().unwrap()).await,
        StatusCode::OK
    );
    assert!(issued["refresh_token"].is_string());
    assert_eq!(poll().await.json()["error_code"], "invalid_request");

    let device = begin().await.json();
    let body = json!({"grant_type": DEVICE_GRANT, "client_id": "native-1", "device_code": device["device_code"]});
    assert!(emulator.decide_device(device["user_code"].as_str().unwrap(), false));
    assert_eq!(
        ask(&service, None, body.clone()).await.json()["error_code"],
        "access_denied"
    );
    support::pass(300_000).await;
    assert_eq!(
        ask(&service, None, body).await.json()["error_code"],
        "expired_token"
    );
    assert!(!emulator.decide_device("BBBB-BBBB", true));
}

/// The code of an authorization that the user agreed to.
async fn code(service: &EmulatorService, query: &str) -> String {
    let path = format!(
        "/api/permission/oauth2/authorize?response_type=code&redirect_uri=http://app/back&state=a%26b&{query}"
    );
    let response = get(service, &path).await;
    assert_eq!(response.status, StatusCode::FOUND);
    let location = response.headers["location"].to_str().unwrap();
    assert!(location.ends_with("&state=a%26b"), "{location}");
    let code = location.strip_prefix("http://app/back?code=").unwrap();
    code.split('&').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_code_is_exchanged_once_and_a_refresh_token_dies_when_used() {
    let emulator = emulator();
    let service = emulator.service();
    let code = code(&service, "client_id=web-1").await;
    let body = json!({"grant_type": "authorization_code", "client_id": "web-1", "code": code, "redirect_uri": "http://app/back"});
    assert_eq!(
        ask(&service, Some("wrong"), body.clone()).await.json()["error_code"],
        "invalid_client"
    );
    let issued = ask(&service, Some("s3cret"), body.clone()).await.json();
    assert_eq!(issued["expires_in"], NOW + 900);
    assert_eq!(
        ask(&service, Some("s3cret"), body).await.json()["error_code"],
        "invalid_request"
    );

    let refresh = json!({"grant_type": "refresh_token", "client_id": "web-1", "refresh_token": issued["refresh_token"]});
    let renewed = ask(&service, Some("s3cret"), refresh.clone()).await.json();
    assert_eq!(
        call(&service, renewed["access_token"].as_str().unwrap()).await,
        StatusCode::OK
    );
    assert_ne!(renewed["refresh_token"], issued["refresh_token"]);
    assert_eq!(
        ask(&service, Some("s3cret"), refresh).await.json()["error_code"],
        "invalid_request"
    );

    emulator.expire_tokens();
    assert_eq!(
        call(&service, renewed["access_token"].as_str().unwrap()).await,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn pkce_asks_for_the_verifier() {
    let service = emulator().service();
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, b"verifier"));
    for (verifier, status) in [
        ("verifier", StatusCode::OK),
        ("other", StatusCode::BAD_REQUEST),
    ] {
        let query =
            format!("client_id=native-1&code_challenge={challenge}&code_challenge_method=S256");
        let code = code(&service, &query).await;
        let body = json!({"grant_type": "authorization_code", "client_id": "native-1", "code": code,
                          "redirect_uri": "http://app/back", "code_verifier": verifier});
        assert_eq!(ask(&service, None, body).await.status, status);
    }
}

#[tokio::test]
async fn a_token_that_looks_real_is_refused_where_others_could_listen() {
    let real = format!("pat_{}", "x".repeat(64));
    let open = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    for (listen, status) in [
        (open, StatusCode::UNAUTHORIZED),
        (SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), StatusCode::OK),
    ] {
        let service = Emulator::builder()
            .listen(listen)
            .build()
            .unwrap()
            .service();
        assert_eq!(call(&service, &real).await, status);
        assert_eq!(call(&service, "pat_local").await, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_token_of_the_other_region_is_refused() {
    let service = Emulator::builder()
        .accept_token("com_1")
        .accept_token("cn_1")
        .other_region_tokens("com_")
        .build()
        .unwrap()
        .service();
    assert_eq!(call(&service, "cn_1").await, StatusCode::OK);
    let request = Request::get("http://coze.test/v1/workflows/greeting")
        .header("authorization", "Bearer com_1")
        .body(Full::<Bytes>::default())
        .unwrap();
    let response = send(&service, request).await;
    assert_eq!(response.status, StatusCode::UNAUTHORIZED);
    let body = response.json();
    assert_eq!(body["code"], 700_012_006);
    assert!(
        body["msg"].as_str().unwrap().contains("other region"),
        "{body}"
    );
}
