//! Failures.

use std::process::ExitCode;

use coze_workflow::{FormField, Question};

use crate::{
    args::Format,
    contract,
    failure::{Cause, Failure},
    output,
};

/// Prints the failure to standard error and gives the exit code.
pub(crate) fn failure(failure: &Failure, format: Format, verbose: u8) -> ExitCode {
    let code = failure.exit_code();
    if !matches!(failure.cause, Cause::PipeClosed) {
        match format {
            Format::Text => tell(failure, verbose),
            Format::Json => output::json_note(contract::failure(failure)),
        }
    }
    ExitCode::from(code)
}

fn tell(failure: &Failure, verbose: u8) {
    if let Cause::Stopped(_) = failure.cause {
        // After the terminal's `^C`.
        output::end_line();
        output::note(&failure.message());
    } else {
        output::labelled(&output::red(), "error", &failure.message());
    }
    if let Some(question) = failure.question() {
        row("question", question_of(question).as_deref());
    }
    row("hint", failure.hint().as_deref());
    if let Cause::Refused(refused) = &failure.cause {
        row("log id", refused.log_id.as_deref());
    }
    if let Cause::Engine(error) = &failure.cause {
        let question = error.question().map(|question| question.text.trim());
        row("question", question.filter(|text| !text.is_empty()));
        row("log id", error.log_id());
        row("execute id", error.run().map(|id| id.run.as_str()));
        if error.may_have_run() && error.run().is_none() {
            row("note", Some("the run may have started"));
        }
    }
    if let Cause::Call(error) = &failure.cause {
        row("log id", error.log_id());
        row("debug URL", error.debug_url());
        row("execute id", error.execute_id());
        if error.is_interrupted() {
            // The message says so.
        } else if failure.run_started {
            row("note", Some("the run was started"));
        } else if error.may_have_run() && error.execute_id().is_none() {
            row("note", Some("the run may have started"));
        }
        if verbose > 0 {
            let (count, waited) = (error.attempts().len(), error.attempts().waited());
            let text = format!("{count}, waited {waited:?} between them");
            row("attempts", Some(&text));
        }
    }
}

fn row(name: &str, value: Option<&str>) {
    output::fact(&format!("  {name}"), value);
}

/// The words of a question, with its options or fields.
fn question_of(question: &Question) -> Option<String> {
    let mut parts = Vec::new();
    let text = question.text().trim().replace('\n', " ");
    if !text.is_empty() {
        parts.push(text);
    }
    if !question.options().is_empty() {
        parts.push(format!("one of {}", question.options().join(", ")));
    }
    let fields: Vec<_> = question.fields().iter().map(FormField::name).collect();
    if !fields.is_empty() {
        parts.push(format!("fields {}", fields.join(", ")));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}
