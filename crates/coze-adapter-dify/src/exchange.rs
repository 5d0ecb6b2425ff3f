//! One call: request, response, typed reply.

use std::time::Duration;

use bytes::Bytes;
use coze_engine::{
    EngineError, ErrorKind, Outcome,
    http::{CallContext, Exchange, call_options},
};
use coze_models::{BodyKind, Operation, OperationMeta, ReplyShape};
use coze_transport::CallOptions;
use coze_wire::decode;
use http::HeaderValue;

use crate::{client::Inner, error::NAME, refusal::Refusal};

/// The wait for the head of a response. A server whose process begins anew was seen to respond after 25 s.
const HEAD: Duration = Duration::from_secs(30);

/// The same for an upload, whose head comes when all of it was read.
const UPLOAD_HEAD: Duration = Duration::from_secs(60);

/// The deadline of a call that runs nothing.
const CALL: Duration = Duration::from_secs(60);

/// What bounds a call; the client's settings where a field is `None`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) deadline: Option<Duration>,
    /// Polls try again by themselves.
    pub(crate) attempts: Option<u32>,
}

impl Limits {
    pub(crate) const fn within(deadline: Duration) -> Self {
        Self {
            deadline: Some(deadline),
            attempts: None,
        }
    }

    fn options(self, inner: &Inner, meta: &OperationMeta) -> CallOptions {
        let streams = meta.reply == ReplyShape::Events;
        // A form is sent, and what follows is polled for.
        let waits = meta.starts_run && meta.path.starts_with("/workflows/");
        let limit = if waits { inner.settings.deadline } else { CALL };
        let deadline = self.deadline.unwrap_or(limit);
        let mut options = call_options(meta);
        options.max_attempts = self.attempts;
        options.deadline = Some(deadline);
        options.head_timeout = Some(match (waits && !streams, meta.body) {
            (true, _) => deadline,
            (false, BodyKind::Multipart) => UPLOAD_HEAD,
            (false, _) => HEAD,
        });
        options.idle_timeout = streams.then_some(inner.settings.queue);
        options
    }
}

/// Sends a request and receives the head of its response, a success. `body` goes in place of the JSON of the operation.
pub(crate) async fn send<O: Operation>(
    inner: &Inner,
    operation: &O,
    body: Option<(HeaderValue, Bytes)>,
    limits: Limits,
) -> Result<Exchange, EngineError> {
    let context = CallContext::new(NAME, O::META);
    let stack = if O::META.path.starts_with("/api/form/") {
        &inner.forms
    } else {
        &inner.api
    };
    let options = limits.options(inner, O::META);
    let mut sent = Exchange::new(context, stack, operation, body, options).await?;
    if sent.head.status.is_success() {
        return Ok(sent);
    }
    let (body, is_whole) = sent.excerpt().await;
    let refusal = Refusal::read(sent.head.status, &sent.head.headers, &body, is_whole);
    Err(refusal.error(&sent.context, &body))
}

/// A typed reply, and the body it was read from.
pub(crate) struct Reply<T> {
    pub(crate) value: T,
    pub(crate) raw: Bytes,
    pub(crate) context: CallContext,
}

/// Makes a call and decodes its reply.
pub(crate) async fn reply<O: Operation>(
    inner: &Inner,
    operation: &O,
    limits: Limits,
) -> Result<Reply<O::Reply>, EngineError> {
    read::<O>(send(inner, operation, None, limits).await?).await
}

/// Decodes the reply of a call.
pub(crate) async fn read<O: Operation>(
    mut exchange: Exchange,
) -> Result<Reply<O::Reply>, EngineError> {
    let body = exchange.whole().await?;
    match decode::<O>(&exchange.head, &body) {
        Ok(decoded) => Ok(Reply {
            value: decoded.value,
            raw: decoded.raw,
            context: exchange.context,
        }),
        // A success that cannot be read: the server may have done what was asked.
        Err(error) => {
            let context = exchange.context;
            Err(context.error(ErrorKind::Decode, error.to_string(), Outcome::Unknown))
        }
    }
}
