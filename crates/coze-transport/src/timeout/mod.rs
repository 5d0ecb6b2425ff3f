//! Time limits: of a call, of an attempt, of silence.

mod deadline;
mod prepare;
mod timer;

use std::time::Duration;

pub use deadline::{DeadlineFuture, DeadlineLayer, DeadlineService};
pub(crate) use deadline::{expired, is_expired};
pub(crate) use prepare::PrepareLimit;
pub(crate) use timer::{RareTimer, Timer};

/// The stack's time limits, where a call brings none of its own.
///
/// `None` means no limit. [`CallOptions`](crate::CallOptions) overrides them for one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// The call with all its attempts and waits, where the response is buffered; 60 s. A streamed
    /// response has no such limit unless the call sets one.
    pub call: Option<Duration>,
    /// One attempt, up to the head of its response; 30 s. Absolute: interim responses do not renew it.
    pub head: Option<Duration>,
    /// One attempt, up to the end of a buffered body; none.
    pub attempt: Option<Duration>,
    /// Silence within a streamed body; 120 s.
    pub idle: Option<Duration>,
    /// How long a buffered body may bring less than one byte a second; 20 s.
    pub slow_body: Option<Duration>,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            call: Some(Duration::from_secs(60)),
            head: Some(Duration::from_secs(30)),
            attempt: None,
            idle: Some(Duration::from_secs(120)),
            slow_body: Some(Duration::from_secs(20)),
        }
    }
}

impl Timeouts {
    /// No limit at all.
    pub const fn none() -> Self {
        Self {
            call: None,
            head: None,
            attempt: None,
            idle: None,
            slow_body: None,
        }
    }
}
