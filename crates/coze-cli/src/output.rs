//! Printing, for people and for programs.

use std::io::{self, Write as _};

use coze_workflow::{Run, RunOutput};
use serde_json::{Value, json};

use crate::{
    args::{Format, Global},
    failure::Failure,
};

/// Writes a line to standard output; a reader that went away ends the command quietly.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::PipeClosed,
            _ => Failure::usage(format!("the output cannot be written: {error}")),
        })
}

/// Prints what a run returned.
pub(crate) fn finished(global: &Global, run: &RunOutput) -> Result<(), Failure> {
    match global.output {
        Format::Text => {
            let text = match run.output_value() {
                Value::String(text) => text,
                // One variable alone is shown by itself.
                Value::Object(members) if members.len() == 1 => match members.into_iter().next() {
                    Some((_, Value::String(text))) => text,
                    Some((name, value)) => pretty(&json!({ name: value })),
                    None => String::new(),
                },
                value => pretty(&value),
            };
            line(&text)?;
            if global.verbose > 0 {
                note("log id", run.log_id());
                note("debug URL", run.debug_url());
                note(
                    "execute id",
                    run.execute_id()
                        .map(coze_workflow::models::ExecuteId::as_str),
                );
            }
            if global.verbose > 1 {
                eprintln!("attempts: {:?}", run.attempts());
            }
            Ok(())
        }
        Format::Json => line(
            &json!({
                "execute_id": run.execute_id(),
                "status": "success",
                "output": run.output_value(),
                "raw": run.raw(),
                "log_id": run.log_id(),
                "debug_url": run.debug_url(),
                "usage": run.usage(),
            })
            .to_string(),
        ),
    }
}

/// Prints a run that goes on.
pub(crate) fn started(global: &Global, run: &Run) -> Result<(), Failure> {
    match global.output {
        Format::Text => {
            line(run.execute_id().as_str())?;
            if global.verbose > 0 {
                note("log id", run.log_id());
                note("debug URL", run.debug_url());
            }
            Ok(())
        }
        Format::Json => line(
            &json!({
                "execute_id": run.execute_id(),
                "status": "running",
                "output": null,
                "raw": null,
                "log_id": run.log_id(),
                "debug_url": run.debug_url(),
                "usage": null,
            })
            .to_string(),
        ),
    }
}

fn note(name: &str, value: Option<&str>) {
    if let Some(value) = value {
        eprintln!("{name}: {value}");
    }
}

fn pretty(value: &Value) -> String {
    // A value that was just parsed can be written.
    serde_json::to_string_pretty(value).unwrap_or_default()
}
