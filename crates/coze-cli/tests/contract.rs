//! `--output json` prints what `docs/guide/cli-json.md` says.

#[path = "support/shell.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod shell;
mod support;

use std::{collections::BTreeSet, process::Command};

use serde_json::Value;
use support::Server;

const GUIDE: &str = include_str!("../../../docs/guide/cli-json.md");

/// The names in the first column of the tables of a section.
fn documented(section: &str) -> BTreeSet<String> {
    let (_, text) = GUIDE.split_once(&format!("\n## {section}\n")).unwrap();
    let text = text.split("\n## ").next().unwrap();
    let names = text.lines().filter_map(|line| {
        let (name, _) = line.strip_prefix("| `")?.split_once('`')?;
        Some(name.to_owned())
    });
    names.collect()
}

fn command(server: &Server, args: &[&str]) -> Command {
    shell::coze(Some(&server.url), &[args, &["--output", "json"]].concat())
}

/// Runs a command and reads the one line of `stdout` or, where that is empty, of `stderr`.
fn coze(server: &Server, args: &[&str]) -> (i32, Value) {
    let (code, out, err) = shell::outcome(command(server, args).output().unwrap());
    let text = if out.is_empty() { err } else { out };
    assert_eq!(text.lines().count(), 1, "{text}");
    (code, serde_json::from_str(&text).unwrap())
}

fn members(object: &Value) -> BTreeSet<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn a_run_has_the_members_that_the_guide_names() {
    let server = Server::start(|emulator| emulator);
    let named = documented("Run");
    let sometimes = set(&["nodes", "status_word", "error", "interrupt", "truncated"]);
    let always = &named - &sometimes;
    let (_, run) = coze(&server, &["run", "greeting", "-p", "name=Ada"]);
    assert_eq!(members(&run), always);
    let (_, run) = coze(&server, &["run", "slow", "--async"]);
    assert_eq!(members(&run), always);
    assert_eq!(run["status"], "running");

    let id = run["execute_id"].as_str().unwrap();
    let (code, state) = coze(&server, &["status", "slow", id]);
    let added = set(&["nodes", "status_word"]);
    assert_eq!((code, members(&state)), (0, &always | &added));
    let (_, run) = coze(&server, &["run", "slow-report", "--async", "--wait"]);
    assert_eq!(members(&run), always);
    assert_eq!(run["status"], "success");
}

#[test]
fn events_have_the_members_that_the_guide_names() {
    let server = Server::start(|emulator| emulator);
    let named = documented("Event");
    let lines = |args: &[&str]| -> Vec<Value> {
        let (_, out, _) = shell::outcome(command(&server, args).output().unwrap());
        shell::lines(&out)
    };
    let story = lines(&["stream", "story", "-p", "hero=Ada"]);
    let wire = set(&[
        "content",
        "content_type",
        "node_title",
        "node_id",
        "node_seq_id",
        "node_is_finish",
        "node_execute_uuid",
    ]);
    assert_eq!(members(&story[0]), &set(&["event", "id"]) | &wire);
    let last = story.last().unwrap();
    assert_eq!(
        members(last),
        set(&["event", "id", "debug_url", "log_id", "execute_id"])
    );
    assert_eq!((&last["event"], &last["id"]), (&"done".into(), &"5".into()));

    let trip = lines(&["stream", "trip"]);
    let asked = trip.last().unwrap();
    assert_eq!(asked["event"], "interrupt");
    assert_eq!(members(&asked["question"]), documented("Question"));
    assert_eq!(
        asked["question"]["options"],
        serde_json::json!(["Lyon", "Nice"])
    );
    for name in [
        "event",
        "id",
        "log_id",
        "execute_id",
        "question",
        "unknown",
        "undecodable",
    ] {
        assert!(named.contains(name), "{name}");
    }
}

