//! Why the command did not do its job.

use std::fmt;

use coze_workflow::{EngineError, Error};

use crate::session::Ongoing;

/// Why the command did not do its job.
#[derive(Debug)]
pub(crate) enum Cause {
    /// The command line or an input is wrong.
    Usage(String),
    /// There is no token and no emulator; what a profile says of it.
    NoToken(Option<String>),
    /// A call failed.
    Call(Error),
    /// A call of another engine failed.
    Engine(EngineError),
    /// The service responded, and what was asked for is not there.
    Refused(Refused),
    /// Checks have failed, the first of them with this exit code.
    Unwell { count: usize, code: u8 },
    /// Somebody pressed Ctrl-C.
    Stopped(Option<Ongoing>),
    /// Nobody reads the output any more.
    PipeClosed,
}

/// A response that does not have what was asked for.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) message: String,
    pub(crate) status: u16,
    pub(crate) log_id: Option<String>,
    pub(crate) attempts: usize,
}

const NO_TOKEN: &str = "no access token: set COZE_API_TOKEN or sign in with coze login, \
                        or add --emulator to run on the embedded emulator without one";

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::NoToken(Some(message)) => f.write_str(message),
            Self::Refused(refused) => f.write_str(&refused.message),
            Self::NoToken(None) => f.write_str(NO_TOKEN),
            Self::Call(error) => error.fmt(f),
            Self::Engine(error) => error.fmt(f),
            Self::Unwell { count: 1, .. } => f.write_str("one check failed"),
            Self::Unwell { count, .. } => write!(f, "{count} checks failed"),
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
