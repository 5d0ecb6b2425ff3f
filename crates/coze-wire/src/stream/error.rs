//! How streams end, and what goes wrong within them.

use alloc::{boxed::Box, string::String};
use core::{error::Error, fmt};

use coze_models::EventError;

use super::StreamGap;
use crate::sse::EventTooLarge;

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StreamEnd {
    /// With its last event: the run is over.
    Done,
    /// The run waits for an answer.
    Interrupted,
    /// The server reported a failure.
    Failed,
    /// Something was lost, and the reader is [strict](super::EventReader::strict).
    Gap,
    /// An event is larger than the reader's limit.
    TooLarge,
    /// The body was over before the stream was.
    Truncated,
}

/// What goes wrong within a stream. All but [`StreamError::Undecodable`] end it.
///
/// ```
/// use coze_models::WorkflowEvent;
/// use coze_wire::stream::{EventReader, StreamError};
///
/// let mut reader = EventReader::<WorkflowEvent>::new();
/// reader.push("event: Error\ndata: {\"error_code\":4013,\"error_message\":\"no model\"}\n\n".into());
/// let Some(Err(StreamError::Failed(failure))) = reader.pull() else { panic!() };
/// assert_eq!((failure.code(), failure.message()), (Some(4013), "no model"));
///
/// let mut reader = EventReader::<WorkflowEvent>::new();
/// reader.push("id: 0\nevent: PING\n\nid: 1\nevent: Mess".into());
/// assert!(reader.pull().is_none());
/// reader.close();
/// let Some(Err(StreamError::Truncated(truncated))) = reader.pull() else { panic!() };
/// assert_eq!((truncated.events(), truncated.last_id()), (1, Some("0")));
/// assert!(truncated.within_event());
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum StreamError {
    /// The data of an event does not fit it. The stream goes on.
    Undecodable(EventError),
    /// The server reported a failure.
    Failed(Box<StreamFailure>),
    /// Something was lost, and the reader is strict.
    Gap(StreamGap),
    /// An event is larger than the reader's limit.
    TooLarge(EventTooLarge),
    /// The body was over before the stream was.
    Truncated(Truncated),
}

impl StreamError {
    /// How the stream ended by it; `None` where it goes on.
    pub const fn end(&self) -> Option<StreamEnd> {
        Some(match self {
            Self::Undecodable(_) => return None,
            Self::Failed(_) => StreamEnd::Failed,
            Self::Gap(_) => StreamEnd::Gap,
            Self::TooLarge(_) => StreamEnd::TooLarge,
            Self::Truncated(_) => StreamEnd::Truncated,
        })
    }
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undecodable(error) => error.fmt(f),
            Self::Failed(failure) => failure.fmt(f),
            Self::Gap(gap) => gap.fmt(f),
            Self::TooLarge(error) => error.fmt(f),
            Self::Truncated(truncated) => truncated.fmt(f),
        }
    }
}

impl Error for StreamError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Undecodable(error) => error.source(),
            _ => None,
        }
    }
}

/// A failure that the server reported in its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamFailure {
    code: Option<i64>,
    message: String,
    debug_url: Option<String>,
}

impl StreamFailure {
    /// A failure with this code, this text for people and this page of the run.
    pub fn new(code: Option<i64>, message: String, debug_url: Option<String>) -> Self {
        Self {
            code,
            message,
            debug_url: debug_url.filter(|url| !url.is_empty()),
        }
    }

    /// The service's code, e.g. 4000.
    pub const fn code(&self) -> Option<i64> {
        self.code
    }

    /// The text for people; may be empty. It may hold anything: scrub it before it is shown.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The page that shows the failed run.
    pub fn debug_url(&self) -> Option<&str> {
        self.debug_url.as_deref()
    }
}

impl fmt::Display for StreamFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server reported a failure")?;
        if let Some(code) = self.code {
            write!(f, ", code {code}")?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        Ok(())
    }
}

impl Error for StreamFailure {}

/// The body was over before the stream was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truncated {
    pub(super) events: u64,
    pub(super) last_id: Option<String>,
    pub(super) within_event: bool,
}

impl Truncated {
    /// How many events had come, pings included.
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// The id of the last of them, where it had one.
    pub fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// Whether the beginning of another event had come, which was dropped.
    pub const fn within_event(&self) -> bool {
        self.within_event
    }
}

impl fmt::Display for Truncated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events = self.events;
        let plural = if events == 1 { "" } else { "s" };
        write!(f, "the stream ended early, after {events} event{plural}")
    }
}

impl Error for Truncated {}
