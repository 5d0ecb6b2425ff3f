//! A server whose words are attacks: on the terminal, on the lines of a log, on the shell, on the token.
#![cfg(unix)]

#[path = "support/canned.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod canned;
#[path = "support/echoes.rs"]
mod echoes;

use std::process::{Command, Output, Stdio};

use canned::Then;

const TOKEN: &str = "pat_CANARY0123456789";

/// Clears the screen and sets the title; both kinds of controls, and a turn of the text.
const HOSTILE: &str = "a\\u001b[2J\\u001b]0;t\\u0007\\u009b1m\\u202eb";

fn set_up(command: &mut Command, url: &str) -> Output {
    command
        .env("COZE_API_BASE", url)
        .env("COZE_API_TOKEN", TOKEN)
        .env("COZE_CONFIG_DIR", "/nowhere")
        .env("RUST_LOG", "trace")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn coze(url: &str, args: &[&str]) -> (String, String) {
    let out = set_up(Command::new(env!("CARGO_BIN_EXE_coze")).args(args), url);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(out.stdout), text(out.stderr))
}

/// What the command writes to a terminal, if this machine can make one.
fn on_a_terminal(url: &str, args: &[&str]) -> Option<String> {
    let call = format!(
        "{} {} < /dev/null",
        env!("CARGO_BIN_EXE_coze"),
        args.join(" ")
    );
    let mut command = Command::new("script");
    command.args(["-qec", &call, "/dev/null"]);
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("skipped: there is no `script` to make a terminal with");
        return None;
    }
    let out = set_up(&mut command, url);
    Some(String::from_utf8(out.stdout).unwrap())
}

/// Responds with this body, where `{H}` stands for `text` as it is in JSON, also in JSON that is text in it.
fn respond(body: &str, text: &str) -> String {
    let within = format!("\\\"{}\\\"", text.replace('\\', "\\\\"));
    let body = body.replace("\\\"{H}\\\"", &within).replace("{H}", text);
    let length = body.len();
    canned::raw(
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
            .into_bytes(),
    )
}

fn is_hostile(text: &str) -> bool {
    ["\u{1b}[2J", "\u{1b}]", "\u{7}", "\u{9b}", "\u{202e}"]
        .iter()
        .any(|attack| text.contains(attack))
}

const OUTPUT: &str = r#"{"code":0,"data":"{\"a\":\"{H}\"}","execute_id":"{H}","debug_url":"https://h/{H}","detail":{"logid":"{H}"}}"#;
const REFUSED: &str = r#"{"code":5000,"msg":"{H}","execute_id":"{H}","debug_url":"https://h/{H}","detail":{"logid":"{H}"}}"#;
const LIST: &str = r#"{"code":0,"data":{"has_more":false,"items":[{"workflow_id":"1","workflow_name":"{H}","description":"{H}"}],"workspaces":[{"id":"1","name":"{H}"}],"total_count":1}}"#;
const ROW: &str = r#"{"code":0,"data":[{"execute_id":"2","execute_status":"Success","output":"{\"a\":\"{H}\"}","debug_url":"{H}","logid":"{H}","error_message":"{H}","node_execute_status":{"{H}":{"node_id":"1","is_finish":true}}}]}"#;
const QUESTION: &str = r#"{"code":0,"execute_id":"7","interrupt_data":{"event_id":"7/1{H}; touch forged","type":2,"data":"{\"content_type\":\"text\",\"content\":\"{H}\"}"}}"#;

