//! The words in which a failure is told.

/// What is known about a request without a usable response.
///
/// As a response extension, [`NotAccepted`](Self::NotAccepted) says that a layer of the stack's user refused the request before
/// it was sent, with a response of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The server certainly did not act on it; sending it again is safe.
    NotAccepted,
    /// The server responded, so it acted on it.
    Accepted,
    /// Bytes may have reached the server.
    Unknown,
}

impl Outcome {
    /// Lower-case name, as it stands in spans: `not_accepted`, `accepted`, `unknown`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAccepted => "not_accepted",
            Self::Accepted => "accepted",
            Self::Unknown => "unknown",
        }
    }
}

/// How far an attempt came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Before anything was sent: the request itself, credentials, a limit.
    Prepare,
    /// Name lookup, TCP, proxy, TLS.
    Connect,
    /// Sending the request and waiting for the head of the response.
    Head,
    /// Reading the body of the response.
    Body,
    /// The response was read.
    Done,
}

impl Stage {
    /// Lower-case name, as it stands in events: `prepare`, `connect`, `head`, `body`, `done`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Connect => "connect",
            Self::Head => "head",
            Self::Body => "body",
            Self::Done => "done",
        }
    }
}

/// Which wait ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeoutKind {
    /// Name lookup, TCP connect and TLS handshake.
    Connect,
    /// The head of the response.
    Head,
    /// One attempt with its whole body.
    Attempt,
    /// Silence within a body.
    Idle,
    /// The call with all its attempts.
    Deadline,
    /// That of a layer that is not part of this crate.
    Layer,
}

/// The kind of a [`TransportError`](crate::TransportError).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request cannot be sent as it is. Nothing was sent, unless its body failed after it was begun:
    /// [`TransportError::outcome`](crate::TransportError::outcome) tells.
    Request,
    /// No connection: name lookup, TCP, proxy.
    Connect,
    /// No secure connection.
    Tls,
    /// A wait ran out.
    Timeout(TimeoutKind),
    /// The connection ended before the response did.
    Closed,
    /// The response breaks HTTP.
    Protocol,
    /// The response is larger than allowed.
    TooLarge,
    /// No credentials could be had.
    Auth,
    /// A layer that is not part of this crate failed.
    Layer,
}

impl ErrorKind {
    pub(super) const fn stage(self) -> Stage {
        match self {
            Self::Request | Self::Auth => Stage::Prepare,
            Self::Connect | Self::Tls | Self::Timeout(TimeoutKind::Connect) => Stage::Connect,
            Self::Timeout(TimeoutKind::Idle) | Self::TooLarge => Stage::Body,
            Self::Timeout(_) | Self::Closed | Self::Protocol | Self::Layer => Stage::Head,
        }
    }
}
