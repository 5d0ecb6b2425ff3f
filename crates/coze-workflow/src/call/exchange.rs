//! Sending the request of an operation and receiving the head of its response.

use std::sync::Arc;

use bytes::Bytes;
use coze_models::{BodyKind, Operation};
use coze_transport::{
    Attempts, CallOptions, LogId, Outcome, RequestBody, ResponseBody, TransportError, check_header,
    retry_after,
    time::{Instant, timeout},
};
use coze_wire::{decode, encode};
use http::{HeaderValue, header::CONTENT_TYPE, response::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Reply, classify::Gateway};
use crate::{Client, Error, ErrorKind, error::ErrorContext, settings::CallSettings};

/// The largest response that is read, in bytes, where the stack has not read it.
const BODY_LIMIT: usize = 32 * 1024 * 1024;

/// The largest request that the service takes, in bytes: 20 MB, files apart.
/// Source: <https://www.coze.cn/open/docs/developer_guides/coze_api_overview>
const REQUEST_LIMIT: usize = 20 * 1024 * 1024;

/// The same for what runs no workflow: 15 MB. A request above it is warned of.
const SMALL_REQUEST: usize = 15 * 1024 * 1024;

/// The head of a response, its body on the way, and what is known so far.
pub(crate) struct Exchange {
    pub(crate) head: Parts,
    pub(crate) body: ResponseBody,
    pub(crate) gateway: Gateway,
    pub(crate) context: ErrorContext,
    /// Held while the run is open, where their number is bounded.
    pub(crate) permit: Option<OwnedSemaphorePermit>,
}

/// A body that is not written as JSON, and its content type.
pub(crate) type OwnBody = (HeaderValue, RequestBody);

impl Exchange {
    /// Sends the request and receives the head of its response.
    pub(crate) async fn new<O: Operation>(
        client: &Client,
        operation: &O,
        settings: CallSettings,
        body: Option<OwnBody>,
    ) -> Result<Self, Error> {
        let meta = O::META;
        let context = ErrorContext::of(meta, client.region());
        let mut request = match request(client, operation, body) {
            Ok(request) => request,
            Err(error) => return Err(error.with_context(context)),
        };
        let mut options = settings.options(meta);
        for (name, value) in settings.headers {
            if let Err(error) = check_header(&name) {
                return Err(Error::build("a header cannot be set")
                    .with_context(context)
                    .with_source(error));
            }
            request.headers_mut().append(name, value);
        }
        let permit = match settings.open_runs.filter(|_| meta.starts_run) {
            Some(open_runs) => match admit(open_runs, &mut options).await {
                Ok(permit) => Some(permit),
                Err(error) => return Err(error.with_context(context)),
            },
            None => None,
        };
        request.extensions_mut().insert(options);
        let before_send = settings.hooks.and_then(|hooks| hooks.before_send);
        if let Some(before_send) = before_send
            && let Err(cause) = before_send().await
        {
            return Err(
                Error::build("the hook before the request failed, so it was not sent")
                    .with_context(context)
                    .with_cause(cause),
            );
        }

        let response = match client.stack().send(request).await {
            Ok(response) => response,
            Err(error) => return Err(Error::transport(error, context)),
        };
        let (mut head, body) = response.into_parts();
        let log_id = head.extensions.remove::<LogId>();
        // A stack of the caller's own may not have looked for it.
        let log_id =
            log_id.or_else(|| LogId::from_headers(&head.headers, &coze_wire::LOG_ID_HEADERS));
        let context = ErrorContext {
            status: Some(head.status),
            log_id,
            attempts: head.extensions.remove::<Attempts>().unwrap_or_default(),
            retry_after: retry_after(&head.headers),
            ..context
        };
        let mut gateway = Gateway::of(head.status, &head.headers, body.is_truncated());
        gateway.unsent = head.extensions.get() == Some(&Outcome::NotAccepted);
        Ok(Self {
            head,
            body,
            gateway,
            context,
            permit,
        })
    }

    /// The typed reply that the body holds.
    pub(crate) async fn reply<O: Operation>(self) -> Result<Reply<O::Reply>, Error> {
        let body = match whole(self.body).await {
            Ok(body) => body,
            Err(error) => return Err(Error::transport(error, self.context)),
        };
        match decode::<O>(&self.head, &body) {
            Ok(decoded) => Ok(Reply::new(decoded, self.context)),
            Err(error) => {
                let outcome = self.gateway.outcome(&error);
                Err(Error::reply(error, outcome, self.context))
            }
        }
    }
}

/// Waits until another run may be open, within the deadline, which is that much nearer then.
async fn admit(
    open_runs: Arc<Semaphore>,
    options: &mut CallOptions,
) -> Result<OwnedSemaphorePermit, Error> {
    let begin = Instant::now();
    let permit = open_runs.acquire_owned();
    let permit = match options.deadline {
        Some(limit) => timeout(limit, permit).await.ok(),
        None => Some(permit.await),
    };
    if let Some(limit) = &mut options.deadline {
        *limit = limit.saturating_sub(begin.elapsed());
    }
    // The semaphore is never closed.
    permit.and_then(Result::ok).ok_or_else(|| {
        let message = "the deadline passed while as many runs were open as the client allows";
        Error::new(ErrorKind::Timeout, message)
    })
}

/// The request as the client's kind of server takes it.
fn request<O: Operation>(
    client: &Client,
    operation: &O,
    body: Option<OwnBody>,
) -> Result<http::Request<RequestBody>, Error> {
    let meta = O::META;
    let encoded = encode(operation)
        .map_err(|error| Error::build("the request cannot be written").with_source(error))?;
    let encoded = client.dialect().adapt(meta, encoded)?;
    let size = encoded.body().len();
    if size > REQUEST_LIMIT {
        return Err(Error::new(
            ErrorKind::Build,
            format!(
                "the request has {size} bytes: the service takes at most {REQUEST_LIMIT} (20 MB); upload() what is \
                 large and pass it as a file"
            ),
        ));
    }
    if size > SMALL_REQUEST {
        let operation = meta.id;
        tracing::warn!(
            operation,
            size,
            "the request is nearly as large as the service takes"
        );
    }
    match body {
        Some((content_type, body)) => {
            let mut request = encoded.map(|_| body);
            request.headers_mut().insert(CONTENT_TYPE, content_type);
            Ok(request)
        }
        None if meta.body == BodyKind::Multipart => {
            Err(Error::build("the operation needs a file: use upload()"))
        }
        None => Ok(encoded.map(RequestBody::from)),
    }
}

/// The whole body. The default stack has it in memory; another stack may not.
async fn whole(body: ResponseBody) -> Result<Bytes, TransportError> {
    if let Some(bytes) = body.buffered() {
        return Ok(bytes.clone());
    }
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(TransportError::new(
            coze_transport::ErrorKind::TooLarge,
            Outcome::Unknown,
            format!("the response is larger than {BODY_LIMIT} bytes"),
        )),
        Err(error) => Err(TransportError::from_box(error)),
    }
}
