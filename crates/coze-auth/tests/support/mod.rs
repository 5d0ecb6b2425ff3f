//! The emulator's token endpoints, and credentials over them.
#![allow(dead_code, reason = "each test file uses a part")]

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
use coze_auth::JwtApp;
use coze_auth::{OauthApp, Refreshing, Session};
use coze_emulator::{Emulator, EmulatorBuilder, OAuthApp};
use coze_transport::{
    Authorize, BoxError, Credentials, HttpStack, Request, Response, ResponseBody, StackBuilder,
};

pub(crate) const KEY: &str = include_str!("../../../coze-emulator/tests/keys/app.key.pem");
pub(crate) const PUBLIC_KEY: &str = include_str!("../../../coze-emulator/tests/keys/app.pub.pem");
pub(crate) const TOKEN: &str = "/api/permission/oauth2/token";

/// An emulator with an app of each kind, that takes the tokens it gave alone.
pub(crate) fn emulator() -> EmulatorBuilder {
    let jwt = OAuthApp::new("app-1").public_key("key-1", PUBLIC_KEY);
    Emulator::builder()
        .known_tokens_only()
        .oauth_app(jwt.unwrap())
        .oauth_app(OAuthApp::new("web-1").secret("s3cret"))
        .oauth_app(OAuthApp::new("native-1"))
}

pub(crate) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
pub(crate) fn app() -> JwtApp {
    JwtApp::new("app-1", "key-1", KEY).unwrap()
}

/// A stack to the emulator within the process, without credentials.
pub(crate) fn stack(emulator: &Emulator) -> HttpStack {
    StackBuilder::over(emulator.service())
        .base_uri("http://api.coze.cn.test".parse().unwrap())
        .build()
}

pub(crate) type Seen = Arc<Mutex<Vec<(http::request::Parts, String)>>>;

/// A stack whose server gives these responses in turn, the last for ever; and the requests it got.
pub(crate) fn scripted(replies: &[(u16, &'static str)]) -> (HttpStack, Seen) {
    let seen = Seen::default();
    let replies = replies.to_vec();
    let requests = Arc::clone(&seen);
    let leaf = HttpStack::from_fn(move |request: Request| {
        let (head, body) = request.into_parts();
        let body = String::from_utf8(body.as_bytes().unwrap().to_vec()).unwrap();
        let mut requests = requests.lock().unwrap();
        let (status, text) = replies[requests.len().min(replies.len() - 1)];
        requests.push((head, body));
        async move {
            let mut response = Response::new(ResponseBody::full(text.into()));
            *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
            Ok::<_, BoxError>(response)
        }
    });
    (StackBuilder::over(leaf).build(), seen)
}

/// A user who has just signed in.
pub(crate) async fn signed_in(emulator: &Emulator) -> Session {
    let device = OauthApp::new("native-1")
        .device(&stack(emulator))
        .await
        .unwrap();
    assert!(emulator.decide_device(device.user_code(), true));
    device.wait().await.unwrap()
}

/// A token, or the whole chain of errors.
pub(crate) async fn token(credentials: &Refreshing) -> Result<String, String> {
    let authorization = match credentials.authorize() {
        Authorize::Ready(result) => result,
        Authorize::Pending(wait) => wait.await,
    };
    match authorization {
        Ok(authorization) => {
            Ok(authorization.header().to_str().unwrap()["Bearer ".len()..].to_owned())
        }
        Err(error) => Err(chain(&*error)),
    }
}

/// An error with its causes, and what it says to do.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        text.push_str(&error.to_string());
        text.push_str(": ");
        let refused = error.downcast_ref::<coze_auth::SignInError>();
        text.push_str(
            refused
                .and_then(coze_auth::SignInError::advice)
                .unwrap_or_default(),
        );
        next = error.source();
    }
    text
}

/// The status of a call with a token.
pub(crate) async fn call(emulator: &Emulator, token: &str) -> u16 {
    let request = http::Request::get("/v1/workflows/greeting")
        .header("authorization", format!("Bearer {token}"))
        .body(coze_transport::RequestBody::default())
        .unwrap();
    let response = stack(emulator).send(request).await.unwrap();
    response.status().as_u16()
}

pub(crate) type Texts = Arc<Mutex<Vec<String>>>;
