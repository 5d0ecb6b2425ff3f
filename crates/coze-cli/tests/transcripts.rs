//! The command at a shell, written down: `tests/transcripts/*.txt` hold commands and what they print.
//!
//! `$ ` begins a command, `! ` a line of standard error, `= ` an exit code other than 0, `# ` a remark.
//! `UPDATE_EXPECT=1 cargo test -p coze-cli --test transcripts` writes them anew.
#![cfg(unix)]

mod support;

use std::{
    fmt::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use expect_test::{ExpectFile, expect_file};
use support::{BEGIN, Server};

/// What log ids begin with: the hour.
const LOG_ID: &str = "2027011508";
/// What the ids of runs begin with. Runs in the background draw theirs whenever they get there.
const ID: &str = "75000000000";

#[test]
fn help() {
    check(&expect_file!["transcripts/help.txt"]);
}

#[test]
fn run() {
    check(&expect_file!["transcripts/run.txt"]);
}

#[test]
fn wait() {
    check(&expect_file!["transcripts/wait.txt"]);
}

#[test]
fn catalog() {
    check(&expect_file!["transcripts/catalog.txt"]);
}

#[test]
fn files() {
    check(&expect_file!["transcripts/files.txt"]);
}

#[test]
fn stream() {
    check(&expect_file!["transcripts/stream.txt"]);
}

#[test]
fn resume() {
    check(&expect_file!["transcripts/resume.txt"]);
}

#[test]
fn chat() {
    check(&expect_file!["transcripts/chat.txt"]);
}

#[test]
fn doctor() {
    check(&expect_file!["transcripts/doctor.txt"]);
}

#[test]
fn misuse() {
    check(&expect_file!["transcripts/misuse.txt"]);
}

fn check(file: &ExpectFile) {
    let server = Server::start(|emulator| emulator);
    file.assert_eq(&replay(&file.data(), &server.url));
}

/// Runs the commands of a transcript one after another, and writes down what they print now.
fn replay(transcript: &str, url: &str) -> String {
    let mut out = String::new();
    for line in transcript.lines() {
        if line.starts_with("# ") {
            let _ = writeln!(out, "{line}");
        }
        if let Some(command) = line.strip_prefix("$ ") {
            let _ = writeln!(out, "{line}");
            record(&mut out, command, url);
            out.push('\n');
        }
    }
    assert!(out.contains("$ "), "a transcript without a command");
    out
}

fn record(out: &mut String, command: &str, url: &str) {
    let folder = Path::new(env!("CARGO_BIN_EXE_coze")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), env!("PATH"));
    let done = Command::new("sh")
        .args(["-c", command])
        .env_clear()
        .env("PATH", path)
        .env("COLUMNS", "100")
        .env("COZE_API_BASE", url)
        .env("COZE_CONFIG_DIR", "/nowhere")
        .env("COZE_API_TOKEN", "pat_CANARY0123456789")
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    for (mark, bytes) in [("", done.stdout), ("! ", done.stderr)] {
        let text = String::from_utf8(bytes).unwrap();
        assert!(
            !text.contains("CANARY"),
            "{command} shows its token: {text}"
        );
        for line in redacted(&text, url).lines() {
            let _ = writeln!(out, "{}", format!("{mark}{line}").trim_end());
        }
    }
    match done.status.code() {
        Some(0) => {}
        Some(code) => {
            let _ = writeln!(out, "= {code}");
        }
        None => panic!("{command} was killed"),
    }
}

/// What differs from run to run: the port, points in time, and how long it took.
fn redacted(text: &str, url: &str) -> String {
    let mut text = text.replace(url, "http://emulator");
    for (begin, name) in [(LOG_ID, "<log id>"), (ID, "<id>")] {
        while let Some(at) = text.find(begin) {
            let end = text[at..].find(|c: char| !c.is_ascii_alphanumeric());
            let end = end.map_or(text.len(), |length| at + length);
            text.replace_range(at..end, name);
        }
    }
    let is_uuid =
        |part: &str| part.len() == 36 && part.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
    let parts: Vec<_> = text.split('"').collect();
    text = parts
        .iter()
        .map(|part| if is_uuid(part) { "<uuid>" } else { part })
        .collect::<Vec<_>>()
        .join("\"");
    for seconds in BEGIN..BEGIN + 600 {
        text = text.replace(&seconds.to_string(), "<seconds>");
    }
    for minute in 0..10 {
        let date = format!("2027-01-15T08:0{minute}:");
        while let Some(at) = text.find(&date) {
            text.replace_range(at..at + date.len() + 3, "<date>");
        }
    }
    let words = text.split_inclusive([' ', '\n']).collect::<Vec<_>>();
    let mut shown = String::new();
    for (index, word) in words.iter().enumerate() {
        let next = words.get(index + 1).map_or("", |next| next.trim_end());
        let digits = word.trim_end().trim_start_matches('(');
        let unit = matches!(next, "s" | "s)") || next.starts_with("ms");
        let is_time = unit && digits.parse::<f64>().is_ok();
        shown.push_str(&if is_time {
            word.replace(digits, "<n>")
        } else {
            (*word).to_owned()
        });
    }
    shown
}
