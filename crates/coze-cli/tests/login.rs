//! Signing in and out: on a device, with a browser, as a service app; profiles; nothing of a token is shown.
#![cfg(unix)]

mod support;

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use coze_emulator::{EmulatorBuilder, OAuthApp};
use support::Server;

const KEY: &str = include_str!("../../coze-emulator/tests/keys/app.key.pem");
const PUBLIC_KEY: &str = include_str!("../../coze-emulator/tests/keys/app.pub.pem");

fn server() -> Server {
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    Server::start(move |emulator: EmulatorBuilder| {
        let jwt = OAuthApp::new("app-1").public_key("key-1", PUBLIC_KEY);
        emulator
            .unix_time(now)
            .known_tokens_only()
            .oauth_app(jwt.unwrap())
            .oauth_app(OAuthApp::new("native-1").poll_interval(1))
    })
}

/// A folder of this test alone.
fn folder(name: &str) -> PathBuf {
    let folder = env::temp_dir().join(format!("coze-login-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).unwrap();
    folder
}

fn coze(folder: &Path, words: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coze"));
    command
        .args(words.split(' '))
        .env_clear()
        .env("COZE_CONFIG_DIR", folder)
        .stdin(Stdio::null());
    // Where the keychain is, if there is one.
    if let Some(bus) = env::var_os("DBUS_SESSION_BUS_ADDRESS") {
        command.env("DBUS_SESSION_BUS_ADDRESS", bus);
    }
    command
}

/// The file of a service app of the server.
fn service_app(folder: &Path, url: &str) -> PathBuf {
    let app = folder.join("app.json");
    let pem = KEY.replace('\n', "\\n");
    let text = format!(
        r#"{{"client_type":"jwt","client_id":"app-1","public_key_id":"key-1","private_key":"{pem}","coze_api_base":"{url}"}}"#
    );
    fs::write(&app, text).unwrap();
    app
}

/// Standard output and standard error of a command, which succeeds or not.
fn done(folder: &Path, words: &str, succeeds: bool) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = coze(folder, words).output().unwrap();
    let text = String::from_utf8([stdout, stderr].concat()).unwrap();
    assert_eq!(status.success(), succeeds, "{words}: {text}");
    text
}

/// A command whose first line on standard error is what follows `open `.
fn opened(folder: &Path, words: &str) -> (Child, BufReader<std::process::ChildStderr>, String) {
    let mut child = coze(folder, words).stderr(Stdio::piped()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    let open = line
        .trim()
        .strip_prefix("open ")
        .unwrap_or_else(|| panic!("{line}"));
    (child, stderr, open.to_owned())
}

/// What a browser gets: the status line and the headers, and the body.
fn browse(url: &str) -> String {
    let (host, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_device_a_browser_and_a_service_app_sign_in_and_out() {
    let server = server();
    let url = &server.url;
    let folder = folder("all");
    let greet = "run greeting -p name=Ada";

    assert!(done(&folder, greet, false).contains("sign in with coze login"));
    let device = format!("login --client-id native-1 --base-url {url}");
    let (mut child, mut rest, open) = opened(&folder, &device);
    let (page, code) = open.split_once(" and type ").unwrap();
    assert_eq!(page, format!("{url}/device"));
    assert!(server.emulator.decide_device(code, true));
    let mut told = String::new();
    rest.read_to_string(&mut told).unwrap();
    assert!(child.wait().unwrap().success(), "{told}");
    assert!(told.contains("signed in: profile default"), "{told}");
    assert!(done(&folder, greet, true).contains("Ada"));

    let web = format!("login --client-id native-1 --web --port 0 --profile web --base-url {url}");
    let (mut child, mut rest, open) = opened(&folder, &web);
    let consent = browse(&open);
    let back = consent
        .lines()
        .find_map(|line| line.strip_prefix("location: "))
        .unwrap();
    let (own, _) = back.split_once("/callback").unwrap();
    assert!(browse(&format!("{own}/favicon.ico")).starts_with("HTTP/1.1 404"));
    assert!(browse(&format!("{own}/callback?code=stolen&state=other")).starts_with("HTTP/1.1 404"));
    assert!(browse(back).ends_with("<p>You may close this page.</p>"));
    rest.read_to_string(&mut told).unwrap();
    assert!(child.wait().unwrap().success(), "{told}");
    assert!(done(&folder, &format!("{greet} --profile web"), true).contains("Ada"));

    let app = service_app(&folder, url);
    done(
        &folder,
        &format!("login --jwt {} --profile work", app.display()),
        true,
    );
    assert!(done(&folder, &format!("{greet} --profile work"), true).contains("Ada"));
    let doctor = done(&folder, "doctor --profile work", true);
    assert!(
        doctor.contains("ok    token: the service app in "),
        "{doctor}"
    );

    // Renewed within one process, and by the next.
    server.emulator.expire_tokens();
    assert!(done(&folder, greet, true).contains("Ada"));
    assert!(done(&folder, greet, true).contains("Ada"));

    let status = done(&folder, "auth status", true);
    assert!(
        status.contains("the session in ") && status.contains("lasts"),
        "{status}"
    );
    assert!(
        status.contains("default (default)") && status.contains("work"),
        "{status}"
    );
    assert!(
        status.contains("scopes") && status.contains("not told") && status.contains("none: it is"),
        "{status}"
    );
    let json = done(&folder, "auth status --output json --profile work", true);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["profile"], &json["token"]),
        (&"work".into(), &true.into())
    );
    assert_eq!(json["server"], *url);
    assert!(json["scopes"].is_null() && json["region"].is_null());
    let chinese = done(&folder, "auth status --output json --region cn", true);
    let chinese: serde_json::Value = serde_json::from_str(&chinese).unwrap();
    assert_eq!(chinese["region"], "cn");
    assert_eq!(
        json["profiles"],
        serde_json::json!(["default", "web", "work"])
    );
    let session = fs::read_to_string(folder.join("sessions/default.json")).unwrap();
    let session: serde_json::Value = serde_json::from_str(&session).unwrap();
    for name in ["access_token", "refresh_token"] {
        let secret = session[name].as_str().unwrap();
        assert!(
            ![&status, &doctor, &told]
                .iter()
                .any(|text| text.contains(secret))
        );
    }

    for (profile, left) in [
        (" --profile web", "default"),
        (" --profile work", "default"),
        ("", "none"),
    ] {
        let told = done(&folder, &format!("logout{profile}"), true);
        assert!(told.contains("signed out"), "{told}");
        assert_eq!(
            folder.join("sessions/default.json").exists(),
            left == "default"
        );
    }
    assert!(!folder.join("sessions/web.json").exists() && app.exists());
    assert!(done(&folder, greet, false).contains("sign in with coze login"));
    done(&folder, "logout", false);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_refusal_and_wrong_words_leave_no_profile() {
    let server = server();
    let url = &server.url;
    let folder = folder("refused");
    let (mut child, mut rest, open) = opened(
        &folder,
        &format!("login --client-id native-1 --base-url {url}"),
    );
    let (_, code) = open.split_once(" and type ").unwrap();
    assert!(server.emulator.decide_device(code, false));
    let mut told = String::new();
    rest.read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3), "{told}");
    assert!(told.contains("the user refused"), "{told}");
    for (words, reason) in [
        (
            format!("login --client-id nobody --base-url {url}"),
            "no application has the id 'nobody'",
        ),
        ("login".to_owned(), "--client-id"),
        ("login --jwt /no/such/file".to_owned(), "cannot be read"),
        (
            "run greeting --profile none".to_owned(),
            "there is no profile 'none'",
        ),
    ] {
        let told = done(&folder, &words, false);
        assert!(told.contains(reason), "{told} lacks {reason}");
    }
    assert!(!folder.join("config.json").exists());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_sign_in_that_does_not_succeed_leaves_the_session_as_it_was() {
    let server = server();
    let url = &server.url;
    let folder = folder("kept");
    let greet = "run greeting -p name=Ada";
    let device = format!("login --client-id native-1 --base-url {url}");
    let decided = |grants: bool| {
        let (mut child, mut rest, open) = opened(&folder, &device);
        let (_, code) = open.split_once(" and type ").unwrap();
        assert!(server.emulator.decide_device(code, grants));
        let mut told = String::new();
        rest.read_to_string(&mut told).unwrap();
        assert_eq!(child.wait().unwrap().success(), grants, "{told}");
    };
    let kept = || fs::read_to_string(folder.join("sessions/default.json")).unwrap();
    decided(true);
    let first = kept();

    decided(false);
    assert_eq!(kept(), first, "refused");
    done(&folder, &device.replace("native-1", "nobody"), false);
    assert_eq!(kept(), first, "no such app");
    for way in ["", " --web --port 0"] {
        let (mut child, ..) = opened(&folder, &format!("{device}{way}"));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(kept(), first, "ended while the user thinks it over{way}");
    }
    assert!(done(&folder, greet, true).contains("Ada"));

    decided(true);
    assert_ne!(kept(), first, "another session was asked for");
    assert!(done(&folder, greet, true).contains("Ada"));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
#[ignore = "it needs a keychain: tests/keychain/run.sh starts one"]
fn a_session_is_kept_in_the_keychain_of_the_system() {
    let server = server();
    let url = &server.url;
    let folder = folder("keychain");
    let greet = "run greeting -p name=Ada";
    let device = format!("login --client-id native-1 --base-url {url}");
    let sign_in = |more: &str| {
        let (mut child, mut rest, open) = opened(&folder, &format!("{device}{more}"));
        let (_, code) = open.split_once(" and type ").unwrap();
        assert!(server.emulator.decide_device(code, true));
        let mut told = String::new();
        rest.read_to_string(&mut told).unwrap();
        assert!(child.wait().unwrap().success(), "{told}");
    };
    let file = folder.join("sessions/default.json");
    sign_in("");
    assert!(file.exists());
    sign_in(" --keyring");
    assert!(!file.exists(), "the former place holds nothing any more");
    assert!(done(&folder, greet, true).contains("Ada"));
    // Renewed by one process for the next, which finds it there.
    server.emulator.expire_tokens();
    let calls = server.emulator.calls("/api/permission/oauth2/token");
    for _ in 0..2 {
        assert!(done(&folder, greet, true).contains("Ada"));
    }
    let renewed = server.emulator.calls("/api/permission/oauth2/token") - calls;
    assert_eq!(renewed, 1);
    let status = done(&folder, "auth status", true);
    assert!(
        status.contains("the session in the keychain's entry coze/default"),
        "{status}"
    );
    assert!(status.contains("lasts"), "{status}");

    done(&folder, "logout", true);
    assert!(done(&folder, greet, false).contains("sign in with coze login"));
    // Nothing of it is left in the keychain either.
    let profile = r#"{"default":"a","profiles":{"a":{"session_keyring":{"service":"coze","user":"default"}}}}"#;
    fs::write(folder.join("config.json"), profile).unwrap();
    assert!(done(&folder, "auth status", false).contains("nobody is signed in"));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn without_a_keychain_nobody_is_asked_and_a_session_stays_where_it_is() {
    let server = server();
    let url = &server.url;
    let folder = folder("keyring");
    let device = format!("login --client-id native-1 --base-url {url}");
    let (mut child, _, open) = opened(&folder, &device);
    let (_, code) = open.split_once(" and type ").unwrap();
    assert!(server.emulator.decide_device(code, true));
    assert!(child.wait().unwrap().success());
    let session = folder.join("sessions/default.json");
    let config = fs::read_to_string(folder.join("config.json")).unwrap();

    let calls = server.emulator.calls("/api/permission/oauth2/device/code");
    let mut keyring = coze(&folder, &format!("{device} --keyring"));
    keyring.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/no/such/bus");
    let output = keyring.output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    if cfg!(target_os = "linux") {
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(
            told.contains("the keychain's entry coze/default cannot be reached"),
            "{told}"
        );
        assert!(told.contains("or keep tokens in a file"), "{told}");
        assert_eq!(
            server.emulator.calls("/api/permission/oauth2/device/code"),
            calls
        );
        assert_eq!(
            fs::read_to_string(folder.join("config.json")).unwrap(),
            config
        );
        assert!(session.exists());
    }

    // Who signs in in another way leaves nothing behind.
    let app = service_app(&folder, url);
    done(&folder, &format!("login --jwt {}", app.display()), true);
    assert!(!session.exists());
    fs::remove_dir_all(folder).unwrap();
}
