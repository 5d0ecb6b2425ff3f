//! Buffering once more what a layer has wrapped.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{header::CONTENT_TYPE, response::Parts};
use http_body::Body;

use super::{
    BodyLimits, ResponseBody,
    collect::{Collect, CollectOptions},
    limits::Truncated,
    options::is_json,
    receive::about,
};
use crate::{BoxError, CallOptions, Response, ResponseMode, TransportError, time::Instant};

/// Buffers above a layer what was buffered below it. A body that the layer left alone costs a look at its type; a stream
/// stays one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BufferAgain {
    limits: BodyLimits,
    streaming: bool,
}

impl BufferAgain {
    pub(crate) fn new(options: &CallOptions, mut limits: BodyLimits) -> Self {
        limits.success = options.body_limit.unwrap_or(limits.success);
        Self {
            limits,
            streaming: options.mode() == ResponseMode::Streaming,
        }
    }

    /// The response, if there is nothing to buffer.
    pub(crate) fn accept<B>(
        self,
        response: http::Response<B>,
    ) -> Result<Response, Box<BufferingAgain>>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let (parts, body) = ResponseBody::erase(response).into_parts();
        let success = parts.status.is_success();
        let stream = self.streaming && success && !is_json(parts.headers.get(CONTENT_TYPE));
        if stream || body.is_in_memory() {
            return Ok(Response::from_parts(parts, body));
        }
        let options = CollectOptions {
            limit: if success {
                self.limits.success
            } else {
                self.limits.failure
            },
            truncate: !success,
            // The layer may have changed the length, and whether the body is whole was judged below.
            announced: None,
            open_ended: false,
        };
        Err(Box::new(BufferingAgain {
            parts: Some(parts),
            collect: Collect::new(body, options),
        }))
    }
}

/// A body on its way into memory.
pub(crate) struct BufferingAgain {
    parts: Option<Parts>,
    collect: Collect<ResponseBody>,
}

impl BufferingAgain {
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        expires: Option<Instant>,
    ) -> Poll<Result<Response, TransportError>> {
        let result = ready!(Pin::new(&mut self.collect).poll(cx, expires));
        let Some(parts) = self.parts.take() else {
            return Poll::Pending;
        };
        Poll::Ready(match result {
            Ok(read) => {
                let truncated = read.truncated || parts.extensions.get::<Truncated>().is_some();
                let body = if truncated {
                    ResponseBody::truncated(read.bytes)
                } else {
                    ResponseBody::full(read.bytes)
                };
                Ok(Response::from_parts(parts, body))
            }
            Err(error) => Err(about(error, &parts)),
        })
    }
}
