//! How the command fails: a message that says what to do, and an exit code.

mod show;
mod words;

use std::{
    borrow::Cow,
    error::Error as _,
    fmt::{self, Write as _},
};

use coze_workflow::{Error, ErrorKind, EventStream, Question, StreamKind};

use crate::session::{Ongoing, Session};

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

/// Why the command did not do its job.
#[derive(Debug)]
pub(crate) enum Cause {
    /// The input is no good.
    Usage(String),
    /// There is no token and no emulator.
    NoToken,
    /// A call failed.
    Call(Error),
    /// The service answered, and what was asked for is not there.
    Refused(String),
    /// Checks have failed, the first of them with this exit code.
    Unwell { count: usize, code: u8 },
    /// A stream ended with a question, and there is no answer.
    Unanswered(Box<Unanswered>),
    /// Somebody pressed Ctrl-C.
    Stopped(Option<Ongoing>),
    /// Nobody reads the output any more.
    PipeClosed,
}

/// A question without an answer, and the stream it came in.
#[derive(Debug)]
pub(crate) struct Unanswered {
    pub(crate) question: Option<Question>,
    pub(crate) log_id: Option<String>,
    pub(crate) debug_url: Option<String>,
    pub(crate) execute_id: Option<String>,
}

const NO_TOKEN: &str = "no access token: set COZE_API_TOKEN or pass --token, \
                        or add --emulator to run on the embedded emulator without one";

const NO_ANSWER: &str =
    "check the base URL and the network; `coze doctor` tells which of them it is";

/// What a shell makes of a process that SIGINT ended.
const SIGINT: u8 = 130;

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Cause::Usage(message.into()).into()
    }

    pub(crate) fn refused(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            cause: Cause::Refused(message.into()),
            advice: Some(hint.into()),
            run_started: false,
        }
    }

    /// The service answered, and does not show this run.
    pub(crate) fn unknown_run(execute_id: &str) -> Self {
        Self::refused(
            format!("the service does not show run {execute_id}"),
            "a run shows up seconds after its start and is kept for seven days; check both ids",
        )
    }

    /// Adds what the command knows: whether it started a run, and how to go on with what goes on without it.
    pub(crate) fn with(mut self, session: &Session) -> Self {
        self.run_started = session.run_started();
        let ongoing = session.ongoing();
        let helps = match (&self.cause, &ongoing) {
            (Cause::Stopped(_), _)
            | (Cause::Usage(_) | Cause::Unanswered(_), Some(Ongoing::Question(_))) => true,
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
                Cause::Unanswered(_) => true,
                Cause::Stopped(ongoing) => ongoing.is_some(),
                _ => false,
            }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match &self.cause {
            Cause::PipeClosed => 0,
            Cause::Refused(_) => 1,
            Cause::Usage(_) => 2,
            Cause::NoToken => 3,
            Cause::Unanswered(_) => 5,
            Cause::Unwell { code, .. } => *code,
            Cause::Stopped(_) => SIGINT,
            Cause::Call(error) => match error.kind() {
                ErrorKind::Build | ErrorKind::Input | ErrorKind::Unsupported => 2,
                ErrorKind::Auth => 3,
                ErrorKind::Transport
                | ErrorKind::Timeout
                | ErrorKind::Http
                | ErrorKind::Truncated
                | ErrorKind::Stalled => 4,
                ErrorKind::Interrupted => 5,
                _ => 1,
            },
        }
    }

    /// The message with its causes.
    pub(crate) fn message(&self) -> String {
        let mut text = self.cause.to_string();
        if let Cause::Call(error) = &self.cause {
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
            _ => None,
        }
    }

    /// What the run waits for.
    pub(crate) fn question(&self) -> Option<&Question> {
        match &self.cause {
            Cause::Unanswered(unanswered) => unanswered.question.as_ref(),
            Cause::Call(error) if error.is_interrupted() => error.question(),
            _ => None,
        }
    }
}

impl Unanswered {
    /// What a stream ended with.
    pub(crate) fn of<K: StreamKind>(
        events: &EventStream<K>,
        question: Option<&Question>,
    ) -> Failure {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Cause::Unanswered(Box::new(Self {
            question: question.cloned(),
            log_id: text(events.log_id()),
            debug_url: text(events.debug_url()),
            execute_id: text(events.execute_id()),
        }))
        .into()
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Refused(message) => f.write_str(message),
            Self::NoToken => f.write_str(NO_TOKEN),
            Self::Call(error) => error.fmt(f),
            Self::Unwell { count: 1, .. } => f.write_str("one check failed"),
            Self::Unwell { count, .. } => write!(f, "{count} checks failed"),
            Self::Unanswered(_) => f.write_str("the run waits for an answer"),
            Self::Stopped(None) => f.write_str("stopped"),
            Self::Stopped(Some(Ongoing::Perhaps)) => {
                f.write_str("stopped; the run may have started, and goes on then")
            }
            Self::Stopped(Some(Ongoing::Run { execute_id, .. })) => {
                write!(f, "stopped waiting; run {execute_id} goes on")
            }
            Self::Stopped(Some(Ongoing::Question(_))) => {
                f.write_str("stopped; the run waits for an answer")
            }
            Self::PipeClosed => f.write_str("the output was closed"),
        }
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
