//! The command on engines beside Coze: the same JSON, the same exit codes.

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use coze_emulator::Dialect;
use serde_json::{Value, json};
use support::Server;

/// What the command did.
struct Done {
    code: i32,
    out: Vec<Value>,
    err: String,
}

impl Done {
    fn error(&self) -> Value {
        let line = self.err.lines().last().unwrap_or_default();
        let mut failure: Value = serde_json::from_str(line).unwrap();
        failure["error"].take()
    }
}

/// Runs the command with JSON for output.
fn coze(variables: &[(&str, &str)], args: &[&str]) -> Done {
    let done = Command::new(env!("CARGO_BIN_EXE_coze"))
        .args(args)
        .args(["--output", "json"])
        .env_clear()
        .env("COZE_CONFIG_DIR", "/nowhere")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    let err = String::from_utf8(done.stderr).unwrap();
    assert!(
        !format!("{text}{err}").contains("CANARY"),
        "{args:?}: {err}"
    );
    Done {
        code: done.status.code().unwrap(),
        out: text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
        err,
    }
}

/// An engine, its server, and what the command is told of it.
struct Played {
    name: &'static str,
    server: Server,
    /// The workflow that greets, as this engine names it.
    greet: &'static str,
}

impl Played {
    fn all() -> Vec<Self> {
        let play = |name, dialect, greet| Self {
            name,
            server: Server::start(|emulator| emulator.dialect(dialect)),
            greet,
        };
        vec![
            play("cloud", Dialect::Cloud, "greeting"),
            play("studio", Dialect::Studio, "7400000000000000101"),
            play("runs", Dialect::Runs, "greeting"),
        ]
    }

    fn variables(&self) -> Vec<(&'static str, &str)> {
        let (base, token) = match self.name {
            "runs" => ("RUNS_API_BASE", "RUNS_API_TOKEN"),
            "dify" => ("DIFY_API_BASE", "DIFY_API_KEY"),
            _ => ("COZE_API_BASE", "COZE_API_TOKEN"),
        };
        vec![(base, &self.server.url), (token, "app-CANARY0123456789")]
    }

    fn coze(&self, args: &[&str]) -> Done {
        let args = [args, &["--engine", self.name]].concat();
        coze(&self.variables(), &args)
    }
}

#[test]
fn a_run_prints_the_same_members_on_every_engine() {
    for played in Played::all() {
        let done = played.coze(&["run", played.greet, "-p", "name=Ada"]);
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", played.name);
        let run = &done.out[0];
        assert_eq!(run["status"], "success");
        assert_eq!(run["output"], json!({"greeting": "Hello, Ada!"}));
        assert!(run["raw"].is_string());
        for member in ["execute_id", "log_id", "debug_url", "usage"] {
            assert!(run.get(member).is_some(), "{}: {member}", played.name);
        }
    }
}

#[test]
fn a_run_in_the_background_is_looked_at_and_waited_for() {
    for played in Played::all() {
        let slow = if played.name == "studio" {
            "7400000000000000103"
        } else {
            "slow-report"
        };
        let done = played.coze(&["run", slow, "-p", "topic=cinema", "--async"]);
        let run = &done.out[0];
        assert_eq!(run["status"], "running", "{}", done.err);
        let id = run["execute_id"].as_str().unwrap();
        let done = played.coze(&["status", slow, id]);
        assert_eq!((done.code, &done.out[0]["status"]), (0, &json!("running")));
        assert!(done.out[0].get("status_word").is_some() && done.out[0].get("nodes").is_some());
        let done = played.coze(&["wait", slow, id, "--deadline", "30s"]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert_eq!(done.out[0]["output"]["report"], "A report about cinema.");
    }
}

#[test]
fn failures_have_the_same_kinds_and_exit_codes() {
    for played in Played::all() {
        let nobody = "7400000000000000999";
        let done = played.coze(&["run", nobody]);
        assert_eq!(done.code, 1, "{}: {}", played.name, done.err);
        let error = done.error();
        assert_eq!(error["kind"], "api", "{error}");
        assert_eq!(error["attempts"], 1);
        assert_eq!(played.server.emulator.runs_started_in_all(), 0);

        let mut closed = played.variables();
        closed[0].1 = "http://127.0.0.1:1";
        let args = ["run", played.greet, "--engine", played.name];
        let done = coze(&closed, &args);
        assert_eq!(
            (done.code, &done.error()["kind"]),
            (4, &json!("transport")),
            "{}",
            done.err
        );
    }
}

#[test]
fn what_an_engine_lacks_is_refused() {
    let played = Played::all().pop().unwrap();
    let done = played.coze(&["stream", "greeting"]);
    assert_eq!(
        (done.code, &done.error()["kind"]),
        (2, &json!("unsupported"))
    );
    for command in [
        &["info", "greeting"][..],
        &["list"],
        &["chat", "greeting", "hello"],
    ] {
        let done = played.coze(command);
        assert_eq!(done.code, 2, "{command:?}");
        let message = done.error()["message"].as_str().unwrap().to_owned();
        assert!(message.contains("the engine runs"), "{message}");
    }
    let done = played.coze(&["run", "greeting", "--bot-id", "1"]);
    assert_eq!((done.code, &done.error()["kind"]), (2, &json!("usage")));
    assert_eq!(played.server.emulator.runs_started_in_all(), 0);
}

#[test]
fn a_token_of_coze_is_not_shown_to_another_server() {
    let server = Server::start(|emulator| emulator.dialect(Dialect::Runs));
    let variables = [
        ("COZE_API_TOKEN", "pat_CANARY0123456789"),
        ("COZE_API_BASE", &server.url),
    ];
    for engine in ["runs", "dify"] {
        let args = ["run", "-", "--engine", engine, "--base-url", &server.url];
        let done = coze(&variables, &args);
        assert_eq!(
            (done.code, &done.error()["kind"]),
            (3, &json!("auth")),
            "{}",
            done.err
        );
        assert!(done.err.contains("_API_"), "{}", done.err);
    }
    assert_eq!(server.emulator.calls("/"), 0);
}

#[test]
fn a_profile_names_its_engine() {
    let server = Server::start(|emulator| emulator.dialect(Dialect::Runs));
    let folder = Folder::new();
    let config = |engine: &str| {
        json!({"profiles": {"gateway": {
            "engine": engine, "base_url": server.url, "token_env": "GATEWAY_TOKEN"
        }}})
    };
    let run = |engine: &str| {
        fs::write(folder.0.join("config.json"), config(engine).to_string()).unwrap();
        let variables = [
            ("COZE_CONFIG_DIR", folder.0.to_str().unwrap()),
            ("GATEWAY_TOKEN", "CANARY0123456789"),
        ];
        let args = ["run", "greeting", "-p", "name=Ada", "--profile", "gateway"];
        coze(&variables, &args)
    };
    let done = run("runs");
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(done.out[0]["output"]["greeting"], "Hello, Ada!");
    let done = run("moon");
    assert_eq!(done.code, 2);
    assert!(
        done.err.contains("none of cloud, studio, dify and runs"),
        "{}",
        done.err
    );
}

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("engines-profile");
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
