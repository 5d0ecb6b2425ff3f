//! `coze emulator`: its options, and what it prints while it works.
#![cfg(unix)]

#[path = "support/shell.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod shell;

use std::{
    fs,
    io::{BufRead, BufReader, Lines},
    path::PathBuf,
    process::{Child, ChildStderr, Stdio},
};

use serde_json::Value;

/// A server that is stopped with Ctrl-C when this ends.
struct Server {
    child: Child,
    url: String,
    told: Lines<BufReader<ChildStderr>>,
}

impl Server {
    fn start(args: &[&str]) -> Self {
        let args = [&["emulator"], args].concat();
        let mut child = shell::coze(None, &args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut first).unwrap();
        let url = first.trim_end().strip_prefix("listening on ");
        let url = url.unwrap_or_default().replace("0.0.0.0", "127.0.0.1");
        let told = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, url, told }
    }

    /// Waits for a line of standard error with this in it.
    fn says(&mut self, part: &str) -> String {
        let mut before = Vec::new();
        for line in &mut self.told {
            let line = line.unwrap();
            if line.contains(part) {
                return line;
            }
            before.push(line);
        }
        panic!("no line has '{part}': {before:#?}");
    }

    fn coze(&self, args: &[&str]) -> (i32, String, String) {
        shell::run(Some(&self.url), args)
    }

    fn stop(mut self) {
        assert!(shell::kill(&self.child, "-INT"));
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("emulator")
        .join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn an_app_that_is_named_gets_tokens_and_another_does_not() {
    let folder = folder("app");
    let key = include_str!("../../coze-emulator/tests/keys/app.key.pem").replace('\n', "\\n");
    let app = |id: &str| {
        let file = folder.join(format!("{id}.json"));
        let text = format!(
            r#"{{"client_type":"jwt","client_id":"{id}","public_key_id":"key-1","private_key":"{key}"}}"#
        );
        fs::write(&file, text).unwrap();
        file.into_os_string().into_string().unwrap()
    };
    let (known, stranger) = (app("app-1"), app("app-2"));
    let server = Server::start(&["--listen", "127.0.0.1:0", "--app", &known]);
    let coze = |args: &[&str]| {
        let mut command = shell::coze(None, args);
        command.env("COZE_CONFIG_DIR", &folder);
        shell::outcome(command.output().unwrap())
    };
    let login = |app| coze(&["login", "--jwt", app, "--base-url", &server.url]);
    let (code, _, err) = login(&stranger);
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("no application has the id 'app-2'"), "{err}");
    let (code, _, err) = login(&known);
    assert_eq!(code, 0, "{err}");
    let (code, out, err) = coze(&GREET);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("Hello, Ada!"), "{out}");
    server.stop();
}

const GREET: [&str; 4] = ["run", "greeting", "-p", "name=Ada"];

#[test]
fn each_call_is_a_line_with_v() {
    let mut server = Server::start(&["-v"]);
    assert_eq!(server.coze(&GREET).1, "Hello, Ada!\n");
    let line = server.says("/v1/workflow/run ");
    let words: Vec<_> = line.split(' ').collect();
    assert_eq!(
        words[..4],
        ["POST", "/v1/workflow/run", "200", "code=0"],
        "{line}"
    );
    for (word, name) in words[4..].iter().zip(["ms=", "log=20", "run=75"]) {
        assert!(word.starts_with(name), "{line}");
    }
    server.stop();
}

#[test]
fn runs_are_there_after_a_restart_with_the_same_state() {
    let file = folder("state").join("emulator.state");
    let args = ["--state", file.to_str().unwrap(), "--clock", "1000x"];
    let server = Server::start(&args);
    // A second of thought takes a thousandth of one.
    let run = ["run", "slow-report", "--async", "--output", "json"];
    let (code, out, err) = server.coze(&run);
    assert_eq!(code, 0, "{err}");
    let started: Value = serde_json::from_str(&out).unwrap();
    let id = started["execute_id"].as_str().unwrap().to_owned();
    assert_eq!(server.coze(&["wait", "slow-report", &id]).0, 0);
    server.stop();
    let server = Server::start(&args);
    let (code, out, err) = server.coze(&["status", "slow-report", &id]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("success"), "{out}");
    server.stop();
}

