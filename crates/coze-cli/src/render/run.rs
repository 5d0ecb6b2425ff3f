//! Runs.

use coze_workflow::{Run, RunOutput, models::ExecuteId};
use serde_json::{Value, json};

use crate::{args::Format, contract, failure::Failure, output, session::Session};

/// Prints what a run returned.
pub(crate) fn finished(session: &Session, run: &RunOutput) -> Result<(), Failure> {
    match session.output {
        Format::Text => {
            output::line(&plain(run.output_value(), pretty))?;
            session.tell(&[
                ("log id", run.log_id()),
                ("debug URL", run.debug_url()),
                ("execute id", run.execute_id().map(ExecuteId::as_str)),
            ]);
        }
        Format::Json => output::json(&contract::finished(run))?,
    }
    // A truncated output fails the command, though what there is was printed.
    if run.truncated().is_some_and(|truncated| truncated.end_node) {
        run.output::<Value>()?;
    }
    Ok(())
}

/// Prints a run that goes on.
pub(crate) fn started(session: &Session, run: &Run) -> Result<(), Failure> {
    match session.output {
        Format::Text => {
            output::row("", run.execute_id().as_str())?;
            session.tell(&[("log id", run.log_id()), ("debug URL", run.debug_url())]);
        }
        Format::Json => output::json(&contract::started(run))?,
    }
    Ok(())
}

/// An output for people: text as text, one variable alone by itself, and anything else as `json` writes it.
pub(crate) fn plain(output: Value, json: fn(&Value) -> String) -> String {
    match output {
        Value::String(text) => text,
        Value::Object(members) if members.len() == 1 => match members.into_iter().next() {
            Some((_, Value::String(text))) => text,
            Some((name, value)) => json(&json!({ name: value })),
            None => String::new(),
        },
        value => json(&value),
    }
}

pub(crate) fn pretty(value: &Value) -> String {
    // A value that was just parsed can be written.
    serde_json::to_string_pretty(value).unwrap_or_default()
}
