//! Streams as a shell sees them, where they do not go as they should.
#![cfg(unix)]

#[path = "support/canned.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod canned;
#[path = "support/shell.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod shell;

use std::{
    io::{self, BufRead as _, BufReader, Read as _},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use canned::Then;
use shell::{kill, lines};

const MESSAGE: &str = "id: 0\nevent: Message\ndata: {\"content\":\"hi\",\"node_title\":\"A\",\"node_is_finish\":true,\"node_seq_id\":\"0\"}\n\n";
const ODD: &str = "id: 0\nevent: Message\ndata: {\"content\":\"hi\",\"extra\":1}\n\n\
                   id: 1\nevent: PING\ndata: {}\n\n\
                   id: 2\nevent: Novelty\ndata: {\"a\":1}\n\n\
                   id: 3\nevent: Message\ndata: {oops\n\n\
                   id: 4\nevent: Done\ndata: {}\n\n";

fn coze(url: &str, args: &[&str]) -> Command {
    shell::coze(Some(url), args)
}

fn run(url: &str, args: &[&str]) -> (i32, String, String) {
    shell::run(Some(url), args)
}

#[test]
fn odd_events_are_lines_too_and_pings_only_on_request() {
    let url = canned::stream(ODD, Then::End);
    let (code, out, err) = run(&url, &["stream", "1", "--output", "json"]);
    assert_eq!(code, 1, "{err}");
    let events = lines(&out);
    let names: Vec<_> = events
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["message", "unknown", "undecodable", "done"]);
    let unknown = &events[1];
    assert_eq!(
        (&unknown["name"], &unknown["raw"]),
        (&"Novelty".into(), &"{\"a\":1}".into())
    );
    let bad = &events[2];
    assert_eq!(
        (&bad["name"], &bad["raw"]),
        (&"Message".into(), &"{oops".into())
    );
    let ids: Vec<_> = events
        .iter()
        .map(|event| event["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["0", "2", "3", "4"]);
    assert_eq!(events[3]["log_id"], "2026log");

    let (_, out, _) = run(&url, &["stream", "1", "--output", "json", "--pings"]);
    assert_eq!(lines(&out)[1]["event"], "ping");
}

#[test]
fn text_that_cannot_be_decoded_fails_the_command_at_the_end() {
    const CHAT: &str = "event: conversation.message.delta\ndata: {oops\n\n\
                        event: conversation.message.completed\ndata: {\"id\":\"1\",\"type\":\"answer\",\"content\":\"hi\"}\n\n\
                        event: done\ndata: {}\n\n";
    for (text, args) in [
        (ODD, &["stream", "1"][..]),
        (CHAT, &["chat", "1", "hello", "--app-id", "2"]),
    ] {
        let url = canned::stream(text, Then::End);
        let (code, out, err) = run(&url, args);
        // What could be read before and after stands.
        assert_eq!((code, out.as_str()), (1, "hi\n"), "{err}");
        let (code, out, err) = run(&url, &[args, &["--output", "json"]].concat());
        assert_eq!(code, 1, "{err}");
        assert_eq!(lines(&out).last().unwrap()["event"], "done");
        let error = &lines(&err)[0]["error"];
        assert_eq!(error["kind"], "decode", "{err}");
        assert_eq!(error["may_have_run"], true, "{err}");
    }
    // An event without text of the output is told, and no more.
    let url = canned::stream(
        "id: 0\nevent: PING\ndata: {oops\n\nid: 1\nevent: Done\ndata: {}\n\n",
        Then::End,
    );
    let (code, _, err) = run(&url, &["stream", "1", "--pings"]);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn a_stream_without_its_end_is_exit_code_four_and_what_came_stands() {
    let url = canned::stream(MESSAGE, Then::End);
    let (code, out, err) = run(&url, &["stream", "1", "--output", "json"]);
    assert_eq!(code, 4, "{err}");
    assert_eq!(lines(&out)[0]["content"], "hi");
    let error = &lines(&err)[0]["error"];
    assert_eq!(
        (&error["kind"], &error["may_have_run"]),
        (&"truncated".into(), &true.into())
    );
    assert_eq!(error["log_id"], "2026log");
    let (code, out, err) = run(&url, &["stream", "1"]);
    assert_eq!((code, out.as_str()), (4, "hi\n"), "{err}");
    assert!(err.contains("hint: "), "{err}");
}

#[test]
fn a_silent_stream_is_given_up() {
    let url = canned::stream(MESSAGE, Then::Silence);
    let (code, out, err) = run(
        &url,
        &["stream", "1", "--idle-timeout", "200ms", "--output", "json"],
    );
    assert_eq!((code, lines(&out).len()), (4, 1), "{err}");
    assert_eq!(lines(&err)[0]["error"]["kind"], "stalled");
    let (code, _, err) = run(
        &url,
        &["stream", "1", "--deadline", "300ms", "--output", "json"],
    );
    assert_eq!(code, 4, "{err}");
    assert_eq!(lines(&err)[0]["error"]["kind"], "timeout");
}

#[test]
fn a_reader_that_takes_one_line_ends_an_endless_stream_quietly() {
    let url = canned::stream(MESSAGE, Then::More);
    for format in [&["--output", "json"][..], &[]] {
        let mut child = coze(&url, &[&["stream", "1"], format].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.contains("hi"), "{line}");
        let out = child.wait_with_output().unwrap();
        let err = String::from_utf8(out.stderr).unwrap();
        assert_eq!((out.status.code(), err.as_str()), (Some(0), ""));
    }
}

#[test]
fn closed_and_full_outputs_are_no_panic() {
    // An event that cannot be decoded is told on standard error.
    const EVENTS: &str = "id: 0\nevent: Message\ndata: {\"content\":\"hi\"}\n\n\
                          id: 1\nevent: Novelty\ndata: {oops\n\n\
                          id: 2\nevent: Done\ndata: {}\n\n";
    let url = canned::stream(EVENTS, Then::End);
    let shell = |redirections: &str| {
        let command = format!("{} stream 1 -vv {redirections}", env!("CARGO_BIN_EXE_coze"));
        let out = Command::new("sh")
            .args(["-c", &command])
            .env("COZE_API_BASE", &url)
            .env("COZE_API_TOKEN", "t")
            .env("COZE_CONFIG_DIR", "/nowhere")
            .output()
            .unwrap();
        let err = String::from_utf8(out.stderr).unwrap();
        assert!(!err.contains("panicked"), "{redirections}: {err}");
        (out.status.code().unwrap(), err)
    };
    assert_eq!(shell(">&-").0, 0);
    assert_eq!(shell("2>&-").0, 0);
    assert_eq!(shell(">&- 2>&-").0, 0);
    let (code, err) = shell("> /dev/full");
    assert_eq!(code, 2);
    assert!(err.contains("standard output cannot be written"), "{err}");
    assert_eq!(shell("2> /dev/full").0, 0);
}

#[test]
fn ctrl_c_leaves_the_run_alone_and_tells_how_to_go_on() {
    let url = canned::stream(MESSAGE, Then::Silence);
    let stopped = |args: &[&str]| {
        let mut child = coze(&url, args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(kill(&child, "-INT"));
        let out = child.wait_with_output().unwrap();
        (out.status.code(), String::from_utf8(out.stderr).unwrap())
    };
    let (code, err) = stopped(&["stream", "1"]);
    assert_eq!(code, Some(130));
    assert!(err.contains("the run may have started"), "{err}");
    let (code, err) = stopped(&["stream", "1", "--output", "json"]);
    assert_eq!(code, Some(130));
    let error = &lines(&err)[0]["error"];
    assert_eq!(
        (&error["kind"], &error["may_have_run"]),
        (&"cancelled".into(), &true.into())
    );
}

#[test]
fn ctrl_c_is_heard_while_a_server_floods() {
    for flood in [MESSAGE, "event: PING\ndata: {}\n\n"] {
        let url = canned::stream(MESSAGE, Then::Flood(flood));
        let mut child = coze(&url, &["stream", "1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        // Long enough for the flood to be one.
        for _ in 0..if flood == MESSAGE { 3000 } else { 1 } {
            out.read_line(&mut String::new()).unwrap();
        }
        // The output is taken away as fast as it comes.
        thread::spawn(move || io::copy(&mut out, &mut io::sink()));
        let id = child.id().to_string();
        let kill = |signal: &str| Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(kill("-INT").success());
        let (ended, end) = mpsc::channel();
        thread::spawn(move || ended.send(child.wait_with_output().unwrap()));
        let end = end.recv_timeout(Duration::from_secs(5));
        kill("-KILL");
        assert_eq!(end.unwrap().status.code(), Some(130), "{flood}");
    }
}

/// A reader that is slow keeps the command within one turn for long: what it prints after the signal is bounded.
#[test]
fn ctrl_c_is_heard_after_few_events_while_the_output_is_read_slowly() {
    let text = "x".repeat(1024);
    let event =
        format!("event: Message\ndata: {{\"content\":\"{text}\",\"node_seq_id\":\"0\"}}\n\n");
    let url = canned::stream(MESSAGE, Then::Flood(event.leak()));
    let mut child = coze(&url, &["stream", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    // The flood has begun, and fills the pipe.
    io::copy(&mut out.by_ref().take(1024 * 1024), &mut io::sink()).unwrap();
    thread::sleep(Duration::from_millis(200));
    assert!(kill(&child, "-INT"));
    let rest = io::copy(&mut out.take(64 * 1024 * 1024), &mut io::sink()).unwrap();
    kill(&child, "-KILL");
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest} bytes");
    // The pipe, and the events of one turn.
    assert!(rest < 1024 * 1024, "{rest} bytes after the signal");
}

#[test]
fn the_most_verbose_stream_does_not_show_its_token() {
    for (text, then) in [
        (ODD, Then::End),
        (MESSAGE, Then::End),
        (
            "id: 0\nevent: Error\ndata: {\"error_code\":4100,\"error_message\":\"bad token Bearer pat_CANARY0123456789\"}\n\n",
            Then::End,
        ),
        (
            "event: error\ndata: pat_CANARY0123456789 is refused\n\n",
            Then::End,
        ),
    ] {
        let url = canned::stream(text, then);
        for args in [
            &["stream", "1", "-vv"][..],
            &["stream", "1", "-vv", "--output", "json"],
            &["chat", "1", "hello", "-vv"],
            &["run", "1", "-vv"],
            &["doctor", "-vv"],
        ] {
            let (_, out, err) = run(&url, args);
            assert!(
                !out.contains("CANARY") && !err.contains("CANARY"),
                "{args:?}: {out}{err}"
            );
            assert!(!err.is_empty() || !out.is_empty());
        }
    }
}
