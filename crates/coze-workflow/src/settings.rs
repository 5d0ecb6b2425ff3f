//! What can be set on a call before it is sent.

use std::{fmt, sync::Arc, time::Duration};

use coze_engine::{CheckInputs, http::call_options};
use coze_models::{OperationMeta, ReplyShape};
use coze_transport::CallOptions;
use http::{HeaderName, HeaderValue};
use tokio::sync::Semaphore;

use crate::hooks::Hooks;

/// The settings of one call. What is not set follows from the operation.
#[derive(Clone, Default)]
pub(crate) struct CallSettings {
    pub(crate) deadline: Option<Duration>,
    /// The deadline is not later than this, whether it was set or not.
    pub(crate) deadline_cap: Option<Duration>,
    pub(crate) head_timeout: Option<Duration>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) assume_idempotent: bool,
    pub(crate) check_inputs: CheckInputs,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    /// Boxed: few calls have any.
    pub(crate) hooks: Option<Box<Hooks>>,
    /// A permit for each run that the client may have open.
    pub(crate) open_runs: Option<Arc<Semaphore>>,
}

impl CallSettings {
    /// The same for a resume: that a run may be started twice does not say that it may be told an answer twice.
    pub(crate) fn for_resume(self) -> Self {
        Self {
            assume_idempotent: false,
            hooks: None,
            ..self
        }
    }

    /// The options of a call of this operation.
    pub(crate) fn options(&self, meta: &OperationMeta) -> CallOptions {
        let streams = meta.reply == ReplyShape::Events;
        let (head, total) = match (meta.starts_run, streams) {
            (false, _) => (15, 60),
            (true, true) => (30, 11 * 60),
            (true, false) => (100, 11 * 60),
        };
        let deadline = self.deadline.unwrap_or(Duration::from_secs(total));
        let mut options = call_options(meta);
        options.max_attempts = self.max_attempts;
        options.head_timeout = Some(self.head_timeout.unwrap_or(Duration::from_secs(head)));
        options.deadline = Some(self.deadline_cap.map_or(deadline, |cap| deadline.min(cap)));
        options.idle_timeout = self.idle_timeout;
        options.assume_idempotent = self.assume_idempotent;
        options
    }
}

/// Shows the names of headers: their values may be secrets.
impl fmt::Debug for CallSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("CallSettings")
            .field("deadline", &self.deadline)
            .field("deadline_cap", &self.deadline_cap)
            .field("head_timeout", &self.head_timeout)
            .field("idle_timeout", &self.idle_timeout)
            .field("max_attempts", &self.max_attempts)
            .field("assume_idempotent", &self.assume_idempotent)
            .field("check_inputs", &self.check_inputs)
            .field("headers", &headers)
            .field("hooks", &self.hooks)
            .finish_non_exhaustive()
    }
}

/// The setters that all builders of calls have, for one that keeps [`CallSettings`] in `self.$settings`.
macro_rules! call_settings {
    ($($settings:ident).+, deadline = $deadline:literal, head_timeout = $head:literal) => {
        /// Bounds the call: all attempts, the waits between them, and the body.
        ///
        #[doc = $deadline]
        pub fn deadline(mut self, limit: ::std::time::Duration) -> Self {
            self.$($settings).+.deadline = Some(limit);
            self
        }

        /// Bounds the wait for the head of the response, in each attempt.
        ///
        #[doc = $head]
        pub fn head_timeout(mut self, limit: ::std::time::Duration) -> Self {
            self.$($settings).+.head_timeout = Some(limit);
            self
        }

        /// Bounds the attempts, the first included. Default: what the stack's retry policy and the operation allow.
        pub fn max_attempts(mut self, attempts: u32) -> Self {
            self.$($settings).+.max_attempts = Some(attempts);
            self
        }

        /// Adds a header. Those that carry credentials, frame the message or describe its body cannot be set:
        /// [`ErrorKind::Build`](crate::ErrorKind::Build) says so when the call is awaited.
        pub fn header(mut self, name: ::http::HeaderName, value: ::http::HeaderValue) -> Self {
            self.$($settings).+.headers.push((name, value));
            self
        }
    };
}

pub(crate) use call_settings;
