//! Sending the request of an operation and receiving the head of its response.

use std::{pin::Pin, sync::Arc};

use coze_models::{BodyKind, Operation};
use coze_transport::{
    Attempts, CallOptions, HttpStack, LogId, Outcome, Request, RequestBody, Response, ResponseBody,
    TransportError, check_header, retry_after,
    time::{Instant, timeout},
};
use coze_wire::{decode, encode};
use http::{HeaderValue, header::CONTENT_TYPE, response::Parts};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Reply, classify::Gateway};
use crate::{
    Client, Error, ErrorKind, error::ErrorContext, hooks::BeforeSend, settings::CallSettings,
};

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
    /// Boxed, for it goes on into what comes of the response, from hand to hand.
    pub(crate) context: Box<ErrorContext>,
    /// Held while the run is open, where their number is bounded.
    pub(crate) permit: Option<OwnedSemaphorePermit>,
}

/// A body that is not written as JSON, and its content type.
pub(crate) type OwnBody = (HeaderValue, RequestBody);

impl Exchange {
    /// Sends the request and receives the head of its response.
    ///
    /// What can be made at once is made here and not by the future, which is moved about and should be small.
    pub(crate) fn new<O: Operation>(
        client: &Client,
        operation: &O,
        settings: CallSettings,
        body: Option<OwnBody>,
    ) -> impl Future<Output = Result<Self, Error>> + Send + use<O> {
        let (meta, region) = (O::META, client.region());
        let context = move || ErrorContext::of(meta, region);
        let sending = prepare(client, operation, settings, body);
        async move {
            let sent = match sending.map_err(|error| error.with_context(context()))? {
                Sending::Now(response) => response.await.map(|response| (response, None)),
                Sending::After(sent) => {
                    sent.await.map_err(|error| error.with_context(context()))?
                }
            };
            let (response, permit) = sent.map_err(|error| Error::transport(error, context()))?;
            Ok(Self::of(response, permit, context()))
        }
    }

    fn of(
        response: Response,
        permit: Option<OwnedSemaphorePermit>,
        mut context: ErrorContext,
    ) -> Self {
        let (mut head, body) = response.into_parts();
        let log_id = head.extensions.remove::<LogId>();
        context.status = Some(head.status);
        // A stack of the caller's own may not have looked for it.
        context.log_id =
            log_id.or_else(|| LogId::from_headers(&head.headers, &coze_wire::LOG_ID_HEADERS));
        context.attempts = head.extensions.remove::<Attempts>().unwrap_or_default();
        context.retry_after = retry_after(&head.headers);
        let mut gateway = Gateway::of(head.status, &head.headers, body.is_truncated());
        gateway.unsent = head.extensions.get() == Some(&Outcome::NotAccepted);
        Self {
            head,
            body,
            gateway,
            context: Box::new(context),
            permit,
        }
    }

    /// The typed reply that the body holds.
    pub(crate) async fn reply<O: Operation>(mut self) -> Result<Reply<O::Reply>, Error> {
        if self.body.buffered().is_none() {
            // The default stack has it in memory; another may not.
            let body = std::mem::take(&mut self.body);
            match Box::pin(body.whole(BODY_LIMIT)).await {
                Ok(body) => self.body = ResponseBody::full(body),
                Err(error) => return Err(Error::transport(error, *self.context)),
            }
        }
        self.decode::<O>()
    }

    fn decode<O: Operation>(self) -> Result<Reply<O::Reply>, Error> {
        let body = self.body.buffered().cloned().unwrap_or_default();
        match decode::<O>(&self.head, &body) {
            Ok(decoded) => Ok(Reply::new(decoded, self.context)),
            Err(error) => {
                let outcome = self.gateway.outcome(&error);
                Err(Error::reply(error, outcome, *self.context))
            }
        }
    }
}

/// A request on its way.
enum Sending<F> {
    Now(F),
    /// Something has to be waited for first, which is rare.
    After(After),
}

/// A response and the permit of its run, or why there is none: what was to happen before the request failed, or the
/// stack did.
type After = Pin<Box<dyn Future<Output = Result<Result<Sent, TransportError>, Error>> + Send>>;
type Sent = (Response, Option<OwnedSemaphorePermit>);

/// Makes the request, and sends it or says what comes before.
fn prepare<O: Operation>(
    client: &Client,
    operation: &O,
    settings: CallSettings,
    body: Option<OwnBody>,
) -> Result<Sending<impl Future<Output = Result<Response, TransportError>> + Send + use<O>>, Error>
{
    let meta = O::META;
    let mut request = request(client, operation, body)?;
    let options = settings.options(meta);
    for (name, value) in settings.headers {
        check_header(&name)
            .map_err(|error| Error::build("a header cannot be set").with_source(error))?;
        request.headers_mut().append(name, value);
    }
    let open_runs = settings.open_runs.filter(|_| meta.starts_run);
    let before_send = settings.hooks.and_then(|hooks| hooks.before_send);
    if open_runs.is_some() || before_send.is_some() {
        let stack = client.stack().clone();
        let after = after(stack, request, options, open_runs, before_send);
        return Ok(Sending::After(Box::pin(after)));
    }
    request.extensions_mut().insert(options);
    Ok(Sending::Now(client.stack().send(request)))
}

/// Sends the request once its run may be open and the hook before it has been called.
async fn after(
    stack: HttpStack,
    mut request: Request,
    mut options: CallOptions,
    open_runs: Option<Arc<Semaphore>>,
    before_send: Option<Arc<BeforeSend>>,
) -> Result<Result<Sent, TransportError>, Error> {
    let permit = match open_runs {
        Some(open_runs) => Some(admit(open_runs, &mut options).await?),
        None => None,
    };
    request.extensions_mut().insert(options);
    if let Some(before_send) = before_send
        && let Err(cause) = before_send().await
    {
        let message = "the hook before the request failed, so it was not sent";
        return Err(Error::build(message).with_cause(cause));
    }
    Ok(stack.send(request).await.map(|response| (response, permit)))
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
) -> Result<Request, Error> {
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
