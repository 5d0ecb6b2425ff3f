//! What a decoded response costs, by the memory of this process: at most eight times its bytes and 1 MiB.
#![cfg(target_os = "linux")]

#[path = "support/memory.rs"]
mod memory;

use std::fmt::Write as _;

use bytes::Bytes;
use coze_models::{
    ChatEvent, GetRunHistory, ListWorkflowVersions, ListWorkflows, ListWorkspaces, Operation,
    RunWorkflow, StreamEvent, WorkflowEvent,
};
use coze_wire::{InvalidKind, ReplyError, decode};
use memory::{MIB, alone, peak_of};

/// `start`, then `part` over and over with commas between, then `end`; `#` becomes another number each time.
fn body(size: usize, start: &str, part: &str, end: &str) -> Bytes {
    let mut text = String::with_capacity(size + part.len() + end.len());
    text.push_str(start);
    let parts: Vec<&str> = part.split('#').collect();
    for number in 0.. {
        text.push_str(parts[0]);
        for part in &parts[1..] {
            write!(text, "{number:x}{part}").unwrap();
        }
        if text.len() >= size {
            break;
        }
        text.push(',');
    }
    text.push_str(end);
    text.into()
}

fn read<O: Operation>(body: &Bytes) -> bool {
    let head = http::Response::new(()).into_parts().0;
    let read = decode::<O>(&head, body);
    if let Err(error) = &read {
        let ReplyError::Invalid(error) = error else {
            panic!("{error}");
        };
        assert_eq!(error.kind(), InvalidKind::Shape);
    }
    read.is_ok()
}

fn message(data: &Bytes) -> bool {
    WorkflowEvent::decode("Message", str::from_utf8(data).unwrap()).is_ok()
}

fn chat(data: &Bytes) -> bool {
    ChatEvent::decode("conversation.chat.created", str::from_utf8(data).unwrap()).is_ok()
}

/// What it is, how it is read, and a body: its start, a part that is repeated, its end.
type Case<'a> = (&'a str, fn(&Bytes) -> bool, &'a str, &'a str, &'a str);

/// What is resident beside values: the pages of code that a refusal is the first to run.
const CODE: usize = MIB / 4;

fn cases_cost(test: &str, cases: &[Case<'_>], wanted: bool) {
    for &(name, read, start, part, end) in cases {
        if alone(test, name) {
            let body = |size| body(size, start, part, end);
            // The code is loaded.
            read(&body(MIB / 16));
            let body = body(if wanted { MIB / 4 } else { MIB / 2 });
            let mut taken = !wanted;
            let cost = peak_of(|| taken = read(&body));
            println!(
                "{name}: {} KiB for {}, taken: {taken}",
                cost / 1024,
                body.len() / 1024
            );
            assert!(taken == wanted && cost <= 8 * body.len() + MIB + CODE);
        }
    }
}

#[test]
fn values_that_are_small_in_json_alone_are_refused() {
    let deep = format!("{}0{}", r#"{"":"#.repeat(100), "}".repeat(100));
    let boxes = format!("{}{{}}{}", r#"{"items":"#.repeat(20), "}".repeat(20));
    let boxes = format!("\"#\":{boxes}");
    let history = read::<GetRunHistory>;
    let versions = read::<ListWorkflowVersions>;
    let spaces = read::<ListWorkspaces>;
    let parameters = r#"{"data":{"items":[{"input":{"parameters":{"#;
    let uids = r#"{"data":{"workspaces":[{"admin_uids":["#;
    let cases: &[Case<'_>] = &[
        ("rows", history, r#"{"data":["#, "{}", "]}"),
        (
            "nodes",
            history,
            r#"{"data":[{"node_execute_status":{"#,
            r##""#":{}"##,
            "}}]}",
        ),
        ("versions", versions, r#"{"data":{"items":["#, "{}", "]}}"),
        (
            "inputs",
            versions,
            r#"{"data":{"items":["#,
            r#"{"input":{"parameters":{"":{}}}}"#,
            "]}}",
        ),
        ("parameters", versions, parameters, r##""#":{}"##, "}}}]}}"),
        ("boxes", versions, parameters, &boxes, "}}}]}}"),
        ("texts", spaces, uids, r#""a""#, "]}]}}"),
        ("values", message, r#"{"ext":{"a":["#, "0", "]}}"),
        ("lists", message, r#"{"ext":{"a":["#, "[0]", "]}}"),
        ("maps", message, r#"{"ext":{"a":["#, r#"{"":0}"#, "]}}"),
        ("depth", message, r#"{"ext":{"a":["#, &deep, "]}}"),
        ("members", message, r#"{"ext":{"#, r##""#":0"##, "}}"),
        (
            "chat",
            chat,
            r#"{"inserted_additional_messages":["#,
            "{}",
            "]}",
        ),
        ("meta", chat, r#"{"meta_data":{"#, r##""#":"""##, "}}"),
    ];
    cases_cost(
        "values_that_are_small_in_json_alone_are_refused",
        cases,
        false,
    );
}

#[test]
fn what_a_server_means_is_read_however_much_it_is() {
    let row = r#"{"workflow_id":"743130000000#","workflow_name":"n","description":"","creator":{"id":"1","name":"n"}}"#;
    let node = r##""Node #":{"node_id":"#","is_finish":true,"node_execute_uuid":"#"}"##;
    let inner = r#"{"type":"string","required":true,"description":"what to say"}"#;
    let parameter =
        format!(r#""p#":{{"type":"object","properties":{{"a":{inner},"b":{inner},"c":{inner}}}}}"#);
    let cases: &[Case<'_>] = &[
        (
            "workflows",
            read::<ListWorkflows>,
            r#"{"data":{"items":["#,
            row,
            "]}}",
        ),
        (
            "nodes",
            read::<GetRunHistory>,
            r#"{"data":[{"node_execute_status":{"#,
            node,
            "}}]}",
        ),
        (
            "uids",
            read::<ListWorkspaces>,
            r#"{"data":{"workspaces":[{"admin_uids":["#,
            r#""743130000000#""#,
            "]}]}}",
        ),
        (
            "parameters",
            read::<ListWorkflowVersions>,
            r#"{"data":{"items":[{"input":{"parameters":{"#,
            &parameter,
            "}}}]}}",
        ),
        // What is kept as text costs no more than its text.
        (
            "numbers",
            read::<GetRunHistory>,
            r#"{"data":[{"output":["#,
            "1",
            "]}]}",
        ),
        (
            "members",
            read::<GetRunHistory>,
            r#"{"data":[{"output":{"#,
            r##""#":1"##,
            "}}]}",
        ),
        (
            "unknown",
            read::<RunWorkflow>,
            r#"{"data":"","x":["#,
            "{}",
            "]}",
        ),
        ("content", message, r#"{"content":["#, "1", "]}"),
    ];
    cases_cost(
        "what_a_server_means_is_read_however_much_it_is",
        cases,
        true,
    );
}
