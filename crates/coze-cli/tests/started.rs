//! What the command says of a run that it has started, when a later step fails.

#[path = "support/canned.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod canned;
#[path = "support/shell.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod shell;

use serde_json::Value;

const STARTED: (u16, &str) = (200, r#"{"code":0,"execute_id":"7413"}"#);
const ASKS: (u16, &str) = (
    200,
    r#"{"code":0,"execute_id":"7413","interrupt_data":{"event_id":"7413/9","type":2,"data":"Which city?"}}"#,
);

/// The failure that the command tells.
fn failure(url: &str, args: &[&str]) -> Value {
    let args = [args, &["--output", "json", "--deadline", "20s"]].concat();
    let (code, _, err) = shell::run(Some(url), &args);
    assert_ne!(code, 0, "{args:?}");
    shell::lines(&err).pop().unwrap()["error"].take()
}

#[test]
fn a_run_in_the_background_stays_started_when_its_history_fails() {
    for history in [
        (401, ""),
        (200, r#"{"code":4100}"#),
        (403, r#"{"code":4101}"#),
        (200, r#"{"code":4101}"#),
        (403, "<html>"),
        (200, "nonsense"),
        (404, ""),
    ] {
        let url = canned::json(&[STARTED, history]);
        let error = failure(&url, &["run", "1", "--async", "--wait"]);
        assert_eq!(error["may_have_run"], true, "{history:?}: {error}");
        assert_eq!(error["execute_id"], "7413", "{history:?}: {error}");
    }
}

#[test]
fn a_run_stays_started_when_its_resume_is_refused() {
    for resume in [
        (200, r#"{"code":4000,"msg":"bad"}"#),
        (401, ""),
        (200, r#"{"code":4100}"#),
        (429, ""),
        (200, r#"{"code":4009}"#),
        (404, "<html>"),
    ] {
        let url = canned::json(&[ASKS, resume]);
        let error = failure(&url, &["run", "1", "--answer", "Lyon"]);
        assert_eq!(error["may_have_run"], true, "{resume:?}: {error}");
        assert_eq!(error["execute_id"], "7413", "{resume:?}: {error}");
    }
}

#[test]
fn a_wait_answers_no_question_twice_while_the_history_lags() {
    let asks = r#"{"code":0,"data":[{"execute_status":"Running","interrupt_data":{"event_id":"7413/9","type":2,"data":"Which city?"}}]}"#;
    let over = r#"{"code":0,"data":[{"execute_status":"Success","output":"{\"Output\":\"rain\"}","interrupt_data":{"event_id":"7413/9","type":2,"data":"Which city?"}}]}"#;
    let url = canned::json(&[(200, asks), STARTED, (200, asks), (200, over)]);
    let ended = shell::run(Some(&url), &["wait", "1", "7413", "--answer", "Lyon"]);
    assert_eq!(ended, (0, "rain\n".to_owned(), String::new()));
}

#[test]
fn a_streamed_run_stays_started_when_its_resume_is_refused() {
    let asks = "id: 0\nevent: Interrupt\ndata: {\"interrupt_data\":{\"event_id\":\"7413/9\",\"type\":2,\"data\":\"Which city?\"}}\n\n";
    for resume in [
        (200, r#"{"code":4000,"msg":"bad"}"#),
        (401, ""),
        (429, ""),
        (404, "<html>"),
    ] {
        let url = canned::stream_then(asks, resume);
        let error = failure(&url, &["stream", "1", "--answer", "Lyon"]);
        assert_eq!(error["may_have_run"], true, "{resume:?}: {error}");
    }
}

#[test]
fn a_status_that_is_not_known_is_told_by_its_word() {
    for (status, word, text) in [
        (
            r#""execute_status":"Paused""#,
            Value::from("Paused"),
            "\"Paused\"",
        ),
        (r#""create_time":1"#, Value::Null, "unknown"),
    ] {
        let url = canned::json(&[(200, &format!(r#"{{"code":0,"data":[{{{status}}}]}}"#))]);
        let status = |format| {
            let args = ["status", "1", "7413", "--output", format];
            let (code, out, err) = shell::run(Some(&url), &args);
            assert_eq!(code, 0, "{err}");
            out
        };
        let state: Value = serde_json::from_str(&status("json")).unwrap();
        assert_eq!(
            (&state["status"], &state["status_word"]),
            (&"unknown".into(), &word)
        );
        let row = status("text");
        let row = row.lines().next().unwrap();
        assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["status", text]);
    }
}

#[test]
fn a_run_that_is_not_shown_is_told_with_the_log_id_of_the_response() {
    let none = r#"{"code":0,"data":[],"detail":{"logid":"2026log"}}"#;
    for args in [
        &["status", "1", "7413"][..],
        &["output", "1", "7413", "Story"],
    ] {
        let error = failure(&canned::json(&[(200, none)]), args);
        assert_eq!(
            (&error["log_id"], &error["attempts"]),
            (&"2026log".into(), &1.into()),
            "{error}"
        );
    }
}

#[test]
fn what_was_refused_before_it_started_has_not_run() {
    for (response, may) in [
        ((200, r#"{"code":4000}"#), false),
        ((401, ""), false),
        ((429, ""), false),
        ((403, "<html>"), true),
        ((200, r#"{"code":4000,"execute_id":"7413"}"#), true),
    ] {
        for command in ["run", "stream"] {
            let url = canned::json(&[response]);
            let error = failure(&url, &[command, "1"]);
            assert_eq!(
                error["may_have_run"], may,
                "{command} {response:?}: {error}"
            );
        }
    }
}
