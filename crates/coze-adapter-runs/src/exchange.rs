//! Sending the request of an operation and receiving its response.

use std::time::Duration;

use bytes::Bytes;
use coze_engine::{EngineError, ErrorKind, Outcome};
use coze_models::{Operation, OperationMeta};
use coze_transport::{
    CallOptions, HttpStack, LogId, OperationId, ReplaySafety, RequestBody, retry_after,
};
use coze_wire::encode;
use http::response::Parts;

use crate::failure;

/// A response with a good status.
pub(crate) struct Exchange {
    meta: &'static OperationMeta,
    /// The workflow that was to be run.
    workflow: Option<String>,
    head: Parts,
    pub(crate) body: Bytes,
}

/// The time limits of a call.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// The whole call.
    pub(crate) deadline: Duration,
    /// Each attempt, up to the head of its response.
    pub(crate) head: Duration,
}

impl Exchange {
    /// Sends `operation`, about a run of `workflow`.
    pub(crate) async fn new<O: Operation>(
        stack: &HttpStack,
        operation: &O,
        workflow: Option<&str>,
        limits: Limits,
    ) -> Result<Self, EngineError> {
        let meta = O::META;
        let request = encode(operation).map_err(|error| {
            let message = "the request cannot be written";
            failure::of(meta, ErrorKind::Build, Outcome::NotAccepted, message).with_source(error)
        })?;
        let mut request = request.map(RequestBody::from);
        let mut options = CallOptions::default();
        options.operation = Some(OperationId(meta.id));
        options.replay = Some(match meta.replay {
            coze_models::ReplaySafety::Always => ReplaySafety::Always,
            coze_models::ReplaySafety::IfNotSent => ReplaySafety::IfNotSent,
            _ => ReplaySafety::Never,
        });
        options.deadline = Some(limits.deadline);
        options.head_timeout = Some(limits.head);
        request.extensions_mut().insert(options);
        let response = match stack.send(request).await {
            Ok(response) => response,
            Err(error) => return Err(failure::transport(meta, error)),
        };
        let (head, body) = response.into_parts();
        // The stack has read it.
        let bytes = body.buffered().cloned().unwrap_or_default();
        if !head.status.is_success() {
            let truncated = body.is_truncated();
            return Err(failure::refused(meta, workflow, &head, &bytes, truncated));
        }
        Ok(Self {
            meta,
            workflow: workflow.map(str::to_owned),
            head,
            body: bytes,
        })
    }

    /// What the body is decoded to, or the error of a body that does not fit.
    pub(crate) fn decode<T>(
        &self,
        decode: impl FnOnce(&[u8]) -> Result<T, String>,
    ) -> Result<T, EngineError> {
        decode(&self.body).map_err(|what| self.invalid(&format!("the response {what}")))
    }

    /// The error of a response that is not one the operation can have.
    pub(crate) fn invalid(&self, message: &str) -> EngineError {
        let workflow = self.workflow.as_deref();
        failure::invalid(self.meta, workflow, &self.head, &self.body, message)
    }

    /// The pause that the server asks for.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.head.headers)
    }

    pub(crate) fn log_id(&self) -> Option<&str> {
        self.head.extensions.get().map(LogId::as_str)
    }
}
