//! What failures become.

pub(crate) use coze_engine::{EngineError, ErrorKind};
use coze_engine::{Outcome, http::CallContext};
use coze_models::OperationMeta;
use coze_transport::{ErrorKind as Kind, TimeoutKind, TransportError};

/// The name of the engine.
pub(crate) const NAME: &str = "dify";

/// A call that has not been made yet.
pub(crate) const fn context(meta: &'static OperationMeta) -> CallContext {
    CallContext::new(NAME, meta)
}

/// The body of a stream failed.
pub(crate) fn broken(context: &CallContext, error: TransportError) -> EngineError {
    let (kind, message) = match error.kind() {
        Kind::Timeout(TimeoutKind::Idle) => (ErrorKind::Stalled, "the stream fell silent"),
        Kind::Timeout(_) => (
            ErrorKind::Timeout,
            "the deadline of the call passed within the stream",
        ),
        Kind::Closed | Kind::Layer => (
            ErrorKind::Truncated,
            "the connection broke before the end of the stream",
        ),
        _ => (ErrorKind::Transport, "the stream cannot be read"),
    };
    let broken = context.error(kind, message, Outcome::Unknown);
    broken.with_source(error)
}