#[test]
fn a_configuration_file_and_edited_definitions() {
    let folder = folder("config");
    let flow = folder.join("flow.yaml");
    fs::write(&flow, "name: flow\nend: { variables: { output: one } }\n").unwrap();
    let config = folder.join("emulator.yaml");
    fs::write(&config, "workflows: [flow.yaml]\nbuiltins: false\n").unwrap();
    let mut server = Server::start(&["--config", config.to_str().unwrap()]);
    assert_eq!(server.coze(&["run", "flow"]).1, "one\n");
    assert_ne!(server.coze(&GREET).0, 0);
    fs::write(
        &flow,
        "name: flow\nend: { variables: { output: \"{{ x }}\" } }\n",
    )
    .unwrap();
    // Told without a call.
    let line = server.says("not used: ");
    assert!(line.contains("flow.yaml:2:"), "{line}");
    assert_eq!(server.coze(&["run", "flow"]).1, "one\n");
    fs::write(&flow, "name: flow\nend: { variables: { output: three } }\n").unwrap();
    server.says("the definitions were read again");
    assert_eq!(server.coze(&["run", "flow"]).1, "three\n");
    fs::write(&config, "sed: 1\n").unwrap();
    let (code, _, err) = shell::run(None, &["emulator", "--config", config.to_str().unwrap()]);
    assert_eq!(code, 2);
    assert!(
        err.contains("emulator.yaml: ") && err.contains("unknown field `sed`"),
        "{err}"
    );
}

#[test]
fn an_address_that_others_can_reach_wants_a_token() {
    let mut server = Server::start(&["--listen", "0.0.0.0:0"]);
    server.says("warning: other machines can reach this emulator");
    let token = server.says("token: ");
    let token = token.trim_start_matches("token: ");
    let with = |token: &str| {
        shell::coze(Some(&server.url), &GREET)
            .env("COZE_API_TOKEN", token)
            .output()
            .unwrap()
    };
    assert_eq!(with("any").status.code(), Some(3));
    assert_eq!(with(token).status.code(), Some(0));
    let named = Server::start(&["--listen", "0.0.0.0:0", "--accept-token", "mine"]);
    let greeted = shell::coze(Some(&named.url), &GREET)
        .env("COZE_API_TOKEN", "mine")
        .output()
        .unwrap();
    assert_eq!(greeted.status.code(), Some(0));
    for speed in ["fast", "-1x", "1e9x"] {
        assert_eq!(
            shell::run(None, &["emulator", &format!("--clock={speed}")]).0,
            2
        );
    }
}

#[test]
fn what_was_recorded_is_played_and_drafted_and_holds_no_token() {
    let cassettes = folder("cassettes");
    fs::remove_dir(&cassettes).unwrap();
    let cassettes = cassettes.into_os_string().into_string().unwrap();
    let real = Server::start(&["--seed", "1"]);
    let mut relay = Server::start(&["--record-from", &real.url, "--record-to", &cassettes]);
    relay.says("calls are passed on to ");
    let (code, recorded, err) = relay.coze(&GREET);
    assert_eq!(code, 0, "{err}");
    let stream = [
        "stream",
        "slow-report",
        "--base-url",
        &relay.url,
        "--token",
        "pat_0123456789",
    ];
    let (code, streamed, err) = shell::run(None, &stream);
    assert_eq!(code, 0, "{err}");
    relay.stop();
    real.stop();
    let files: Vec<_> = fs::read_dir(&cassettes)
        .unwrap()
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    assert!(files.len() >= 2, "{files:?}");
    assert!(
        files.iter().any(|file| file.contains("after_ms")),
        "{files:?}"
    );
    assert!(!files.concat().contains("pat_0123456789"), "{files:?}");

    let player = Server::start(&["--replay", &cassettes, "--clock", "60x"]);
    for _ in 0..2 {
        let (code, out, err) = player.coze(&GREET);
        assert_eq!((code, &out), (0, &recorded), "{err}");
    }
    let (code, out, err) = player.coze(&["stream", "slow-report"]);
    assert_eq!((code, &out), (0, &streamed), "{err}");
    let (code, _, err) = player.coze(&["run", "greeting", "-p", "name=Bob"]);
    assert_ne!(code, 0);
    assert!(err.contains("no response left"), "{err}");
    player.stop();

    let (code, drafts, err) = shell::run(None, &["emulator", "--draft", &cassettes]);
    assert_eq!(code, 0, "{err}");
    assert!(
        drafts.contains("greeting: \"Hello, {{ name }}!\""),
        "{drafts}"
    );
    let (code, _, err) = shell::run(None, &["emulator", "--replay", "nowhere"]);
    assert_eq!(code, 2);
    assert!(err.contains("cannot read nowhere"), "{err}");
}

