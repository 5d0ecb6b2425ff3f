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
    /// Where its API is.
    url: String,
}

impl Played {
    fn all() -> Vec<Self> {
        let play = |name, dialect| {
            let server = Server::start(|emulator| emulator.dialect(dialect));
            let path = if name == "dify" { "/v1" } else { "" };
            let url = format!("{}{path}", server.url);
            Self { name, server, url }
        };
        vec![
            play("cloud", Dialect::Cloud),
            play("studio", Dialect::Studio),
            play("dify", Dialect::Dify),
            play("runs", Dialect::Runs),
        ]
    }

    /// Where the server is and the token; of Dify that is the key of an app.
    fn variables(&self, app: &str) -> [(&'static str, String); 2] {
        let (base, token, key) = match self.name {
            "runs" => ("RUNS_API_BASE", "RUNS_API_TOKEN", "CANARY0123456789"),
            "dify" => ("DIFY_API_BASE", "DIFY_API_KEY", app),
            _ => ("COZE_API_BASE", "COZE_API_TOKEN", "pat_CANARY0123456789"),
        };
        [(base, self.url.clone()), (token, key.to_owned())]
    }

    /// Runs the command for a workflow, by its name and its id.
    fn coze(&self, workflow: (&str, &str), args: &[&str]) -> Done {
        let (name, id) = workflow;
        let variables = self.variables(&format!("app-{name}"));
        let word = match self.name {
            "dify" => "-",
            "studio" => id,
            _ => name,
        };
        let args = args.iter().map(|arg| arg.replace("WORKFLOW", word));
        let args: Vec<_> = args.chain(["--engine".into(), self.name.into()]).collect();
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let variables = variables
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        coze(&variables, &args)
    }
}

const GREET: (&str, &str) = ("greeting", "7400000000000000101");
const SLOW: (&str, &str) = ("slow-report", "7400000000000000103");

#[test]
fn a_run_prints_the_same_members_on_every_engine() {
    for played in Played::all() {
        let done = played.coze(GREET, &["run", "WORKFLOW", "-p", "name=Ada"]);
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
        let args = ["run", "WORKFLOW", "-p", "topic=cinema", "--async"];
        let done = played.coze(SLOW, &args);
        let run = &done.out[0];
        assert_eq!(run["status"], "running", "{}", done.err);
        let id = run["execute_id"].as_str().unwrap();
        let done = played.coze(SLOW, &["status", "WORKFLOW", id]);
        assert_eq!((done.code, &done.out[0]["status"]), (0, &json!("running")));
        assert!(done.out[0].get("status_word").is_some() && done.out[0].get("nodes").is_some());
        let done = played.coze(SLOW, &["wait", "WORKFLOW", id, "--deadline", "30s"]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert_eq!(done.out[0]["output"]["report"], "A report about cinema.");
    }
}

#[test]
fn failures_have_the_same_kinds_and_exit_codes() {
    for played in Played::all() {
        let nobody = "7400000000000000999";
        let done = played.coze(GREET, &["run", nobody]);
        assert_eq!(done.code, 1, "{}: {}", played.name, done.err);
        let error = done.error();
        assert_eq!(error["kind"], "api", "{error}");
        assert_eq!(error["attempts"], 1);
        assert_eq!(played.server.emulator.runs_started_in_all(), 0);

        let mut closed = played.variables("app-greeting");
        closed[0].1 = "http://127.0.0.1:1/v1".to_owned();
        let closed = closed
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let workflow = if played.name == "dify" { "-" } else { GREET.1 };
        let done = coze(&closed, &["run", workflow, "--engine", played.name]);
        let kind = &done.error()["kind"];
        assert_eq!((done.code, kind), (4, &json!("transport")), "{}", done.err);
    }
}

#[test]
fn a_stream_ends_with_the_run_and_its_question_is_answered() {
    let played = Played::all().remove(2);
    let done = played.coze(GREET, &["stream", "WORKFLOW", "-p", "name=Ada"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let (first, last) = (&done.out[0], done.out.last().unwrap());
    assert_eq!(first["event"], "started");
    assert_eq!(
        (&last["event"], &last["status"]),
        (&json!("done"), &json!("success"))
    );
    assert_eq!(last["output"]["greeting"], "Hello, Ada!");
    assert_eq!(last["execute_id"], first["execute_id"]);
    // What does not fit is told, and what lacks is refused.
    let done = played.coze(GREET, &["run", "WORKFLOW", "-p", "nam=Ada", "-v"]);
    assert_eq!(done.code, 2, "{}", done.err);
    assert!(done.err.contains("did you mean `name`?"), "{}", done.err);
}

#[test]
fn what_an_engine_lacks_is_refused() {
    let played = Played::all().pop().unwrap();
    let done = played.coze(GREET, &["stream", "greeting"]);
    assert_eq!(
        (done.code, &done.error()["kind"]),
        (2, &json!("unsupported"))
    );
    for command in [
        &["info", "greeting"][..],
        &["list"],
        &["chat", "greeting", "hello"],
    ] {
        let done = played.coze(GREET, command);
        assert_eq!(done.code, 2, "{command:?}");
        let message = done.error()["message"].as_str().unwrap().to_owned();
        assert!(message.contains("the engine runs"), "{message}");
    }
    let done = played.coze(GREET, &["run", "greeting", "--bot-id", "1"]);
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
