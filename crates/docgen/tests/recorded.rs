//! Recorded answers against tables.

use docgen::{
    audit,
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
        told(audit::answer(&api, run, &json)),
        ["$.new", "$.token", "$.interrupt_data.type"]
    );
    let history = audit::operation(&api, "get_run_history").unwrap();
    let json = serde_json::json!({"data": [{"execute_status": "Tired", "bot_id": 0}]});
    assert_eq!(
        told(audit::answer(&api, history, &json)),
        ["$.data[0].execute_status"]
    );
    let stream = audit::operation(&api, "stream_workflow").unwrap();
    let text = "id: 0\nevent: Message\ndata: {\"content\":\"x\",\"odd\":1}\n\nevent:Strange\ndata:{}\n\n\
                event: Done\ndata: {}";
    assert_eq!(
        told(audit::stream(&api, stream, text)),
        ["event 0 Message: $.odd", "event 1"]
    );
    assert!(audit::operation(&api, "nothing").is_none());
}
