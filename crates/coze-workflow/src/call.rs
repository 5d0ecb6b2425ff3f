//! One call of one operation.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use bytes::Bytes;
use coze_models::{
    BodyKind, CreateConversation, Method, Operation, OperationMeta, ReplaySafety as ModelReplay,
    ReplyShape,
};
use coze_transport::{
    Attempts, CallOptions, LogId, OperationId, Outcome, ReplaySafety, RequestBody, ResponseBody,
    ResponseMode, TransportError, check_header, retry_after,
};
use coze_wire::{decode, encode};
use http::{HeaderName, HeaderValue, header::CONTENT_TYPE, response::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::{
    Client, Error, Reply, StreamCall,
    classify::Gateway,
    error::{ErrorKind, Facts},
};

/// The largest answer that is read, in bytes, where neither the call nor the stack says otherwise.
const BODY_LIMIT: usize = 32 * 1024 * 1024;

/// The largest request that the service takes, in bytes: 20 MB, files apart.
/// Source: <https://www.coze.cn/open/docs/developer_guides/coze_api_overview>
const REQUEST_LIMIT: usize = 20 * 1024 * 1024;

/// The same for what runs no workflow: 15 MB. A request above it is warned of.
const SMALL_REQUEST: usize = 15 * 1024 * 1024;

/// A call that is not sent yet; `.await` sends it.
///
/// A request of more than 20 MB, files apart, is refused with [`ErrorKind::Build`] before it is sent.
#[must_use = "a call does nothing until it is awaited"]
pub struct Call<O> {
    client: Client,
    operation: O,
    options: CallOptions,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The body of an operation that is not written as JSON, and its content type.
    body: Option<(HeaderValue, RequestBody)>,
}

impl<O: Operation> Call<O> {
    pub(crate) fn new(client: Client, operation: O) -> Self {
        Self {
            client,
            operation,
            options: limits(O::META),
            headers: Vec::new(),
            body: None,
        }
    }

    /// The same call of a changed request.
    pub(crate) fn map(mut self, change: impl FnOnce(O) -> O) -> Self {
        self.operation = change(self.operation);
        self
    }

    /// Bounds the call: all attempts, the waits between them, and the body.
    ///
    /// Default: 60 s; 11 minutes for a call that runs a workflow, whose server limit is 10.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.options.deadline = Some(limit);
        self
    }

    /// Bounds the attempts, the first included.
    pub(crate) fn attempts(mut self, most: u32) -> Self {
        self.options.max_attempts = Some(most);
        self
    }

    /// The body of an operation whose body is not JSON.
    pub(crate) fn body(mut self, content_type: HeaderValue, body: RequestBody) -> Self {
        self.body = Some((content_type, body));
        self
    }

    /// Lowers the deadline to `limit` if it is later.
    pub(crate) fn deadline_at_most(mut self, limit: Duration) -> Self {
        let now = self.options.deadline.unwrap_or(limit);
        self.options.deadline = Some(now.min(limit));
        self
    }

    /// Bounds the wait for the head of an answer.
    ///
    /// Default: 15 s; 30 s for a stream; 100 s for any other call that runs a workflow, where the server
    /// gives up after 90.
    pub fn head_timeout(mut self, limit: Duration) -> Self {
        self.options.head_timeout = Some(limit);
        self
    }

    /// Bounds the silence within a streamed answer. No effect on any other.
    ///
    /// Default: 120 s until the server's first ping, then at least 35 s; see
    /// [`StreamCall::idle_timeout`].
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.options.idle_timeout = Some(limit);
        self
    }

    pub(crate) const fn options(&self) -> &CallOptions {
        &self.options
    }

    /// Adds a header. Those that carry credentials, frame the message or describe its body cannot be set.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Says that a second start of the same run does no harm, for instance because the workflow
    /// recognises a key in its parameters. A call whose outcome is unknown is then tried again.
    pub fn assume_idempotent(mut self, yes: bool) -> Self {
        self.options.assume_idempotent = yes;
        self
    }

    /// Reads the answer as a stream of events; for operations that answer with one.
    pub fn stream(self) -> StreamCall<O> {
        StreamCall::new(self)
    }

    pub(crate) async fn send(self) -> Result<Reply<O::Reply>, Error> {
        let limit = self.options.body_limit;
        let Exchange { head, body, facts } = self.exchange().await?;
        let body = match whole(body, limit).await {
            Ok(body) => body,
            Err(error) => return Err(Error::transport(error, facts)),
        };
        match decode::<O>(&head, &body) {
            Ok(decoded) => Ok(Reply::new(decoded, facts)),
            Err(error) => Err(Error::reply(error, facts)),
        }
    }

    /// Sends the request and receives the head of its answer.
    pub(crate) async fn exchange(self) -> Result<Exchange, Error> {
        let meta = O::META;
        let facts = Facts {
            operation: meta.id,
            starts_run: starts_run(meta),
            scope: meta.scope,
            region: self.client.region(),
            ..Facts::default()
        };
        let encoded = match encode(&self.operation) {
            Ok(encoded) => encoded,
            Err(error) => {
                let message = "the request cannot be written";
                return Err(Error::new(ErrorKind::Build, message)
                    .with_facts(facts)
                    .with_source(error));
            }
        };
        let encoded = self.client.dialect().adapt(meta, encoded)?;
        let size = encoded.body().len();
        if size > REQUEST_LIMIT {
            let message = format!(
                "the request has {size} bytes: the service takes {REQUEST_LIMIT} (20 MB) at most; upload() what is \
                 large and pass it as a file"
            );
            return Err(Error::new(ErrorKind::Build, message).with_facts(facts));
        }
        if size > SMALL_REQUEST {
            let operation = meta.id;
            tracing::warn!(
                operation,
                size,
                "the request is nearly as large as the service takes"
            );
        }
        let mut request = match self.body {
            Some((content_type, body)) => {
                let mut request = encoded.map(|_| body);
                request.headers_mut().insert(CONTENT_TYPE, content_type);
                request
            }
            None if meta.body == BodyKind::Multipart => {
                let message = "the operation needs a file: use upload()";
                return Err(Error::new(ErrorKind::Build, message).with_facts(facts));
            }
            None => encoded.map(RequestBody::from),
        };
        for (name, value) in self.headers {
            if let Err(error) = check_header(&name) {
                let message = "a header cannot be set";
                return Err(Error::new(ErrorKind::Build, message)
                    .with_facts(facts)
                    .with_source(error));
            }
            request.headers_mut().append(name, value);
        }
        request.extensions_mut().insert(self.options);

        let response = match self.client.stack().send(request).await {
            Ok(response) => response,
            Err(error) => return Err(Error::transport(error, facts)),
        };
        let (mut head, body) = response.into_parts();
        let attempts = head.extensions.remove::<Attempts>().unwrap_or_default();
        let header_id = head.extensions.remove::<LogId>();
        // A stack of the caller's own may not have looked for it.
        let header_id =
            header_id.or_else(|| LogId::from_headers(&head.headers, &coze_wire::LOG_ID_HEADERS));
        let facts = Facts {
            status: Some(head.status),
            gateway: Gateway::of(head.status, &head.headers, body.is_truncated()),
            retry_after: retry_after(&head.headers),
            attempts,
            log_id: header_id.map(|id| id.as_str().to_owned()),
            ..facts
        };
        Ok(Exchange { head, body, facts })
    }
}