#[test]
fn an_answer_that_does_not_fit_does_not_hide_that_a_run_was_started() {
    let server = Server::start(|emulator| emulator);
    let (code, told) = coze(&server, &["run", "trip", "--answer", "Paris"]);
    assert_eq!((code, told["error"]["kind"].as_str()), (2, Some("usage")));
    assert_eq!(told["error"]["may_have_run"], true);
    let (code, told) = coze(&server, &["run", ""]);
    assert_eq!((code, told["error"]["kind"].as_str()), (2, Some("usage")));
    assert_eq!(told["error"]["may_have_run"], false);
}

#[test]
fn a_failure_has_the_members_kind_and_exit_code_that_the_guide_names() {
    let server = Server::start(|emulator| emulator);
    let named = documented("Failure");
    let always: BTreeSet<_> = members(&coze(&server, &["run", "nothing"]).1["error"]);
    for (args, wanted) in [
        (&["run", "nothing"][..], ("api", 1)),
        (&["run", "greeting", "-p", "Ada"], ("usage", 2)),
        (&["run"], ("usage", 2)),
        (&["run", "greeting", "--token", "not a token"], ("auth", 3)),
        (&["run", "slow", "--deadline", "50ms"], ("timeout", 4)),
        (
            &["info", "x", "--base-url", "http://127.0.0.1:1"],
            ("transport", 4),
        ),
        (&["run", "trip"], ("interrupted", 5)),
    ] {
        let (code, object) = coze(&server, args);
        assert_eq!(members(&object), set(&["error"]));
        let error = &object["error"];
        let kind = error["kind"].as_str().unwrap();
        assert_eq!((kind, code), wanted, "{args:?}: {error}");
        let row = format!("| `{kind}` | {code} |");
        assert!(GUIDE.contains(&row), "the guide has no row {row}");
        let extra = &members(error) - &always;
        let allowed = if kind == "interrupted" {
            set(&["interrupt", "question"])
        } else {
            set(&[])
        };
        assert_eq!(extra, allowed, "{error}");
        assert!(members(error).is_subset(&named), "{error}");
    }
    assert!(always.is_subset(&named));
    assert!(always.contains("may_have_run") && always.contains("hint"));
}

#[test]
fn a_part_of_an_output_is_no_success() {
    let server = Server::start(|emulator| {
        let mut limits = coze_emulator::Limits::default();
        limits.history_output = 10;
        emulator.limits(limits)
    });
    let out = command(&server, &["run", "slow-report", "--async", "--wait"])
        .output()
        .unwrap();
    let read = |bytes| serde_json::from_slice::<Value>(bytes).unwrap();
    let (run, error) = (read(&out.stdout), &read(&out.stderr)["error"]);
    assert_eq!(run["output"], Value::Null);
    assert_eq!(run["truncated"]["output"], true);
    assert!(run["raw"].as_str().unwrap().contains("rep"), "{run}");
    assert_eq!(
        (out.status.code(), &error["kind"]),
        (Some(1), &"decode".into())
    );
}

#[test]
fn the_doctor_names_the_permission_that_lacks() {
    let server = Server::start(|emulator| {
        let fault = "on=/v1/workflows/ times=99 code=4101";
        emulator.fault_lines(fault).unwrap()
    });
    let out = command(&server, &["doctor"]).output().unwrap();
    let doctor: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((out.status.code(), &doctor["ok"]), (Some(1), &false.into()));
    let checks = doctor["checks"].as_array().unwrap();
    let check = |name: &str| checks.iter().find(|check| check["name"] == name).unwrap();
    assert_eq!(check("list_workflows")["status"], "ok");
    for (name, permission) in [
        ("get_workflow", "getMetaData"),
        ("get_run_history", "listRunHistory"),
    ] {
        let check = check(name);
        assert_eq!(check["status"], "failed", "{check}");
        assert!(
            check["advice"].as_str().unwrap().contains(permission),
            "{check}"
        );
    }
}
