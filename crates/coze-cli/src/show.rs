//! Showing runs.

use coze_workflow::{Run, RunOutput, models::ExecuteId};
use serde_json::{Value, json};

use crate::{args::Format, contract, failure::Failure, print, session::Session};

/// Prints what a run returned.
pub(crate) fn finished(session: &Session, run: &RunOutput) -> Result<(), Failure> {
    match session.output {
        Format::Text => {
            print::line(&plain(run.output_value(), pretty))?;
            session.tell(&[
                ("log id", run.log_id()),
                ("debug URL", run.debug_url()),
                ("execute id", run.execute_id().map(ExecuteId::as_str)),
            ]);
        }
        Format::Json => print::json(&contract::finished(run))?,
    }
    // A part that was printed is not passed off as the whole.
    if run.truncated().is_some_and(|truncated| truncated.end_node) {
        run.output::<Value>()?;
    }
    Ok(())
}

/// Prints a run that goes on.
pub(crate) fn started(session: &Session, run: &Run) -> Result<(), Failure> {
    match session.output {
        Format::Text => {
            print::row("", run.execute_id().as_str())?;
            session.tell(&[("log id", run.log_id()), ("debug URL", run.debug_url())]);
            Ok(())
        }
        Format::Json => print::json(&contract::started(run)),
    }
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

fn pretty(value: &Value) -> String {
    // A value that was just parsed can be written.
    serde_json::to_string_pretty(value).unwrap_or_default()
}