/// The head of an answer, and its body on the way.
pub(crate) struct Exchange {
    pub(crate) head: Parts,
    pub(crate) body: ResponseBody,
    pub(crate) facts: Facts,
}

impl<O> IntoFuture for Call<O>
where
    O: Operation + Send + Sync + 'static,
    O::Reply: Send,
{
    type Output = Result<Reply<O::Reply>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// What is to be sent may be personal.
impl<O: Operation> fmt::Debug for Call<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("operation", &O::META.id)
            .field("options", &self.options)
            .field("headers", &Names(&self.headers))
            .finish_non_exhaustive()
    }
}

/// Shows the names of headers: their values may be secrets.
pub(crate) struct Names<'a>(pub(crate) &'a [(HeaderName, HeaderValue)]);

impl fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(name, _)| name.as_str());
        f.debug_list().entries(names).finish()
    }
}

/// Whether a second send may run something twice.
fn starts_run(meta: &OperationMeta) -> bool {
    // A second conversation does no harm and is no run; it only should not be made in vain.
    meta.replay != ModelReplay::Always && meta.id != CreateConversation::META.id
}

/// The settings of a call that makes none.
fn limits(meta: &OperationMeta) -> CallOptions {
    let streams = meta.reply == ReplyShape::Events;
    let (head, total, replay) = match meta.replay {
        ModelReplay::Always => (15, 60, ReplaySafety::Always),
        ModelReplay::IfNotSent if !starts_run(meta) => (15, 60, ReplaySafety::IfNotSent),
        ModelReplay::IfNotSent if streams => (30, 11 * 60, ReplaySafety::IfNotSent),
        ModelReplay::IfNotSent => (100, 11 * 60, ReplaySafety::IfNotSent),
        _ => (60, 11 * 60, ReplaySafety::Never),
    };
    let mut options = CallOptions::default();
    options.operation = Some(OperationId(meta.id));
    options.replay = Some(replay);
    if meta.method == Method::Delete {
        options.max_attempts = Some(3);
    }
    options.mode = Some(if streams {
        ResponseMode::Streaming
    } else {
        ResponseMode::Buffered
    });
    options.head_timeout = Some(Duration::from_secs(head));
    options.deadline = Some(Duration::from_secs(total));
    options
}

/// The whole body. The default stack has it in memory; another stack may not.
async fn whole(body: ResponseBody, limit: Option<usize>) -> Result<Bytes, TransportError> {
    if let Some(bytes) = body.buffered() {
        return Ok(bytes.clone());
    }
    let limit = limit.unwrap_or(BODY_LIMIT);
    match Limited::new(body, limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(TransportError::new(
            coze_transport::ErrorKind::TooLarge,
            Outcome::Unknown,
            format!("the answer is larger than {limit} bytes"),
        )),
        Err(error) => Err(TransportError::from_box(error)),
    }
}
