//! Settings that travel with a request as extensions.

use std::time::Duration;

use http::Extensions;

use crate::time::Instant;

/// The name of the operation, for spans and errors. A request extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OperationId(pub &'static str);

/// What a second send of the request may do. A request extension; [`ReplaySafety::Never`] when absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReplaySafety {
    /// Harmless.
    Always,
    /// Allowed only when the first was certainly not accepted.
    IfNotSent,
    /// Not by a library.
    #[default]
    Never,
}

/// How the response's body is handed over. A request extension; buffered when absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseMode {
    /// Read whole inside the retry loop, up to the stack's cap.
    #[default]
    Buffered,
    /// Handed over as it arrives. A response that is not a success, or that is JSON, is buffered all
    /// the same, so that it can be judged inside the retry loop.
    Streaming,
}

/// Settings of one call. A request extension; the stack's own apply where a field is `None`.
///
/// ```
/// use std::time::Duration;
/// use coze_transport::{CallOptions, OperationId, ReplaySafety, Request, RequestBody};
///
/// let mut options = CallOptions::default();
/// options.operation = Some(OperationId("run_workflow"));
/// options.replay = Some(ReplaySafety::IfNotSent);
/// options.deadline = Some(Duration::from_secs(660));
/// let request: Request = http::Request::post("/v1/workflow/run")
///     .extension(options)
///     .body(RequestBody::from_static(b"{}"))?;
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallOptions {
    /// From the call to its end: all attempts, waits between them, and the body.
    pub deadline: Option<Duration>,
    /// One attempt: up to the head of the response.
    pub head_timeout: Option<Duration>,
    /// One attempt: up to the end of a buffered body.
    pub attempt_timeout: Option<Duration>,
    /// Longest silence within a streamed body.
    pub idle_timeout: Option<Duration>,
    /// Largest buffered body in bytes.
    pub body_limit: Option<usize>,
    /// Lets a request with [`ReplaySafety::IfNotSent`] be sent again after an unknown outcome too. For
    /// servers that recognise a second request by a key within it.
    pub assume_idempotent: bool,
    /// Most attempts, the first included, instead of the policy's number for the call's replay safety.
    pub max_attempts: Option<u32>,
    /// Attempts that suffice for the operation: never more than this, whatever the policy says.
    pub attempt_cap: Option<u8>,
    /// The same as the extension [`OperationId`]. One extension costs less than several.
    pub operation: Option<OperationId>,
    /// The same as the extension [`ReplaySafety`].
    pub replay: Option<ReplaySafety>,
    /// The same as the extension [`ResponseMode`].
    pub mode: Option<ResponseMode>,
    /// The end of the call; set where the deadline begins to run.
    pub(crate) expires: Option<Instant>,
}

impl CallOptions {
    /// Time until the deadline of the call, once it runs: inside a stack, `None` means that the call
    /// has no deadline.
    pub fn remaining(&self) -> Option<Duration> {
        self.expires
            .map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// The options among `extensions`, completed from the extensions [`OperationId`], [`ReplaySafety`] and
    /// [`ResponseMode`].
    pub fn resolve(extensions: &Extensions) -> Self {
        let mut options = extensions.get::<Self>().copied().unwrap_or_default();
        if options.operation.is_none() {
            options.operation = extensions.get().copied();
        }
        if options.replay.is_none() {
            options.replay = extensions.get().copied();
        }
        if options.mode.is_none() {
            options.mode = extensions.get().copied();
        }
        options
    }

    /// The replay safety; [`ReplaySafety::Never`] unless set.
    pub fn replay(&self) -> ReplaySafety {
        self.replay.unwrap_or_default()
    }

    /// The response mode; [`ResponseMode::Buffered`] unless set.
    pub fn mode(&self) -> ResponseMode {
        self.mode.unwrap_or_default()
    }
}
