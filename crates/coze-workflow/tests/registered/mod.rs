//! An emulator with registered apps, and clients of it.
#![allow(dead_code, reason = "each test file uses a part")]

use std::{
    env, fs,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use coze_emulator::{Emulator, EmulatorBuilder, OAuthApp};
use coze_workflow::{Client, ClientBuilder, Error, HttpStack, auth::JwtApp};

pub(crate) const KEY: &str = include_str!("../../../coze-emulator/tests/keys/app.key.pem");
pub(crate) const PUBLIC_KEY: &str = include_str!("../../../coze-emulator/tests/keys/app.pub.pem");
pub(crate) const TOKEN: &str = "/api/permission/oauth2/token";

pub(crate) fn emulator() -> EmulatorBuilder {
    let jwt = OAuthApp::new("app-1").public_key("key-1", PUBLIC_KEY);
    let other = OAuthApp::new("app-2").public_key("key-2", PUBLIC_KEY);
    Emulator::builder()
        .known_tokens_only()
        .oauth_app(jwt.unwrap())
        .oauth_app(other.unwrap())
        .oauth_app(OAuthApp::new("web-1").secret("s3cret"))
        .oauth_app(OAuthApp::new("native-1"))
}

pub(crate) fn app() -> JwtApp {
    JwtApp::new("app-1", "key-1", KEY).unwrap()
}

/// A client of the emulator in this process.
pub(crate) fn over(emulator: &Emulator) -> ClientBuilder {
    Client::builder()
        .base_url("http://api.coze.cn.test")
        .transport(HttpStack::new(emulator.service()))
}

pub(crate) async fn greet(coze: &Client) -> Result<String, Error> {
    let run = coze.workflow("greeting").parameter("name", "Ada").run();
    Ok(run.await?.raw().to_owned())
}

/// A folder of one test alone, which does not exist yet.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = env::temp_dir().join(format!("coze-signed-in-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

/// What a test has seen, in turn.
pub(crate) type Paths = Arc<Mutex<Vec<String>>>;
