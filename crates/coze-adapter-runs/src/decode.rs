//! Bodies of this dialect, which have no envelope.

use bytes::Bytes;
use coze_engine::http::{body_text, json_object};
use coze_models::support::Budget;
use coze_transport::scrub;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{RunRecord, StartedRun};

/// One object, or a list of them.
pub(crate) fn objects<T: DeserializeOwned>(body: &[u8]) -> Result<Vec<T>, String> {
    let text = body_text(body)?;
    if !text.starts_with('[') {
        return json_object(body).map(|one| vec![one]);
    }
    Budget::read(text)
        .map_err(|error| scrub(&format!("does not have the documented shape: {error}")))
}

/// What the response to a start says. Its outputs are `output` there and `outputs` in the history, and servers are not
/// strict about it.
pub(crate) fn started(body: &[u8]) -> Result<StartedRun, String> {
    let mut started: StartedRun = json_object(body)?;
    if started.output.is_empty()
        && let Ok(RunRecord { outputs, .. }) = json_object(body)
    {
        started.output = outputs;
    }
    Ok(started)
}

/// The record of a run, in the history or posted.
pub(crate) fn record(body: &[u8]) -> Result<RunRecord, String> {
    let mut record: RunRecord = json_object(body)?;
    if record.outputs.is_empty()
        && let Ok(StartedRun { output, .. }) = json_object(body)
    {
        record.outputs = output;
    }
    Ok(record)
}

/// The outputs as they came, which keeps all digits and the order of their members.
pub(crate) fn outputs(body: &Bytes) -> Option<&str> {
    #[derive(Deserialize)]
    struct Outputs<'a> {
        #[serde(borrow)]
        outputs: Option<&'a RawValue>,
        #[serde(borrow)]
        output: Option<&'a RawValue>,
    }
    let read: Outputs<'_> = serde_json::from_str(body_text(body).ok()?).ok()?;
    let found = [read.outputs, read.output].into_iter().flatten();
    let is_empty = |text: &&str| {
        text.trim_matches(['{', '}', ' ', '\n', '\r', '\t'])
            .is_empty()
    };
    let mut texts = found.map(RawValue::get);
    texts.find(|text| !is_empty(text))
}
