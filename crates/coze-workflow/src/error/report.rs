//! A failure as a block of text for a support ticket.

use std::fmt::{self, Write as _};

use coze_transport::{Outcome, scrub};

use super::Error;
use crate::region::Region;

impl Error {
    /// All that is known, redacted, to be pasted into a support ticket.
    pub fn report(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_report(&mut out);
        out
    }

    fn write_report(&self, out: &mut String) -> fmt::Result {
        if !self.operation().is_empty() {
            write!(out, "{}: ", self.operation())?;
        }
        writeln!(out, "{}", self.0.message)?;
        let mut source = self.cause();
        while let Some(cause) = source {
            writeln!(out, "  because: {}", scrub(&cause.to_string()))?;
            source = cause.source();
        }
        let mut row = |name: &str, value: Option<&dyn fmt::Display>| match value {
            Some(value) => writeln!(out, "  {name}: {value}"),
            None => Ok(()),
        };
        row("kind", Some(&format_args!("{:?}", self.kind())))?;
        row("code", self.code().as_ref().map(|code| code as _))?;
        row(
            "http status",
            self.status().as_ref().map(|status| status as _),
        )?;
        row("log id", self.log_id().as_ref().map(|id| id as _))?;
        row("debug url", self.debug_url().as_ref().map(|url| url as _))?;
        row("execute id", self.execute_id().as_ref().map(|id| id as _))?;
        let outcome = match self.outcome() {
            Outcome::NotAccepted if self.0.context.started => {
                "the run was started before; the last request was not accepted"
            }
            Outcome::NotAccepted => "no run was started",
            Outcome::Accepted => "the service accepted the request",
            Outcome::Unknown => "a run may have been started",
        };
        row(
            "outcome",
            self.0.context.starts_run.then_some(&outcome as _),
        )?;
        row("attempts", Some(&self.attempts().len()))?;
        let after = self.retry_after().map(|after| after.as_secs_f64());
        row("retry after, s", after.as_ref().map(|after| after as _))?;
        let region = self.0.context.region.map(Region::base_url);
        row("region", region.as_ref().map(|region| region as _))?;
        row("hint", self.hint().as_ref().map(|hint| hint as _))?;
        row("client", Some(&crate::USER_AGENT))?;
        for (number, attempt) in (1..).zip(self.attempts().iter()) {
            // The ids of attempts that failed find the server's side of the story.
            write!(out, "  attempt {number}: {:?}", attempt.stage)?;
            if let Some(status) = attempt.status {
                write!(out, ", HTTP {}", status.as_u16())?;
            }
            if let Some(error) = &attempt.error {
                write!(out, ", {error:?}")?;
            }
            if let Some(id) = attempt.log_id() {
                write!(out, ", log id {}", id.as_str())?;
            }
            writeln!(out, ", after a wait of {:?}", attempt.delay)?;
        }
        if !self.0.body.is_empty() {
            let text = String::from_utf8_lossy(&self.0.body);
            writeln!(out, "  body: {}", scrub(&text))?;
        }
        Ok(())
    }
}