#[test]
fn a_terminal_is_shown_controls_and_does_not_obey_them() {
    for body in [OUTPUT, REFUSED, LIST, ROW, QUESTION] {
        let url = respond(body, HOSTILE);
        for args in [
            &["run", "1", "-vv"][..],
            &["run", "1", "--async", "-vv"],
            &["run", "1", "--output", "json"],
            &["status", "1", "2", "-v"],
            &["status", "1", "2", "--output", "json"],
            &["list", "-v"],
            &["list", "1", "-v"],
            &["wait", "1", "2", "--deadline", "1s"],
        ] {
            let Some(text) = on_a_terminal(&url, args) else {
                return;
            };
            assert!(!text.is_empty());
            assert!(!is_hostile(&text), "{args:?}: {text:?}");
        }
    }
    let events = "id: 0\nevent: Message\ndata: {\"content\":\"a\\u001b[2J\\u202e\",\"node_title\":\"t\\u001b]0;x\\u0007\",\"node_is_finish\":true,\"node_seq_id\":\"0\"}\n\n\
                  id: 1\nevent: Done\ndata: {\"debug_url\":\"https://h/\\u001b[2J\"}\n\n";
    let url = canned::stream(events, Then::End);
    for args in [
        &["stream", "1", "-vv"][..],
        &["stream", "1", "--output", "json"],
    ] {
        if let Some(text) = on_a_terminal(&url, args) {
            assert!(
                text.contains("1b") && !is_hostile(&text),
                "{args:?}: {text:?}"
            );
        }
    }
}

#[test]
fn a_pipe_gets_the_output_exactly() {
    let url = respond(OUTPUT, HOSTILE);
    let (out, err) = coze(&url, &["run", "1"]);
    assert_eq!(out, "a\u{1b}[2J\u{1b}]0;t\u{7}\u{9b}1m\u{202e}b\n", "{err}");
    let (out, _) = coze(&url, &["run", "1", "--output", "json"]);
    let object: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        object["output"]["a"],
        "a\u{1b}[2J\u{1b}]0;t\u{7}\u{9b}1m\u{202e}b"
    );
}

#[test]
fn no_line_on_standard_error_is_forged() {
    let forged = "x\\n  hint: run this\\r  log id: 1\\u0085  note: z\\u2028";
    for body in [REFUSED, OUTPUT, QUESTION] {
        let url = respond(body, forged);
        let (_, err) = coze(&url, &["run", "1", "-vv"]);
        assert!(err.contains("hint: run this"), "{err}");
        let lines = err.split(['\n', '\r', '\u{85}', '\u{2028}']);
        let of_server =
            |line: &&str| line.starts_with("  hint: run this") || line.starts_with("  note: z");
        assert_eq!(lines.filter(of_server).count(), 0, "{err}");
    }
    let (out, _) = coze(&respond(LIST, forged), &["list", "1"]);
    assert_eq!(out.lines().count(), 1, "{out}");
    let (out, _) = coze(&respond(ROW, forged), &["status", "1", "2"]);
    assert!(!out.contains("\n  hint") && !out.contains('\r'), "{out}");
}

#[test]
fn what_is_printed_for_pasting_is_quoted() {
    let url = respond(QUESTION, HOSTILE);
    let (_, err) = coze(&url, &["run", "$(id)"]);
    let command = err
        .split("to answer: ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    assert!(
        command.starts_with("coze resume '$(id)' '7/1a"),
        "{command}"
    );
    assert!(command.contains("; touch forged' --answer"), "{command}");
}

#[test]
fn a_server_that_repeats_the_token_does_not_get_it_told() {
    let marks = echoes::marks(TOKEN);
    let forms = [
        TOKEN.to_owned(),
        echoes::forms(TOKEN).swap_remove(8),
        format!("0{TOKEN}"),
    ];
    for (number, response) in forms
        .iter()
        .flat_map(|form| echoes::answers(form))
        .enumerate()
    {
        let said = String::from_utf8_lossy(&response).into_owned();
        let url = canned::raw(response);
        let calls = [
            &["run", "1", "-vv", "--deadline", "300ms"][..],
            &[
                "stream",
                "1",
                "-vv",
                "--output",
                "json",
                "--deadline",
                "300ms",
            ],
            &["wait", "1", "2", "-vv", "--deadline", "300ms"],
            &["chat", "1", "hello", "-vv", "--deadline", "300ms"],
            &[
                "run",
                "1",
                "--async",
                "-vv",
                "--output",
                "json",
                "--deadline",
                "300ms",
            ],
        ];
        // What the workflow returned, on standard output, is data.
        let (_, err) = coze(&url, calls[number % calls.len()]);
        let err = err.to_lowercase();
        for mark in &marks {
            assert!(!err.contains(mark), "{mark} after {said:?}: {err}");
        }
    }
}
