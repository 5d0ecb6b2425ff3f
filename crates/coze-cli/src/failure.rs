//! How the command fails: a message that says what to do, and an exit code.

use std::{
    error::Error as _,
    fmt::{self, Write as _},
    process::ExitCode,
};

use coze_workflow::{Error, ErrorKind};
use serde_json::json;

use crate::args::{Format, Global};

/// Why the command did not do its job.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The input is no good.
    Usage(String),
    /// There is no token and no emulator.
    NoToken,
    /// A call failed.
    Call(Error),
    /// Nobody reads the output any more.
    PipeClosed,
}

const NO_TOKEN: &str = "no access token: set COZE_API_TOKEN or pass --token, \
                        or add --emulator to run on the embedded emulator without one";

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::PipeClosed => 0,
            Self::Usage(_) => 2,
            Self::NoToken => 3,
            Self::Call(error) => match error.kind() {
                ErrorKind::Build | ErrorKind::Unsupported => 2,
                ErrorKind::Auth => 3,
                ErrorKind::Transport | ErrorKind::Timeout | ErrorKind::Http => 4,
                ErrorKind::Interrupted => 5,
                _ => 1,
            },
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Usage(_) | Self::PipeClosed => "usage",
            Self::NoToken => "auth",
            Self::Call(error) => match error.kind() {
                ErrorKind::Build => "usage",
                ErrorKind::Auth => "auth",
                ErrorKind::Http => "http",
                ErrorKind::Decode => "decode",
                ErrorKind::Transport => "transport",
                ErrorKind::Timeout => "timeout",
                ErrorKind::Interrupted => "interrupted",
                ErrorKind::Cancelled => "cancelled",
                ErrorKind::Unsupported => "unsupported",
                _ => "api",
            },
        }
    }

    /// The message with its causes.
    fn message(&self) -> String {
        let mut text = self.to_string();
        if let Self::Call(error) = self {
            let mut source = error.source();
            while let Some(cause) = source {
                // Writing to a string cannot fail.
                let _ = write!(text, ": {cause}");
                source = cause.source();
            }
        }
        text
    }

    /// Prints the failure to standard error and gives the exit code.
    pub(crate) fn show(&self, global: &Global) -> ExitCode {
        let code = self.exit_code();
        if !matches!(self, Self::PipeClosed) {
            match global.output {
                Format::Text => eprint!("{}", self.as_text(global.verbose)),
                Format::Json => eprintln!("{}", self.as_json()),
            }
        }
        ExitCode::from(code)
    }

    fn as_text(&self, verbose: u8) -> String {
        let mut text = format!("error: {}\n", self.message());
        let Self::Call(error) = self else {
            return text;
        };
        let mut row = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                let _ = writeln!(text, "  {name}: {value}");
            }
        };
        row("hint", error.hint().as_deref());
        row("log id", error.log_id());
        row("debug URL", error.debug_url());
        row("execute id", error.execute_id());
        if error.may_have_run() && error.execute_id().is_none() {
            row("note", Some("the run may have started"));
        }
        if verbose > 1 {
            let _ = writeln!(text, "  attempts: {:?}", error.attempts());
        }
        text
    }

    fn as_json(&self) -> serde_json::Value {
        let mut body = json!({"kind": self.kind(), "message": self.message()});
        match self {
            Self::Call(error) => {
                body["code"] = json!(error.code());
                body["status"] = json!(error.status().map(|status| status.as_u16()));
                body["log_id"] = json!(error.log_id());
                body["debug_url"] = json!(error.debug_url());
                body["execute_id"] = json!(error.execute_id());
                body["may_have_run"] = json!(error.may_have_run());
                body["attempts"] = json!(error.attempts().len());
                body["hint"] = json!(error.hint());
            }
            Self::Usage(_) | Self::NoToken | Self::PipeClosed => {
                body["may_have_run"] = json!(false);
                body["attempts"] = json!(0);
            }
        }
        json!({ "error": body })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) => f.write_str(message),
            Self::NoToken => f.write_str(NO_TOKEN),
            Self::Call(error) => error.fmt(f),
            Self::PipeClosed => f.write_str("the output was closed"),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}
