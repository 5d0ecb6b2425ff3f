//! Showing a failure.

use std::process::ExitCode;

use coze_workflow::{FormField, Question};

use super::{Cause, Failure};
use crate::{args::Format, contract, print};

impl Failure {
    /// Prints the failure to standard error and gives the exit code.
    pub(crate) fn show(&self, format: Format, verbose: u8) -> ExitCode {
        let code = self.exit_code();
        if !matches!(self.cause, Cause::PipeClosed) {
            match format {
                Format::Text => self.tell(verbose),
                Format::Json => print::json_note(contract::failure(self)),
            }
        }
        ExitCode::from(code)
    }

    fn tell(&self, verbose: u8) {
        if let Cause::Stopped(_) = self.cause {
            // After the terminal's `^C`.
            print::end_line();
            print::note(&self.message());
        } else {
            print::labelled(&print::red(), "error", &self.message());
        }
        if let Some(question) = self.question() {
            row("question", question_of(question).as_deref());
        }
        row("hint", self.hint().as_deref());
        match &self.cause {
            Cause::Unanswered(unanswered) => {
                row("log id", unanswered.log_id.as_deref());
                row("debug URL", unanswered.debug_url.as_deref());
                row("execute id", unanswered.execute_id.as_deref());
            }
            Cause::Call(error) => {
                row("log id", error.log_id());
                row("debug URL", error.debug_url());
                row("execute id", error.execute_id());
                if self.run_started {
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
            _ => {}
        }
    }
}

fn row(name: &str, value: Option<&str>) {
    print::fact(&format!("  {name}"), value);
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
