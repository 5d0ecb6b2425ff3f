//! Responses of the token endpoints.

use std::collections::BTreeMap;

use bytes::Bytes;
use coze_emulator::{Emulator, EmulatorService, OAuthApp};
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::{
    jwt::jwt,
    support::{get, post, send},
};

const TOKEN: &str = "/api/permission/oauth2/token";
const NOW: u64 = 1_767_225_600;
const BACK: &str = "https://example.com/back";

/// Responses by the name of the example.
pub(crate) async fn all() -> BTreeMap<String, Value> {
    let key = include_str!("../keys/app.pub.pem");
    let emulator = Emulator::builder()
        .unix_time(std::time::Duration::from_secs(NOW))
        .oauth_app(OAuthApp::new("native").public_key("key", key).unwrap())
        .build()
        .unwrap();
    let service = emulator.service();
    let by_code = by_code(&service, "").await;
    let refresh = json!({"grant_type": "refresh_token", "client_id": "native", "refresh_token": by_code["refresh_token"]});
    let renewed = token(&service, refresh.clone()).await;
    let mut unknown = refresh;
    unknown["client_id"] = "other".into();
    let device = json!({"client_id": "native"});
    let device = post(&service, "/api/permission/oauth2/device/code", device)
        .await
        .json();
    let poll = json!({
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        "client_id": "native",
        "device_code": device["device_code"],
    });
    let pending = token(&service, poll.clone()).await;
    assert!(emulator.decide_device(device["user_code"].as_str().unwrap(), true));
    // A device polls at most every five seconds.
    crate::support::pass(5_000).await;
    [
        ("oauth/code Response token", by_code.clone()),
        ("oauth/tokens Object OauthToken with refresh", by_code),
        ("oauth/pkce Response token", with_pkce(&service).await),
        ("oauth/refresh Response token", renewed),
        ("oauth/device-code Response codes", device),
        (
            "oauth/device-token Response token",
            token(&service, poll).await,
        ),
        (
            "oauth/jwt Response token",
            by_jwt(&service, "jwt", TOKEN).await,
        ),
        (
            "oauth/jwt-channel Response token",
            by_jwt(&service, "channel", TOKEN).await,
        ),
        (
            "oauth/jwt-account Response token",
            by_jwt(
                &service,
                "account",
                "/api/permission/oauth2/account/7/token",
            )
            .await,
        ),
        (
            "oauth/jwt-enterprise Response token",
            by_jwt(
                &service,
                "enterprise",
                "/api/permission/oauth2/enterprise_id/volcano_21/token",
            )
            .await,
        ),
        (
            "oauth/tokens Object OauthFailure client",
            token(&service, unknown).await,
        ),
        ("oauth/tokens Object OauthFailure device", pending),
    ]
    .map(|(name, response)| (name.to_owned(), response))
    .into()
}

async fn token(service: &EmulatorService, body: Value) -> Value {
    post(service, TOKEN, body).await.json()
}

async fn by_code(service: &EmulatorService, query: &str) -> Value {
    let path = format!(
        "/api/permission/oauth2/authorize?client_id=native&response_type=code&redirect_uri={BACK}{query}"
    );
    let response = get(service, &path).await;
    let location = response.headers["location"].to_str().unwrap();
    let code = location
        .split_once("code=")
        .unwrap()
        .1
        .split('&')
        .next()
        .unwrap();
    let body = json!({"grant_type": "authorization_code", "client_id": "native", "code": code,
                      "redirect_uri": BACK, "code_verifier": "verifier"});
    token(service, body).await
}

async fn with_pkce(service: &EmulatorService) -> Value {
    by_code(
        service,
        "&code_challenge=verifier&code_challenge_method=plain",
    )
    .await
}

async fn by_jwt(service: &EmulatorService, id: &str, path: &str) -> Value {
    let claims =
        json!({"iss": "native", "aud": "api.coze.cn", "iat": NOW - 5, "exp": NOW + 300, "jti": id});
    let body = json!({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "duration_seconds": 3600});
    let request = Request::post(format!("http://coze.test{path}"))
        .header("authorization", format!("Bearer {}", jwt("key", &claims)))
        .body(Full::new(Bytes::from(body.to_string())))
        .unwrap();
    send(service, request).await.json()
}
