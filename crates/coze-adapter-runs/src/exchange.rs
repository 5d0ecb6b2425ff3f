//! Sending the request of an operation and receiving its response.

use std::time::Duration;

use bytes::Bytes;
use coze_engine::{
    EngineError,
    http::{self, CallContext, call_options},
};
use coze_models::Operation;
use coze_transport::HttpStack;

use crate::failure::{self, ENGINE, advised};

/// A response with a good status.
pub(crate) struct Exchange {
    pub(crate) context: CallContext,
    pub(crate) body: Bytes,
    /// The workflow that was to be run.
    workflow: Option<String>,
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
        let mut options = call_options(O::META);
        options.deadline = Some(limits.deadline);
        options.head_timeout = Some(limits.head);
        let context = CallContext::new(ENGINE, O::META);
        let sent = http::Exchange::new(context, stack, operation, None, options).await;
        let mut sent = sent.map_err(advised)?;
        if !sent.head.status.is_success() {
            let body = sent.excerpt().await;
            return Err(failure::refused(sent.context, workflow, &sent.head, &body));
        }
        Ok(Self {
            body: sent.whole().await.map_err(advised)?,
            context: sent.context,
            workflow: workflow.map(str::to_owned),
        })
    }

    /// What the body is decoded to, or the error of a body that does not fit.
    pub(crate) fn decode<T>(
        &self,
        decode: impl FnOnce(&[u8]) -> Result<T, String>,
    ) -> Result<T, EngineError> {
        decode(&self.body).map_err(|what| self.invalid(format!("the response {what}")))
    }

    /// The error of a response that is not one the operation can have.
    pub(crate) fn invalid(&self, message: String) -> EngineError {
        let workflow = self.workflow.as_deref();
        failure::invalid(self.context.clone(), workflow, &self.body, message)
    }
}
