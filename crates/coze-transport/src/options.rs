//! Settings that travel with a request as extensions, and facts that travel back.

use std::{fmt, sync::Arc, time::Duration};

/// The name of the operation, for spans and errors. A request extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OperationId(pub &'static str);

/// What a second send of the request may do. A request extension; [`Replay::Never`] when absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Replay {
    /// Harmless.
    Always,
    /// Allowed only when the first was certainly not accepted.
    IfNotSent,
    /// Not by a library.
    #[default]
    Never,
}

/// How the answer's body is handed over. A request extension; buffered when absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseMode {
    /// Read whole inside the retry loop, up to the stack's cap.
    #[default]
    Buffered,
    /// Handed over as it arrives; an answer that is not a success is buffered all the same.
    Streaming,
}

/// Limits of one call. A request extension; the stack's own settings apply where a field is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallOptions {
    /// From the call to its end: all attempts, waits between them, and a buffered body.
    pub deadline: Option<Duration>,
    /// One attempt: up to the head of the answer.
    pub head_timeout: Option<Duration>,
    /// Longest silence within a body.
    pub idle_timeout: Option<Duration>,
    /// Largest buffered body in bytes.
    pub body_limit: Option<usize>,
}

/// The server's id for one exchange, to be quoted in support requests. A response extension.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LogId(Arc<str>);

impl LogId {
    /// Wraps the text of a header or a body field.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The id as the server sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
