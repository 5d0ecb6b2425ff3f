//! What failures become.

pub(crate) use coze_engine::{EngineError, ErrorKind};
use coze_engine::{
    Outcome,
    http::{CallContext, stream_failure},
};
use coze_models::OperationMeta;
use coze_transport::TransportError;

/// The name of the engine.
pub(crate) const NAME: &str = "dify";

/// A call that has not been made yet.
pub(crate) const fn context(meta: &'static OperationMeta) -> CallContext {
    CallContext::new(NAME, meta)
}

/// The body of a stream failed.
pub(crate) fn broken(context: &CallContext, error: TransportError) -> EngineError {
    let (kind, message) = stream_failure(&error);
    let broken = context.error(kind, message, Outcome::Unknown);
    broken.with_source(error)
}
