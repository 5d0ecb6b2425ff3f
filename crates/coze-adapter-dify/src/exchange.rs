//! One call: request, response, typed reply.

use std::time::Duration;

use bytes::Bytes;
use coze_engine::{EngineError, ErrorKind, Outcome};
use coze_models::{BodyKind, Operation, OperationMeta, ReplaySafety as Declared, ReplyShape};
use coze_transport::{
    CallOptions, OperationId, ReplaySafety, RequestBody, ResponseBody, ResponseMode,
    TransportError, scrub,
};
use coze_wire::{decode, encode};
use http::{HeaderValue, header::CONTENT_TYPE, response::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::{client::Inner, error::Context, refusal::Refusal};

/// The largest response that is read, in bytes, where the stack has not read it.
const BODY_LIMIT: usize = 32 * 1024 * 1024;

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
        let mut options = CallOptions::default();
        options.operation = Some(OperationId(meta.id));
        options.replay = Some(match meta.replay {
            Declared::Always => ReplaySafety::Always,
            Declared::IfNotSent => ReplaySafety::IfNotSent,
            _ => ReplaySafety::Never,
        });
        options.mode = Some(if streams {
            ResponseMode::Streaming
        } else {
            ResponseMode::Buffered
        });
        options.attempt_cap = meta.max_attempts.and_then(|most| u8::try_from(most).ok());
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

/// The head of a success, its body on the way, and what is known so far.
pub(crate) struct Exchange {
    pub(crate) head: Parts,
    pub(crate) body: ResponseBody,
    pub(crate) context: Context,
}

/// A body that is not written as JSON, and its content type.
pub(crate) type OwnBody = (HeaderValue, Bytes);

/// Sends a request and receives the head of its response.
pub(crate) async fn send<O: Operation>(
    inner: &Inner,
    operation: &O,
    own: Option<OwnBody>,
    limits: Limits,
) -> Result<Exchange, EngineError> {
    let meta = O::META;
    let mut context = Context::of(meta);
    let request = encode(operation).map_err(|error| {
        let message = "the request cannot be written";
        context
            .error(ErrorKind::Build, message, Outcome::NotAccepted)
            .with_source(error)
    })?;
    let mut request = request.map(RequestBody::from);
    if let Some((content_type, body)) = own {
        request.headers_mut().insert(CONTENT_TYPE, content_type);
        *request.body_mut() = body.into();
    }
    request.extensions_mut().insert(limits.options(inner, meta));
    let stack = if meta.path.starts_with("/api/form/") {
        &inner.forms
    } else {
        &inner.api
    };
    let sent = stack.send(request).await;
    let (head, body) = match sent {
        Ok(response) => response.into_parts(),
        Err(error) => return Err(context.transport(error)),
    };
    context.saw_head(&head);
    if head.status.is_success() {
        return Ok(Exchange {
            head,
            body,
            context,
        });
    }
    let body = whole(body).await.unwrap_or_default();
    let refusal = Refusal::read(head.status, &head.headers, &body);
    Err(context.refused(refusal))
}

/// A typed reply, and the body it was read from.
pub(crate) struct Reply<T> {
    pub(crate) value: T,
    pub(crate) raw: Bytes,
    pub(crate) context: Context,
}

/// Makes a call and decodes its reply.
pub(crate) async fn reply<O: Operation>(
    inner: &Inner,
    operation: &O,
    limits: Limits,
) -> Result<Reply<O::Reply>, EngineError> {
    let exchange = send(inner, operation, None, limits).await?;
    exchange.reply::<O>().await
}

impl Exchange {
    pub(crate) async fn reply<O: Operation>(self) -> Result<Reply<O::Reply>, EngineError> {
        let Self {
            head,
            body,
            context,
        } = self;
        let body = match whole(body).await {
            Ok(body) => body,
            Err(error) => return Err(context.transport(error)),
        };
        match decode::<O>(&head, &body) {
            Ok(decoded) => Ok(Reply {
                value: decoded.value,
                raw: decoded.raw,
                context,
            }),
            // A success that cannot be read: the server may have done what was asked.
            Err(error) => Err(context.error(
                ErrorKind::Decode,
                scrub(&error.to_string()),
                Outcome::Unknown,
            )),
        }
    }
}

/// The whole body. The default stack has it in memory; another stack may not.
pub(crate) async fn whole(body: ResponseBody) -> Result<Bytes, TransportError> {
    if let Some(bytes) = body.buffered() {
        return Ok(bytes.clone());
    }
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(TransportError::new(
            coze_transport::ErrorKind::TooLarge,
            coze_transport::Outcome::Unknown,
            format!("the response is larger than {BODY_LIMIT} bytes"),
        )),
        Err(error) => Err(TransportError::from_box(error)),
    }
}
