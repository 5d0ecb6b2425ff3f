//! How the command fails: a message that says what to do, and an exit code.

use std::{
    borrow::Cow,
    error::Error as _,
    fmt::{self, Write as _},
    process::ExitCode,
};

use coze_workflow::{Error, ErrorKind};

use crate::{args::Format, contract, print, session::Ongoing};

/// Why the command did not do its job.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The input is no good.
    Usage(String),
    /// There is no token and no emulator.
    NoToken,
    /// A call failed.
    Call {
        error: Error,
        /// What to do, where the command knows better than the client.
        advice: Option<String>,
    },
    /// The service answered, and what was asked for is not there.
    Refused { message: String, hint: String },
    /// Checks have failed, the first of them with this exit code.
    Unwell { count: usize, code: u8 },
    /// Somebody pressed Ctrl-C.
    Stopped(Option<Ongoing>),
    /// Nobody reads the output any more.
    PipeClosed,
}

const NO_TOKEN: &str = "no access token: set COZE_API_TOKEN or pass --token, \
                        or add --emulator to run on the embedded emulator without one";

/// What a shell makes of a process that SIGINT ended.
const SIGINT: u8 = 130;

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    pub(crate) fn refused(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Refused {
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// The service answered, and does not show this run.
    pub(crate) fn unknown_run(execute_id: &str) -> Self {
        Self::refused(
            format!("the service does not show run {execute_id}"),
            "a run shows up seconds after its start and is kept for seven days; check both ids",
        )
    }

    /// Adds how to go on with what goes on without this command.
    pub(crate) fn with(mut self, ongoing: Option<Ongoing>) -> Self {
        if let Self::Call { error, advice } = &mut self
            && advice.is_none()
        {
            *advice = match error.kind() {
                ErrorKind::Timeout | ErrorKind::Transport | ErrorKind::Http => {
                    ongoing.and_then(|run| run.how_to_go_on())
                }
                _ => None,
            };
        }
        self
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::PipeClosed => 0,
            Self::Usage(_) => 2,
            Self::Refused { .. } => 1,
            Self::Unwell { code, .. } => *code,
            Self::NoToken => 3,
            Self::Stopped(_) => SIGINT,
            Self::Call { error, .. } => match error.kind() {
                ErrorKind::Build | ErrorKind::Unsupported => 2,
                ErrorKind::Auth => 3,
                ErrorKind::Transport | ErrorKind::Timeout | ErrorKind::Http => 4,
                ErrorKind::Interrupted => 5,
                _ => 1,
            },
        }
    }

    /// The message with its causes.
    pub(crate) fn message(&self) -> String {
        let mut text = self.to_string();
        if let Self::Call { error, .. } = self {
            let mut source = error.source();
            while let Some(cause) = source {
                // Writing to a string cannot fail.
                let _ = write!(text, ": {cause}");
                source = cause.source();
            }
        }
        text
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Call {
                advice: Some(advice),
                ..
            } => Some(advice.as_str().into()),
            Self::Call { error, .. } => error.hint(),
            Self::Refused { hint, .. } => Some(hint.as_str().into()),
            Self::Stopped(Some(run @ Ongoing::Run { .. })) => run.how_to_go_on().map(Cow::Owned),
            Self::Stopped(Some(Ongoing::Perhaps)) => {
                Some("look at the workflow's runs before you run it again".into())
            }
            _ => None,
        }
    }

    /// Prints the failure to standard error and gives the exit code.
    pub(crate) fn show(&self, format: Format, verbose: u8) -> ExitCode {
        let code = self.exit_code();
        if !matches!(self, Self::PipeClosed) {
            match format {
                Format::Text => self.tell(verbose),
                Format::Json => print::note(&contract::failure(self).to_string()),
            }
        }
        ExitCode::from(code)
    }

    fn tell(&self, verbose: u8) {
        if let Self::Stopped(_) = self {
            // After the terminal's `^C`.
            print::note("");
            print::note(&self.message());
        } else {
            let error = print::red().apply_to("error:").to_string();
            print::note(&format!("{error} {}", self.message()));
        }
        let row = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                print::note(&format!("  {}: {value}", print::dim().apply_to(name)));
            }
        };
        row("hint", self.hint().as_deref());
        let Self::Call { error, .. } = self else {
            return;
        };
        row("log id", error.log_id());
        row("debug URL", error.debug_url());
        row("execute id", error.execute_id());
        if error.may_have_run() && error.execute_id().is_none() {
            row("note", Some("the run may have started"));
        }
        if verbose > 0 {
            let waited = error.attempts().waited();
            let count = error.attempts().len();
            row(
                "attempts",
                Some(&format!("{count}, waited {waited:?} between them")),
            );
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Refused { message, .. } => f.write_str(message),
            Self::NoToken => f.write_str(NO_TOKEN),
            Self::Unwell { count: 1, .. } => f.write_str("one check failed"),
            Self::Unwell { count, .. } => write!(f, "{count} checks failed"),
            Self::Call { error, .. } => error.fmt(f),
            Self::Stopped(None) => f.write_str("stopped"),
            Self::Stopped(Some(Ongoing::Perhaps)) => {
                f.write_str("stopped; the run may have started, and goes on then")
            }
            Self::Stopped(Some(Ongoing::Run { execute_id, .. })) => {
                write!(f, "stopped waiting; run {execute_id} goes on")
            }
            Self::PipeClosed => f.write_str("the output was closed"),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call {
            error,
            advice: None,
        }
    }
}
