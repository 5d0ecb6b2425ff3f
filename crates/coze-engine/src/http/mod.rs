//! What engines over HTTP share, for whoever writes one. Behind the feature `http`.
//!
//! An operation is encoded by `coze-wire`, sent by a stack of `coze-transport`, and what fails becomes an [`EngineError`]. What
//! a response means is the engine's own.
//!
//! ```
//! use coze_engine::{EngineError, http::{CallContext, Exchange, Refused, call_options}};
//! use coze_models::{Operation, RunWorkflow};
//! use coze_transport::{HttpStack, Outcome, Response, ResponseBody};
//!
//! /// Runs a workflow of a server whose failures have no code.
//! async fn run(stack: &HttpStack, workflow: &str) -> Result<bytes::Bytes, EngineError> {
//!     let context = CallContext::new("mine", RunWorkflow::META);
//!     let options = call_options(RunWorkflow::META);
//!     let mut exchange = Exchange::new(context, stack, &RunWorkflow::new(workflow), None, options).await?;
//!     if exchange.head.status.is_success() {
//!         return exchange.whole().await;
//!     }
//!     let (body, _) = exchange.excerpt().await;
//!     Err(exchange.context.refused(&Refused::new(&body, Outcome::Unknown)))
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let stack = HttpStack::from_fn(|_| async {
//!     let mut response = Response::new(ResponseBody::full("out of order".into()));
//!     *response.status_mut() = http::StatusCode::BAD_GATEWAY;
//!     Ok::<_, http::Error>(response)
//! });
//! let error = run(&stack, "7366").await.unwrap_err();
//! assert_eq!(error.to_string(), "run_workflow: the server responded with HTTP 502: out of order");
//! assert!(error.may_have_run());
//! # });
//! ```

mod body;
mod context;

use std::{error::Error as _, iter::successors};

use bytes::Bytes;
use coze_models::{Operation, OperationMeta, ReplaySafety as Declared, ReplyShape};
use coze_transport::{
    CallOptions, ErrorKind as Kind, HttpStack, OperationId, ReplaySafety, RequestBody,
    ResponseBody, ResponseMode, TransportError,
};
use coze_wire::encode;
use http::{HeaderValue, header::CONTENT_TYPE, response::Parts};

pub use body::{body_text, id_text, json_object, shows_run};
pub use context::{CallContext, Refused, stream_failure};

use crate::{EngineError, ErrorKind, Outcome};

/// The largest response that is read, in bytes, where the stack has not read it: 32 MiB.
const BODY_LIMIT: usize = 32 * 1024 * 1024;

/// What an operation says by itself of how it is called. Time limits are the caller's.
#[inline]
pub fn call_options(meta: &OperationMeta) -> CallOptions {
    let mut options = CallOptions::default();
    options.operation = Some(OperationId(meta.id));
    options.replay = Some(match meta.replay {
        Declared::Always => ReplaySafety::Always,
        Declared::IfNotSent => ReplaySafety::IfNotSent,
        _ => ReplaySafety::Never,
    });
    options.mode = Some(if meta.reply == ReplyShape::Events {
        ResponseMode::Streaming
    } else {
        ResponseMode::Buffered
    });
    options.attempt_cap = meta.max_attempts.and_then(|most| u8::try_from(most).ok());
    options
}

/// A response, its body on the way, and what is known so far.
#[derive(Debug)]
pub struct Exchange {
    /// The head of the response, whatever its status.
    pub head: Parts,
    /// Its body. The stack has read it unless the operation streams and the status is a success.
    pub body: ResponseBody,
    /// For the errors of what follows.
    pub context: CallContext,
}

impl Exchange {
    /// Sends an operation. `body`, with its content type, goes in place of the JSON of the operation.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`] where the operation cannot be encoded, and what [`CallContext::transport`] makes of no response.
    pub async fn new<O: Operation>(
        mut context: CallContext,
        stack: &HttpStack,
        operation: &O,
        body: Option<(HeaderValue, Bytes)>,
        options: CallOptions,
    ) -> Result<Self, EngineError> {
        let request = encode(operation).map_err(|error| {
            let message = "the request cannot be written";
            let unsent = context.error(ErrorKind::Build, message, Outcome::NotAccepted);
            unsent.with_source(error)
        })?;
        let mut request = request.map(RequestBody::from);
        if let Some((content_type, body)) = body {
            request.headers_mut().insert(CONTENT_TYPE, content_type);
            *request.body_mut() = body.into();
        }
        request.extensions_mut().insert(options);
        let response = match stack.send(request).await {
            Ok(response) => response,
            Err(error) => return Err(context.transport(error)),
        };
        let (head, body) = response.into_parts();
        context.saw_head(&head);
        Ok(Self {
            head,
            body,
            context,
        })
    }

    /// The whole body of a success.
    ///
    /// # Errors
    ///
    /// What [`CallContext::transport`] makes of a body that cannot be read.
    pub async fn whole(&mut self) -> Result<Bytes, EngineError> {
        let body = std::mem::take(&mut self.body);
        let whole = body.whole(BODY_LIMIT).await;
        whole.map_err(|error| self.context.transport(error))
    }

    /// The body of a response that is no success, as far as it can be read, and whether that is all of it.
    pub async fn excerpt(&mut self) -> (Bytes, bool) {
        let body = std::mem::take(&mut self.body);
        let is_whole = !body.is_truncated();
        match body.whole(BODY_LIMIT).await {
            Ok(body) => (body, is_whole),
            Err(_) => (Bytes::new(), false),
        }
    }
}

/// The error of a builder whose [settings](coze_transport::ClientSettings) cannot be used: of the kind
/// [`ErrorKind::Auth`] where it is the token, [`ErrorKind::Build`] otherwise.
pub fn unbuilt(engine: &'static str, error: &TransportError) -> EngineError {
    let kind = match error.kind() {
        Kind::Auth => ErrorKind::Auth,
        _ => ErrorKind::Build,
    };
    let causes = successors(error.source(), |&cause| cause.source());
    let message = causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"));
    EngineError::new(engine, kind, "build", message)
}

impl From<coze_transport::Outcome> for Outcome {
    fn from(outcome: coze_transport::Outcome) -> Self {
        match outcome {
            coze_transport::Outcome::NotAccepted => Self::NotAccepted,
            coze_transport::Outcome::Accepted => Self::Accepted,
            coze_transport::Outcome::Unknown => Self::Unknown,
        }
    }
}
