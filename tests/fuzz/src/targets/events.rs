//! The data of stream events.

use std::fmt::Debug;

use coze_adapter_dify::DifyEvent;
use coze_models::{ChatEvent, EventError, StreamEvent, WorkflowEvent};
use serde::de::IgnoredAny;
use serde_json::Value;

/// An event of a chatflow: its name on the first line, then its data.
pub fn chat_event(input: &[u8]) {
    check::<ChatEvent>(input, |_| true);
}

/// An event of a streamed run: its name on the first line, then its data.
pub fn workflow_event(input: &[u8]) {
    check::<WorkflowEvent>(input, |_| true);
}

/// An event of a run of Dify: its name on the first line, which is empty as a rule, then its data.
pub fn dify_event(input: &[u8]) {
    // The parser is off by a unit in the last place of some numbers with a fraction.
    check::<DifyEvent>(input, |written| !written.contains('.'));
}

fn check<E: StreamEvent + Debug + PartialEq>(input: &[u8], is_exact: fn(&str) -> bool) {
    let text = String::from_utf8_lossy(input);
    let (name, data) = text.split_once('\n').unwrap_or(("", &text));
    let read = E::decode(name, data);
    if let Some(escaped) = with_escaped_key(data) {
        // Which is the parser's to read.
        let parsed = E::decode(name, &escaped);
        assert_eq!(written(&read, data), written(&parsed, &escaped), "{data}");
    }
    match read {
        Ok(event) => {
            let Ok(written) = event.data() else { return };
            let again = E::decode(event.name(), &written).map_err(|error| error.to_string());
            let Ok(again) = again else {
                panic!("{event:?} is written as {written}, which is not read: {again:?}");
            };
            assert_eq!(again.is_terminal(), event.is_terminal());
            assert!(
                !is_exact(&written) || again.data().ok() == Some(written),
                "{event:?} reads back as {again:?}"
            );
        }
        Err(error) => {
            // The name may stand in the data.
            assert!(name.is_empty() || error.name() == name);
            assert_eq!(error.data(), data);
            super::replies::shown(&error);
        }
    }
}

/// What an event is written as, whatever the order and the spaces of its members; `None` for one that keeps `data` as a
/// text because it could not be read.
fn written<E: StreamEvent>(read: &Result<E, EventError>, data: &str) -> Option<Value> {
    let written = read.as_ref().ok()?.data().ok()?;
    let kept = serde_json::to_string(data).ok()?;
    let written = Some(written).filter(|written| !written.contains(&kept));
    serde_json::from_str(&written?).ok()
}

/// The same JSON with an escape for the first letter of its first key.
fn with_escaped_key(data: &str) -> Option<String> {
    serde_json::from_str::<IgnoredAny>(data).ok()?;
    let rest = data.strip_prefix("{\"")?;
    let letter = rest.chars().next().filter(char::is_ascii_alphabetic)?;
    let code = u32::from(letter);
    Some(format!("{{\"\\u{code:04x}{}", &rest[1..]))
}
