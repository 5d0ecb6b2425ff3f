//! How the command fails: a message that says what to do, and an exit code.

mod cause;
mod words;

use std::{borrow::Cow, error, fmt::Write as _, io};

use coze_workflow::{EngineError, Error, ErrorKind, Question, Reply, Run};

pub(crate) use self::cause::{Cause, Refused};
use crate::{
    output::WriteError,
    session::{Ongoing, Session},
};

/// Why the command did not do its job, and what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) cause: Cause,
    /// What to do, where the command knows better than the client.
    advice: Option<String>,
    /// Whether the command has started a run, whatever the cause says of itself: an answer that is not valid was
    /// not sent, and a refused request for the history starts nothing, but the run goes on.
    pub(crate) run_started: bool,
}

const NO_ANSWER: &str =
    "check the base URL and the network; `coze doctor` finds out which of them it is";

/// What a shell makes of a process that SIGINT ended.
const SIGINT: u8 = 130;

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Cause::Usage(message.into()).into()
    }

    /// The service responded, and what was asked for is not there.
    pub(crate) fn refused<T>(
        message: impl Into<String>,
        hint: impl Into<String>,
        reply: &Reply<T>,
    ) -> Self {
        Self {
            advice: Some(hint.into()),
            ..Cause::Refused(Refused {
                message: message.into(),
                status: reply.status().as_u16(),
                log_id: reply.log_id().map(str::to_owned),
                attempts: reply.attempts().len(),
            })
            .into()
        }
    }

    /// The service responded, and has no record of this run.
    pub(crate) fn unknown_run<T>(run: &Run, reply: &Reply<T>) -> Self {
        Self::refused(
            format!("the service has no record of run {}", run.execute_id()),
            "a run appears seconds after its start and is kept for seven days; check both ids",
            reply,
        )
    }

    /// Adds what the command knows: whether it started a run, and how to go on with what goes on without it.
    pub(crate) fn with(mut self, session: &Session) -> Self {
        self.run_started = session.run_started();
        let ongoing = session.ongoing();
        let helps = match (&self.cause, &ongoing) {
            (Cause::Stopped(_), _) | (Cause::Usage(_), Some(Ongoing::Question(_))) => true,
            (Cause::Call(error), Some(Ongoing::Run { .. } | Ongoing::Question(_))) => {
                let known = matches!(
                    error.kind(),
                    ErrorKind::Timeout
                        | ErrorKind::Transport
                        | ErrorKind::Http
                        | ErrorKind::Build
                        | ErrorKind::Interrupted
                );
                known || error.hint().is_none()
            }
            _ => false,
        };
        if helps && self.advice.is_none() {
            self.advice = ongoing.as_ref().map(Ongoing::how_to_go_on);
        }
        self
    }

    /// Whether a run may have been started, so that repeating the command may start another one.
    pub(crate) fn may_have_run(&self) -> bool {
        self.run_started
            || match &self.cause {
                Cause::Call(error) => error.may_have_run(),
                Cause::Engine(error) => error.may_have_run(),
                Cause::Stopped(ongoing) => ongoing.is_some(),
                _ => false,
            }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match &self.cause {
            Cause::PipeClosed => 0,
            Cause::Refused(_) => 1,
            Cause::Usage(_) => 2,
            Cause::NoToken(_) => 3,
            Cause::Unwell { code, .. } => *code,
            Cause::Stopped(_) => SIGINT,
            Cause::Call(error) => code_of(error.kind()),
            Cause::Engine(error) => code_of(error.kind()),
        }
    }

    /// The message with its causes.
    pub(crate) fn message(&self) -> String {
        let mut text = self.cause.to_string();
        let error: Option<&dyn error::Error> = match &self.cause {
            Cause::Call(error) => Some(error),
            Cause::Engine(error) => Some(error),
            _ => None,
        };
        if let Some(error) = error {
            let mut source = error.source();
            while let Some(cause) = source {
                // Writing to a string cannot fail.
                let _ = write!(text, ": {cause}");
                source = cause.source();
            }
        }
        words::of_the_command(text.into()).into_owned()
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> Option<Cow<'_, str>> {
        match (&self.advice, &self.cause) {
            (Some(advice), _) => Some(advice.as_str().into()),
            (None, Cause::Call(error)) => match error.hint() {
                Some(hint) => Some(words::of_the_command(hint)),
                None if error.kind() == ErrorKind::Transport => Some(NO_ANSWER.into()),
                None => None,
            },
            (None, Cause::Engine(error)) => {
                error.hint().map(|hint| words::of_the_command(hint.into()))
            }
            _ => None,
        }
    }

    /// What the run waits for.
    pub(crate) fn question(&self) -> Option<&Question> {
        match &self.cause {
            Cause::Call(error) if error.is_interrupted() => error.question(),
            _ => None,
        }
    }
}

/// The exit code of a failed call.
fn code_of(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::Build | ErrorKind::Input | ErrorKind::Unsupported => 2,
        ErrorKind::Auth => 3,
        ErrorKind::Transport
        | ErrorKind::Timeout
        | ErrorKind::Http
        | ErrorKind::Truncated
        | ErrorKind::Stalled => 4,
        ErrorKind::Interrupted => 5,
        _ => 1,
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Cause::Engine(error).into()
    }
}

impl From<Cause> for Failure {
    fn from(cause: Cause) -> Self {
        Self {
            cause,
            advice: None,
            run_started: false,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Cause::Call(error).into()
    }
}

impl From<WriteError> for Failure {
    fn from(WriteError(error): WriteError) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Cause::PipeClosed.into(),
            _ => Self::usage(format!("standard output cannot be written: {error}")),
        }
    }
}
