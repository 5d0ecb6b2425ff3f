//! Recorded responses, decoded by the models. Those in `tests/recorded` have the shape of what Dify 1.13
//! sends; `DIFY_RECORDINGS=FOLDER` adds a folder of real ones. `cargo xtask audit` holds the same files
//! against the tables, which tells unknown fields.

use coze_adapter_dify::{DifyEvent, DifyFailure, DifyRun, DifyRunReply};
use coze_models::{StreamEvent, support::NamedEvent};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, path::Path};

/// Text that stands for what a recording leaves out.
const OMITTED: &str = "\u{fffd}";

/// Bodies decoded, by what they are.
type Count = BTreeMap<&'static str, usize>;

fn folder(folder: &Path) -> Count {
    let mut count = Count::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let exchange: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap_or_default())
                .unwrap_or_default();
        let request = exchange["request"]["path"].as_str().unwrap_or_default();
        let request = request.split('?').next().unwrap_or_default();
        let is_run = request.contains("/workflows/") && request.contains("/run");
        if is_run && let Some(status) = exchange["response"]["status"].as_u64() {
            let method = exchange["request"]["method"].as_str().unwrap_or_default();
            let chunks = exchange["response"]["chunks"].as_array().unwrap();
            let text = |chunk: &Value| chunk["text"].as_str().unwrap_or(OMITTED).to_owned();
            let body: String = chunks.iter().map(text).collect();
            let read = one(method, status, &body, &mut count);
            read.unwrap_or_else(|error| panic!("{name}: {error}\n{body}"));
        }
    }
    count
}

fn one(method: &str, status: u64, body: &str, count: &mut Count) -> Result<(), String> {
    let text = |error: serde_json::Error| error.to_string();
    let mut add = |what| *count.entry(what).or_default() += 1;
    let json = body.starts_with('{');
    if body.contains(OMITTED) && json || body.starts_with('<') {
        return Ok(());
    }
    match (status, method) {
        (400.., _) => {
            let failure: DifyFailure = serde_json::from_str(body).map_err(text)?;
            if failure.code.is_none() || failure.status.is_none() {
                return Err("a failure without a code".to_owned());
            }
            add("failure");
        }
        (_, "GET") => {
            let run: DifyRun = serde_json::from_str(body).map_err(text)?;
            let inputs = run.inputs.ok_or("no inputs")?;
            inputs.parse::<Map<String, Value>>().map_err(text)?;
            if run
                .status
                .is_none_or(|status| !KNOWN.contains(&status.as_str()))
            {
                return Err("an unknown status".to_owned());
            }
            add("run");
        }
        _ if json => {
            let reply: DifyRunReply = serde_json::from_str(body).map_err(text)?;
            if reply.data.and_then(|data| data.status).is_none() {
                return Err("no status".to_owned());
            }
            add("reply");
        }
        _ => {
            add("stream");
            for frame in body.split("\n\n").filter(|frame| !frame.is_empty()) {
                if !frame.contains(OMITTED) {
                    event(frame)?;
                    add("event");
                }
            }
        }
    }
    Ok(())
}

const KNOWN: &[&str] = coze_adapter_dify::DifyRunStatus::KNOWN;

/// Decodes an event, and what is written of it again.
fn event(frame: &str) -> Result<(), String> {
    let field = |name: &str| {
        let lines = frame
            .lines()
            .filter_map(move |line| line.strip_prefix(name));
        lines.map(str::trim_start).collect::<Vec<_>>().join("\n")
    };
    let (name, data) = (field("event:"), field("data:"));
    let event = DifyEvent::decode(&name, &data).map_err(|error| format!("{error:?}"))?;
    if matches!(event, DifyEvent::Unknown(_)) {
        return Err(format!("unknown event in {frame}"));
    }
    let ends = ["workflow_finished", "workflow_paused"].contains(&event.name());
    assert_eq!(event.is_terminal(), ends, "{frame}");
    let written = event.data().map_err(|error| error.to_string())?;
    let again = DifyEvent::decode(&name, &written).map_err(|error| format!("{error:?}"))?;
    assert_eq!(event, again);
    let named = serde_json::to_string(&NamedEvent::of(&event).unwrap()).unwrap();
    assert_eq!(event, serde_json::from_str::<DifyEvent>(&named).unwrap());
    Ok(())
}

#[test]
fn run_details_replies_failures_and_events_decode() {
    let kept = folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded"));
    let expected = [
        ("event", 38),
        ("failure", 3),
        ("reply", 4),
        ("run", 5),
        ("stream", 7),
    ];
    assert_eq!(kept, expected.into());
    if let Some(real) = std::env::var_os("DIFY_RECORDINGS") {
        let real = folder(Path::new(&real));
        println!("{real:?}");
        assert!(
            real["run"] >= 69 && real["reply"] > 0 && real["event"] > 0,
            "{real:?}"
        );
    }
}

#[test]
fn a_name_that_is_no_text_and_data_that_is_no_object_are_kept_as_unknown() {
    for data in [
        "",
        "[DONE]",
        "[]",
        r#"{"event":7}"#,
        r#"{"data":{}}"#,
        r#"{"event":"new"}"#,
    ] {
        let event = DifyEvent::decode("", data).unwrap();
        assert!(
            matches!(event, DifyEvent::Unknown(ref e) if e.data == data),
            "{data}"
        );
    }
    let known = DifyEvent::decode("", r#"{"data":{"deep":[[[{}]]]},"event":"node_started"}"#);
    assert_eq!(known.unwrap().name(), "node_started");
    assert!(DifyEvent::decode("", r#"{"event":"node_started","data":"no object"}"#).is_err());
}
