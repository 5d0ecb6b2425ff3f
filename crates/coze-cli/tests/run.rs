//! The command as a shell sees it: standard output, standard error, exit code.

#[path = "support/shell.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod shell;

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

fn coze(args: &[&str]) -> Command {
    shell::coze(None, args)
}

fn run(args: &[&str]) -> (i32, String, String) {
    shell::run(None, args)
}

fn json(text: &str) -> Value {
    assert_eq!(text.lines().count(), 1, "one object, one line: {text}");
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_greeting_is_printed_and_nothing_else() {
    let (code, out, err) = run(&["run", "greeting", "-p", "name=Ada", "--emulator"]);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "Hello, Ada!\n", ""));
}

#[test]
fn json_is_one_object_with_all_that_is_known() {
    let (code, out, err) = run(&[
        "run",
        "greeting",
        "-p",
        "name=Ada",
        "--emulator",
        "--output",
        "json",
    ]);
    assert_eq!((code, err.as_str()), (0, ""));
    let response = json(&out);
    assert_eq!(response["status"], "success");
    assert_eq!(response["output"]["greeting"], "Hello, Ada!");
    assert_eq!(response["raw"], r#"{"greeting":"Hello, Ada!"}"#);
    assert!(response["log_id"].is_string() && response["debug_url"].is_string());
    assert!(response.as_object().unwrap().contains_key("execute_id"));
}

#[test]
fn a_background_run_is_waited_for_or_named() {
    let slow = [
        "run",
        "slow-report",
        "--params",
        r#"{"topic":"cinema"}"#,
        "--async",
        "--emulator",
    ];
    let (code, out, err) = run(&[&slow[..], &["--wait", "--output", "json", "-v"]].concat());
    assert_eq!(code, 0, "{err}");
    let response = json(&out);
    assert_eq!(response["output"]["report"], "A report about cinema.");
    assert!(response["execute_id"].is_string());
    let states: Vec<_> = err
        .lines()
        .filter(|line| line.starts_with("status: "))
        .collect();
    assert_eq!(states.last(), Some(&"status: Success"), "{err}");

    let (code, out, _) = run(&slow);
    assert_eq!(code, 0);
    assert!(out.trim().parse::<u64>().is_ok(), "an execute id: {out}");
}

#[test]
fn a_missing_input_is_named() {
    let (code, out, err) = run(&["run", "greeting", "--emulator"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(
        err.starts_with("error: run_workflow:") && err.contains("'name'"),
        "{err}"
    );
    let (code, out, err) = run(&["run", "greeting", "--emulator", "--output", "json"]);
    assert_eq!((code, out.as_str()), (1, ""));
    let error = &json(&err)["error"];
    assert_eq!(
        (&error["kind"], &error["code"]),
        (&"api".into(), &4000.into())
    );
    assert_eq!(error["may_have_run"], false);
    assert!(error["log_id"].is_string() && error["hint"].is_string());
}

#[test]
fn without_token_and_emulator_both_ways_on_are_named() {
    let (code, _, err) = run(&["run", "greeting"]);
    assert_eq!(code, 3);
    assert!(
        err.contains("COZE_API_TOKEN") && err.contains("--emulator"),
        "{err}"
    );
    let (code, _, err) = run(&["run", "greeting", "--output", "json"]);
    assert_eq!(code, 3);
    assert_eq!(json(&err)["error"]["kind"], "auth");
}

#[test]
fn bad_usage_is_told_before_anything_is_sent() {
    for args in [
        &["run", "greeting", "-p", "Ada", "--emulator"][..],
        &["run", "greeting", "--params", "[1]", "--emulator"],
        &["run", "greeting", "--wait", "--emulator"],
        &[
            "run",
            "greeting",
            "--emulator",
            "--base-url",
            "http://127.0.0.1:1",
        ],
        &["run", "greeting", "--emulator", "--deadline", "soon"],
        &[
            "run",
            "../admin",
            "--token",
            "t",
            "--base-url",
            "http://user:pass@127.0.0.1",
        ],
        &[
            "run",
            "greeting",
            "--emulator",
            "--workflows",
            "/nonexistent",
        ],
        &["run"],
    ] {
        let (code, out, err) = run(args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}: {err}");
        assert!(!err.is_empty() && !err.contains("pass@"), "{args:?}: {err}");
    }
}

#[test]
fn no_connection_is_exit_code_four_and_starts_no_run() {
    let args = [
        "run",
        "1",
        "--token",
        "canary",
        "--base-url",
        "http://127.0.0.1:1",
        "--output",
        "json",
    ];
    let (code, _, err) = run(&args);
    assert_eq!(code, 4, "{err}");
    let error = &json(&err)["error"];
    assert_eq!(
        (&error["kind"], &error["may_have_run"]),
        (&"transport".into(), &false.into())
    );
    assert!(!err.contains("canary"), "{err}");
}

#[test]
fn the_most_verbose_command_does_not_show_its_token() {
    const TOKEN: &str = "pat_CANARY0123456789";
    let emulator = Server::start(&["--listen", "127.0.0.1:0"]);
    let url = emulator.first.trim_end();
    let url = url.strip_prefix("listening on ").unwrap();
    for (base, status) in [(url, 0), ("http://127.0.0.1:1", 4)] {
        for way in [&[][..], &["--output", "json"]] {
            let mut args = vec![
                "run",
                "greeting",
                "-p",
                "name=Ada",
                "-vv",
                "--base-url",
                base,
            ];
            args.extend(way);
            let out = coze(&args).env("COZE_API_TOKEN", TOKEN).output().unwrap();
            let text = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
            assert_eq!(out.status.code(), Some(status), "{text}");
            assert!(!text.is_empty() && !text.contains("CANARY"), "{text}");
        }
    }
}

/// `coze emulator` on a free port, ended with the test.
struct Server {
    child: Child,
    first: String,
}

impl Server {
    fn start(args: &[&str]) -> Self {
        let mut command = coze(&["emulator"]);
        let mut child = command
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        Self { child, first }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn the_emulator_says_where_it_listens_and_responds_there() {
    let server = Server::start(&["--listen", "127.0.0.1:0"]);
    let url = server
        .first
        .trim_end()
        .strip_prefix("listening on ")
        .unwrap();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    let mut command = coze(&["run", "greeting", "-p", "name=Ada"]);
    let out = command
        .env("COZE_API_BASE", url)
        .env("COZE_API_TOKEN", "any")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(out.stdout).unwrap(), "Hello, Ada!\n");

    // What an editor puts around a line is ignored.
    let mut command = coze(&["run", "greeting", "-p", "name=Ada"]);
    let out = command
        .env("COZE_API_BASE", format!("\u{feff}{url}\n"))
        .env("COZE_API_TOKEN", "\u{feff}any\n")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(out.stdout).unwrap(), "Hello, Ada!\n");

    let server = Server::start(&["--output", "json"]);
    assert!(json(&server.first)["listening"].is_string());
}

#[test]
fn the_emulator_runs_definitions_of_a_folder() {
    let dir = std::env::temp_dir().join(format!("coze-cli-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let file = dir.join("shout.yaml");
    let definition = "id: \"7400000000000009001\"\nname: shout\ninputs:\n  text: { type: string, required: true }\n\
                      nodes:\n  - text: { id: loud, title: Loud, template: \"{{ text | upper }}!\" }\n\
                      end:\n  variables: { output: \"{{ loud.output }}\" }\n";
    std::fs::write(&file, definition).unwrap();
    let folder = dir.to_str().unwrap();
    let args = [
        "run",
        "shout",
        "-p",
        "text=hey",
        "--emulator",
        "--workflows",
        folder,
    ];
    assert_eq!(run(&args), (0, "HEY!\n".into(), String::new()));

    std::fs::write(&file, definition.replace("title", "titel")).unwrap();
    let (code, _, err) = run(&args);
    assert_eq!(code, 2);
    assert!(err.contains("shout.yaml") && err.contains("titel"), "{err}");
    std::fs::remove_dir_all(dir).unwrap();
}

#[test]
fn the_emulator_breaks_calls_on_request_and_gives_the_same_ids_again() {
    let file = std::env::temp_dir().join(format!("coze-cli-faults-{}", std::process::id()));
    std::fs::write(&file, "on=/v1/workflow/run times=9 code=4200\n").unwrap();
    let path = file.to_str().unwrap();
    let server = Server::start(&["--faults", path]);
    let url = server
        .first
        .trim_end()
        .strip_prefix("listening on ")
        .unwrap();
    let run = [
        "run",
        "greeting",
        "-p",
        "name=Ada",
        "--token",
        "any",
        "--base-url",
        url,
    ];
    let (code, _, err) = self::run(&run);
    assert_eq!(code, 1);
    assert!(err.contains("4200"), "{err}");

    std::fs::write(&file, "stutter=1\n").unwrap();
    let (code, _, err) = self::run(&["emulator", "--faults", path]);
    assert_eq!(code, 2);
    assert!(err.contains("stutter"), "{err}");
    std::fs::remove_file(file).unwrap();

    let ids = || {
        let server = Server::start(&["--seed", "7", "--dialect", "studio"]);
        let url = server
            .first
            .trim_end()
            .strip_prefix("listening on ")
            .unwrap();
        let start = [
            "run",
            "7400000000000000103",
            "--async",
            "--token",
            "any",
            "--base-url",
            url,
        ];
        self::run(&start).1
    };
    let first = ids();
    assert!(first.trim().parse::<u64>().is_ok(), "{first}");
    assert_eq!(first, ids());
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_ends_the_command_quietly() {
    let mut child = coze(&["run", "greeting", "-p", "name=Ada", "--emulator"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let out = child.wait_with_output().unwrap();
    assert_eq!(
        (
            out.status.code(),
            String::from_utf8(out.stderr).unwrap().as_str()
        ),
        (Some(0), "")
    );
}

#[test]
fn an_emulator_of_any_engine_knows_its_workflows_by_name_and_what_they_take() {
    for engine in ["cloud", "studio", "dify", "runs"] {
        let weather = ["run", "weather", "-p", "city=Lyon", "--engine", engine];
        let (code, out, err) = run(&[&weather[..], &["--emulator"]].concat());
        assert_eq!((code, &*err), (0, ""), "{engine}");
        assert!(out.contains("celsius"), "{engine}: {out}");
        let (code, _, err) = run(&[&weather[..], &["--workflows", "flows"]].concat());
        assert_eq!(code, 2, "{engine}: {err}");
        assert!(err.contains("add --emulator"), "{engine}: {err}");
    }
    let stream = ["stream", "weather", "-p", "city=Lyon", "--emulator"];
    for engine in ["studio", "dify"] {
        let (code, _, err) = run(&[&stream[..], &["--engine", engine]].concat());
        assert_eq!((code, &*err), (0, ""), "{engine}");
    }
}
