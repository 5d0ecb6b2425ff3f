//! Runs in the words of the engine interface.

use std::time::Duration;

use coze_engine::{
    EngineError, ErrorKind, Outcome, Question, RunFailure, RunId, RunSnapshot, RunStatus,
    http::CallContext,
};
use coze_models::{UnixSeconds, support::Budget};
use coze_transport::scrub;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::{DifyRun, DifyRunResult, DifyRunStatus};

/// What a run that was stopped between two nodes says in its stream, as `failed`.
const ABORTED: &str = "Aborted: User requested stop";

/// What a response tells of a run, whatever its form.
pub(crate) struct Told<'a> {
    /// None where the response does not name it.
    pub(crate) id: Option<RunId>,
    pub(crate) status: Option<&'a DifyRunStatus>,
    pub(crate) error: Option<&'a str>,
    pub(crate) tokens: Option<i64>,
    pub(crate) steps: Option<i64>,
    pub(crate) created: Option<UnixSeconds>,
    pub(crate) finished: Option<UnixSeconds>,
    pub(crate) elapsed: Option<f64>,
    /// The JSON of the response or of the event.
    pub(crate) raw: &'a str,
}

#[derive(Deserialize)]
struct Outputs<'a> {
    #[serde(borrow)]
    outputs: Option<&'a RawValue>,
    /// A response to a run, and an event, have the record in it.
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

impl<'a> Told<'a> {
    pub(crate) fn of_run(id: RunId, run: &'a DifyRun, raw: &'a str) -> Self {
        Self {
            id: Some(id),
            status: run.status.as_ref(),
            error: run.error.as_deref(),
            tokens: run.total_tokens,
            steps: run.total_steps,
            created: run.created_at,
            finished: run.finished_at,
            elapsed: run.elapsed_time,
            raw,
        }
    }

    pub(crate) fn of_result(id: Option<RunId>, result: &'a DifyRunResult, raw: &'a str) -> Self {
        Self {
            id,
            status: result.status.as_ref(),
            error: result.error.as_deref(),
            tokens: result.total_tokens,
            steps: result.total_steps,
            created: result.created_at,
            finished: result.finished_at,
            elapsed: result.elapsed_time,
            raw,
        }
    }

    /// `stopped` says that this client has asked the server to stop the run.
    pub(crate) fn snapshot(&self, stopped: bool) -> RunSnapshot {
        let aborted = self.error == Some(ABORTED);
        let status = match self.status {
            Some(DifyRunStatus::Running) => RunStatus::Running,
            Some(DifyRunStatus::Succeeded) => RunStatus::Succeeded,
            Some(DifyRunStatus::PartialSucceeded) => RunStatus::PartlySucceeded,
            Some(DifyRunStatus::Failed) if aborted || stopped => RunStatus::Stopped,
            Some(DifyRunStatus::Failed) => RunStatus::Failed,
            Some(DifyRunStatus::Stopped) => RunStatus::Stopped,
            Some(DifyRunStatus::Paused) => RunStatus::Interrupted,
            Some(other) => RunStatus::Unknown(scrub(other.as_str())),
            None => RunStatus::Unknown(String::new()),
        };
        let is_success = status.is_success();
        let mut run = RunSnapshot::new(status);
        run.status_word = self.status.map(|status| scrub(status.as_str()));
        run.failure = self
            .error
            .filter(|error| !error.is_empty())
            .map(|error| RunFailure {
                code: None,
                message: scrub(error),
            });
        run.usage.tokens = count(self.tokens);
        run.usage.steps = count(self.steps);
        run.created = self.created.and_then(UnixSeconds::to_system_time);
        run.finished = self.finished.and_then(UnixSeconds::to_system_time);
        run.elapsed = self
            .elapsed
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        run.raw = Budget::read(self.raw).unwrap_or_default();
        if let Some(data) = run.raw.get_mut("data").map(Value::take) {
            run.raw = data;
        }
        let output = run
            .raw
            .as_object_mut()
            .and_then(|record| record.remove("outputs"));
        if is_success {
            let text = outputs(self.raw).unwrap_or_default();
            // What stands beside it may be too much to be kept.
            let output = output.or_else(|| Budget::read(text).ok());
            run.output = output.unwrap_or_default();
            text.clone_into(&mut run.output_text);
        }
        run.id.clone_from(&self.id);
        run
    }
}

/// The JSON of the outputs, as it came.
fn outputs(raw: &str) -> Option<&str> {
    let read: Outputs<'_> = serde_json::from_str(raw).ok()?;
    match (read.outputs, read.data) {
        (Some(outputs), _) => Some(outputs.get()),
        (None, Some(data)) => {
            let read: Outputs<'_> = serde_json::from_str(data.get()).ok()?;
            Some(read.outputs?.get())
        }
        (None, None) => None,
    }
}

fn count(number: Option<i64>) -> Option<u64> {
    number.and_then(|number| u64::try_from(number).ok())
}

/// A run that is over, or waits: its output, or why there is none.
pub(crate) fn conclude(
    mut run: RunSnapshot,
    question: Option<Question>,
    context: &CallContext,
) -> Result<RunSnapshot, EngineError> {
    if run.status.is_success() {
        return Ok(run);
    }
    let said = run.failure.take().map(|failure| failure.message);
    let (kind, message) = match &run.status {
        RunStatus::Stopped => (ErrorKind::Cancelled, "the run was stopped".to_owned()),
        RunStatus::Interrupted => (
            ErrorKind::Interrupted,
            "the run waits for a form".to_owned(),
        ),
        RunStatus::Failed => {
            let said = said.unwrap_or_else(|| "without saying why".to_owned());
            (ErrorKind::Api, format!("the run failed: {said}"))
        }
        other => (
            ErrorKind::Decode,
            format!("the run ended with the unexpected status `{other}`"),
        ),
    };
    let mut context = context.clone();
    if let Some(id) = run.id {
        context.about(id);
    }
    let error = context.error(kind, message, Outcome::Accepted);
    let error = error.starting_run(Outcome::Accepted);
    Err(match question {
        Some(question) => error.with_question(question),
        None if kind == ErrorKind::Interrupted => error.with_hint(
            "the token of a form is in no response but that of a stream: send the form at the web page of the app, \
             then wait for the run",
        ),
        None => error,
    })
}

/// The record as JSON.
pub(crate) fn value<T: serde::Serialize>(record: &T) -> Value {
    serde_json::to_value(record).unwrap_or_default()
}
