//! The server's id for one exchange.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{HeaderMap, HeaderName};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use crate::{Request, ServerText};

/// Longest log id that is kept; what comes after is not one.
const MAX_LOG_ID: usize = 256;

/// The server's id for one exchange, to be quoted in support requests. A response extension.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LogId(ServerText<Arc<str>>);

impl LogId {
    /// Wraps the text of a header or a body field, which is looked through when it is first shown: see [`ServerText`].
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(ServerText::new(text.into()))
    }

    /// The id: as the server sent it, unless that is no id that can be shown.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// Whether the server sent it as `text`.
    pub fn came_as(&self, text: &str) -> bool {
        self.0.came_as(text)
    }

    /// The first of `names` that is present and not empty. Bytes that are no UTF-8 are replaced.
    pub fn from_headers(headers: &HeaderMap, names: &[HeaderName]) -> Option<Self> {
        names.iter().find_map(|name| {
            // A response has few headers: to go through them costs less than to hash a name.
            let (_, value) = headers.iter().find(|(present, _)| *present == name)?;
            let value = value.as_bytes();
            let value = &value[..value.len().min(MAX_LOG_ID)];
            match std::str::from_utf8(value) {
                Ok("") => None,
                Ok(text) => Some(Self::new(text)),
                Err(_) => Some(Self::new(&*String::from_utf8_lossy(value))),
            }
        })
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Puts the response's [`LogId`] among its extensions.
///
/// Stands below the layers that read bodies and judge responses, so that their errors carry the id.
#[derive(Clone, Debug)]
pub struct LogIdLayer {
    names: Arc<[HeaderName]>,
}

impl LogIdLayer {
    /// Reads the first header of `names` that is present.
    pub fn new(names: impl Into<Arc<[HeaderName]>>) -> Self {
        Self {
            names: names.into(),
        }
    }
}

impl<S> Layer<S> for LogIdLayer {
    type Service = LogIdService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        LogIdService {
            inner,
            names: Arc::clone(&self.names),
        }
    }
}

/// The service of [`LogIdLayer`].
#[derive(Clone, Debug)]
pub struct LogIdService<S> {
    inner: S,
    names: Arc<[HeaderName]>,
}

impl<S, B> Service<Request> for LogIdService<S>
where
    S: Service<Request, Response = http::Response<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = LogIdFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        LogIdFuture {
            inner: self.inner.call(request),
            names: Arc::clone(&self.names),
        }
    }
}

pin_project! {
    /// The future of [`LogIdService`].
    #[derive(Debug)]
    pub struct LogIdFuture<F> {
        #[pin]
        inner: F,
        names: Arc<[HeaderName]>,
    }
}

impl<F, B, E> Future for LogIdFuture<F>
where
    F: Future<Output = Result<http::Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx))?;
        if let Some(id) = LogId::from_headers(response.headers(), this.names) {
            response.extensions_mut().insert(id);
        }
        Poll::Ready(Ok(response))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&'static str, &[u8])]) -> Option<LogId> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, http::HeaderValue::from_bytes(value).unwrap());
        }
        let names = ["x-tt-logid", "x-log-id"].map(HeaderName::from_static);
        LogId::from_headers(&headers, &names)
    }

    #[test]
    fn the_first_name_that_holds_something_wins() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[("x-log-id", b"b")]).unwrap().as_str(), "b");
        let both = read(&[("x-log-id", b"b"), ("x-tt-logid", b"a")]);
        assert_eq!(both.unwrap().as_str(), "a");
        let empty = read(&[("x-log-id", b"b"), ("x-tt-logid", b"")]);
        assert_eq!(empty.unwrap().as_str(), "b");
    }

    #[test]
    fn bytes_that_are_no_text_are_kept_as_lossy_text_of_bounded_length() {
        let id = read(&[("x-tt-logid", b"a\xffb")]).unwrap();
        assert_eq!(id.as_str(), "a\u{fffd}b");
        let id = read(&[("x-tt-logid", &[b'9'; 4096])]).unwrap();
        assert_eq!(id.as_str().len(), 256);
    }
}
