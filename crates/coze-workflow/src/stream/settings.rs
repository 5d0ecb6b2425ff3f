//! What can be set on a stream before it is opened.

use std::{fmt, time::Duration};

use http::{HeaderName, HeaderValue};

use crate::call::Names;

/// Settings of a stream, kept [for its resume](Self::for_resume).
#[derive(Clone, Default)]
pub(crate) struct StreamSettings {
    pub(crate) deadline: Option<Duration>,
    pub(crate) head: Option<Duration>,
    pub(crate) idle: Option<Duration>,
    pub(crate) assume_idempotent: bool,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) reading: Reading,
}

impl fmt::Debug for StreamSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamSettings")
            .field("deadline", &self.deadline)
            .field("head", &self.head)
            .field("idle", &self.idle)
            .field("assume_idempotent", &self.assume_idempotent)
            .field("headers", &Names(&self.headers))
            .field("reading", &self.reading)
            .finish()
    }
}

impl StreamSettings {
    /// The same for a resume: that a run may be started twice does not say that it may be told an answer twice.
    pub(crate) fn for_resume(self) -> Self {
        Self {
            assume_idempotent: false,
            ..self
        }
    }
}

/// How the events are read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reading {
    pub(crate) pings: bool,
    pub(crate) strict: bool,
    pub(crate) event_limit: Option<usize>,
}

/// The setters for a builder with a field `settings: StreamSettings`.
macro_rules! stream_settings {
    () => {
        /// Bounds the call, from its start to the last event. Default: 11 minutes for a call that runs
        /// a workflow, whose server limit is 10; 60 s for any other.
        ///
        /// Resuming a run is a call of its own; the time in which its question is answered does not
        /// count.
        pub fn deadline(mut self, limit: ::std::time::Duration) -> Self {
            self.settings.deadline = Some(limit);
            self
        }

        /// Bounds the wait for the head of the answer. Default: 30 s.
        pub fn head_timeout(mut self, limit: ::std::time::Duration) -> Self {
            self.settings.head = Some(limit);
            self
        }

        /// Bounds the silence within the stream.
        ///
        /// Default: 120 s until the server's first ping, then three and a half times as long as its
        /// pings are apart, but at least 35 s. What is set here holds from beginning to end.
        pub fn idle_timeout(mut self, limit: ::std::time::Duration) -> Self {
            self.settings.idle = Some(limit);
            self
        }

        /// Hands over pings as well. Default: `false`.
        pub fn include_pings(mut self, yes: bool) -> Self {
            self.settings.reading.pings = yes;
            self
        }

        /// Ends the stream with [`ErrorKind::Gap`](crate::ErrorKind::Gap) when events were lost or came
        /// twice. Default: `false`; a warning is traced, and [`EventStream::gaps`](crate::EventStream::gaps)
        /// has them.
        pub fn strict_gaps(mut self, yes: bool) -> Self {
            self.settings.reading.strict = yes;
            self
        }

        /// The largest event, in bytes. Default: 16 MiB. A larger one ends the stream with an error.
        pub fn event_limit(mut self, bytes: usize) -> Self {
            self.settings.reading.event_limit = Some(bytes);
            self
        }

        /// Adds a header. Those that carry credentials, frame the message or describe its body cannot be set.
        pub fn header(mut self, name: ::http::HeaderName, value: ::http::HeaderValue) -> Self {
            self.settings.headers.push((name, value));
            self
        }
    };
}

pub(super) use stream_settings;
