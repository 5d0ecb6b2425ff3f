//! Why the command did not do its job.

use std::fmt;

use coze_workflow::{Error, EventStream, Question, StreamKind};

use crate::session::Ongoing;

/// Why the command did not do its job.
#[derive(Debug)]
pub(crate) enum Cause {
    /// The command line or an input is wrong.
    Usage(String),
    /// There is no token and no emulator.
    NoToken,
    /// A call failed.
    Call(Error),
    /// The service responded, and what was asked for is not there.
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

impl Unanswered {
    /// What a stream ended with.
    pub(crate) fn of<K: StreamKind>(events: &EventStream<K>, question: Option<&Question>) -> Self {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Self {
            question: question.cloned(),
            log_id: text(events.log_id()),
            debug_url: text(events.debug_url()),
            execute_id: text(events.execute_id()),
        }
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
                f.write_str("stopped; the run may have started, and would continue")
            }
            Self::Stopped(Some(Ongoing::Run { execute_id, .. })) => {
                write!(f, "stopped waiting; run {execute_id} continues")
            }
            Self::Stopped(Some(Ongoing::Question(_))) => {
                f.write_str("stopped; the run waits for an answer")
            }
            Self::PipeClosed => f.write_str("the output was closed"),
        }
    }
}
