//! What went wrong below the API, and whether the request may have been accepted.

use std::{error::Error, fmt};

/// The error type inside the stack, where any layer may fail in its own way.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What is known about a request that got no usable answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The server certainly did not act on it; sending it again is safe.
    NotAccepted,
    /// The server answered, so it acted on it.
    Accepted,
    /// Bytes may have reached the server.
    Unknown,
}

/// Which wait ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeoutKind {
    /// Name lookup, TCP connect and TLS handshake.
    Connect,
    /// The head of the answer.
    Head,
    /// One attempt with its whole body.
    Attempt,
    /// Silence within a body.
    Idle,
    /// The call with all its attempts.
    Deadline,
}

/// The kind of a [`TransportError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request cannot be sent as it is; nothing was sent.
    Request,
    /// No connection: name lookup, TCP, proxy.
    Connect,
    /// No secure connection.
    Tls,
    /// A wait ran out.
    Timeout(TimeoutKind),
    /// The connection ended before the answer did.
    Closed,
    /// The answer breaks HTTP.
    Protocol,
    /// The answer is larger than allowed.
    TooLarge,
    /// No credentials could be had.
    Auth,
    /// A layer that is not part of this crate failed.
    Layer,
}

/// A failed call.
pub struct TransportError(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    outcome: Outcome,
    message: std::borrow::Cow<'static, str>,
    source: Option<BoxError>,
}

impl TransportError {
    /// An error of `kind`; `outcome` says whether the request may have been accepted.
    pub fn new(
        kind: ErrorKind,
        outcome: Outcome,
        message: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Inner {
            kind,
            outcome,
            message: message.into(),
            source: None,
        }))
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Takes a stack's error apart: one of ours as it is, any other as [`ErrorKind::Layer`].
    pub fn from_box(error: BoxError) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => {
                Self::new(ErrorKind::Layer, Outcome::Unknown, "a layer failed").with_source(error)
            }
        }
    }

    /// What kind of failure it is.
    pub const fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the request may have been accepted.
    pub const fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// Whether a wait ran out.
    pub const fn is_timeout(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Timeout(_))
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("kind", &self.0.kind)
            .field("outcome", &self.0.outcome)
            .field("message", &self.0.message)
            .field("source", &self.0.source)
            .finish()
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