#[test]
fn ctrl_c_ends_it_properly_from_its_first_line_on() {
    for _ in 0..20 {
        Server::start(&[]).stop();
    }
}

#[test]
fn settings_that_cannot_be_used_are_told_at_the_start() {
    for (option, value, told) in [
        ("--record-from", "ftp://x", "must begin with `https://`"),
        ("--record-from", "nohost", "must begin with `https://`"),
        ("--record-from", "http://", "no valid URL"),
        ("--record-from", "", "no valid URL"),
        (
            "--record-from",
            "https://me:hunter2@host",
            "user name or password",
        ),
        ("--record-from", "https://host?x=1", "query"),
        (
            "--allow-origin",
            "localhost:3000",
            "such as http://localhost:3000",
        ),
        (
            "--allow-origin",
            "http://host/page",
            "such as http://localhost:3000",
        ),
        ("--allow-origin", "", "such as http://localhost:3000"),
        ("--accept-token", "", "a value is required"),
        ("--record-to", "cassettes", "--record-from <URL>"),
        (
            "--files",
            "/dev/null/files",
            "/dev/null/files cannot be made",
        ),
    ] {
        // Whatever is accepted ends at this address, which nobody has.
        let args = ["emulator", "--listen", "192.0.2.1:0", option, value];
        let (code, out, err) = shell::run(None, &args);
        assert_eq!((code, &*out), (2, ""), "{option} {value}: {err}");
        assert!(err.contains(told), "{option} {value}: {err}");
        assert!(!err.contains("hunter2"), "{err}");
    }
    let (code, _, err) = shell::run(None, &["emulator", "--listen", "localhost:8888"]);
    assert_eq!(code, 2);
    assert!(err.contains("such as 127.0.0.1:8888"), "{err}");
}

#[test]
fn the_line_to_try_runs_a_workflow_as_it_stands() {
    let folder = folder("try");
    let config = folder.join("emulator.yaml");
    fs::write(&config, "dialect: dify\n").unwrap();
    let config = config.to_str().unwrap();
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_coze"));
    let path = format!("{}:{}", bin.parent().unwrap().display(), env!("PATH"));
    for args in [
        &[][..],
        &["--engine", "studio"],
        &["--engine", "dify"],
        &["--engine", "runs"],
        &["--accept-token", "it's"],
        &["--engine", "dify", "--accept-token", "mine"],
        &["--config", config],
    ] {
        let mut server = Server::start(args);
        let line = server.says("try: ");
        let line = line.trim_start_matches("try: ");
        let mut shell = std::process::Command::new("sh");
        let tried = shell
            .args(["-c", line])
            .env("PATH", &path)
            .env("COZE_CONFIG_DIR", "/nowhere");
        let (code, out, err) = shell::outcome(tried.output().unwrap());
        assert_eq!((code, &*out, &*err), (0, "Hello, Ada!\n", ""), "{line}");
        server.stop();
    }
    let own = folder.join("own.yaml");
    let flow = folder.join("flow.yaml");
    fs::write(&flow, "name: flow\nend: { variables: { output: one } }\n").unwrap();
    fs::write(&own, "workflows: [flow.yaml]\nbuiltins: false\n").unwrap();
    let mut server = Server::start(&["--config", own.to_str().unwrap()]);
    assert!(server.says("try: ").ends_with(" coze run flow"));
    server.stop();
}
