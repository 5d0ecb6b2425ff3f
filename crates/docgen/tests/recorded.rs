//! Recorded responses against tables.

use docgen::{
    audit::{self, Exchange, Judged},
    diagnostic::Diagnostics,
    set::{self, SETS},
    source::Sources,
};
use std::path::Path;

#[test]
fn undocumented_keys_and_unknown_values_are_told_with_their_path() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let pages = set::read_pages(&root, &SETS[0]).unwrap();
    let mut sources = Sources::new();
    let api = set::load(SETS[0].pages, &pages, &mut sources, &mut Diagnostics::new());
    let told = |misfits: Vec<docgen::check::Misfit>| -> Vec<String> {
        misfits.into_iter().map(|m| m.path).collect()
    };
    let run = audit::operation(&api, "run_workflow").unwrap();
    let json = serde_json::json!({
        "code": "0", "msg": null, "data": "x", "new": 1, "token": true,
        "interrupt_data": { "type": 99, "event_id": "1/2" },
    });
    assert_eq!(
        told(audit::response(&api, run, &json)),
        ["$.new", "$.token", "$.interrupt_data.type"]
    );
    let history = audit::operation(&api, "get_run_history").unwrap();
    let json = serde_json::json!({"data": [{"execute_status": "Tired", "bot_id": 0}]});
    assert_eq!(
        told(audit::response(&api, history, &json)),
        ["$.data[0].execute_status"]
    );
    let stream = audit::operation(&api, "stream_workflow").unwrap();
    let text = "id: 0\nevent: Message\ndata: {\"content\":\"x\",\"odd\":1}\n\nevent:Strange\ndata:{}\n\n\
                event: Done\ndata: {}";
    assert_eq!(
        told(audit::stream(&api, stream, text, None)),
        ["event 0 Message: $.odd", "event 1"]
    );
    assert!(audit::operation(&api, "nothing").is_none());
}

#[test]
fn an_exchange_is_judged_by_the_page_of_its_call() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let set = SETS.iter().find(|set| set.pages.ends_with("dify")).unwrap();
    let pages = set::read_pages(&root, set).unwrap();
    let mut sources = Sources::new();
    let api = set::load(set.pages, &pages, &mut sources, &mut Diagnostics::new());
    let judge = |method: &str, path: &str, status: u16, kind: &str, body: &str| {
        let exchange = Exchange::read(&serde_json::json!({
            "request": { "method": method, "path": path },
            "response": { "status": status, "headers": [["Content-Type", kind]], "chunks": [{ "text": body }] },
        }));
        match exchange.unwrap().judge(&api) {
            Judged::Against(misfits) => misfits.into_iter().map(|m| m.path).collect(),
            other => vec![format!("{other:?}")],
        }
    };
    let (json, events) = ("application/json", "text/event-stream");
    let run = "/v1/workflows/run";
    for (method, path, status, kind, body, expected) in [
        (
            "GET",
            "/v1/workflows/run/1?x=y",
            200,
            json,
            r#"{"inputs":"{}","new":1}"#,
            &["$.new"][..],
        ),
        (
            "GET",
            "/v1/workflows/run/1",
            200,
            json,
            r#"{"status":"odd"}"#,
            &["$.status"],
        ),
        (
            "GET",
            "/v1/workflows/run/1",
            500,
            json,
            r#"{"code":"unknown","trace":1}"#,
            &["$.trace"],
        ),
        (
            "POST",
            run,
            200,
            json,
            r#"{"data":{"status":"failed","odd":1}}"#,
            &["$.data.odd"],
        ),
        (
            "POST",
            run,
            200,
            events,
            "data: {\"event\":\"text_chunk\",\"data\":{\"text\":1}}\n\n",
            &["event 0 text_chunk: $.data.text"],
        ),
        (
            "POST",
            run,
            200,
            events,
            "event: ping\n\ndata: {\"event\":\"new\"}\n\n",
            &["event 1"],
        ),
        (
            "POST",
            run,
            200,
            events,
            "data: {\"event\":\"text_chunk\",\"data\u{fffd}",
            &[],
        ),
        ("POST", "/v1/elsewhere", 200, json, "{}", &["NoPage"]),
        ("POST", run, 502, "text/html", "<html>", &["Unread"]),
    ] {
        assert_eq!(
            judge(method, path, status, kind, body),
            expected,
            "{method} {path} {body}"
        );
    }
    assert!(Exchange::read(&serde_json::json!({ "request": {}, "response": null })).is_none());
}
