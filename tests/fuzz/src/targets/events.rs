//! The data of stream events.

use std::fmt::Debug;

use coze_adapter_dify::DifyEvent;
use coze_models::{ChatEvent, EventError, StreamEvent, WorkflowEvent};

/// Bytes from which on data is not short.
const LONG: usize = 2048;

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
    // What is longer is read by the parser alone.
    let long = E::decode(name, &format!("{data}{}", " ".repeat(LONG)));
    let written = |read: &Result<E, EventError>| {
        let event = read.as_ref().ok()?;
        Some(event.data().ok()?.replace(' ', ""))
    };
    assert_eq!(written(&read), written(&long), "short and long: {data}");
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
