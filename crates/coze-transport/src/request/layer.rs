//! The layer that completes a request.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCEPT_ENCODING, USER_AGENT},
};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::{BaseUri, ReservedHeader, check_header, headers};
use crate::{BoxError, ErrorKind, Outcome, Request, TransportError};

/// Completes relative URIs, adds the user agent and the headers that go with every request.
///
/// A header that the request already has is left as it is. A request that tries to steer the connection
/// by `host`, `content-length`, `transfer-encoding` and the like is refused.
#[derive(Clone, Debug, Default)]
pub struct RequestDefaultsLayer {
    shared: Arc<Shared>,
}

#[derive(Clone, Debug)]
struct Shared {
    base: Option<BaseUri>,
    headers: HeaderMap,
}

impl Default for Shared {
    fn default() -> Self {
        let mut headers = HeaderMap::new();
        let agent = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(agent));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        Self {
            base: None,
            headers,
        }
    }
}

impl RequestDefaultsLayer {
    /// No base, this crate's user agent, `accept-encoding: identity`.
    pub fn new() -> Self {
        Self::default()
    }

    /// Completes relative URIs with `base`.
    #[must_use]
    pub fn base_uri(mut self, base: BaseUri) -> Self {
        Arc::make_mut(&mut self.shared).base = Some(base);
        self
    }

    /// Replaces the user agent.
    #[must_use]
    pub fn user_agent(mut self, agent: HeaderValue) -> Self {
        Arc::make_mut(&mut self.shared)
            .headers
            .insert(USER_AGENT, agent);
        self
    }

    /// Adds a header to every request.
    ///
    /// # Errors
    ///
    /// [`ReservedHeader`] when only the stack may set it.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Result<Self, ReservedHeader> {
        check_header(&name)?;
        Arc::make_mut(&mut self.shared).headers.insert(name, value);
        Ok(self)
    }

    /// The base, if there is one.
    pub fn base(&self) -> Option<&BaseUri> {
        self.shared.base.as_ref()
    }
}

impl<S> Layer<S> for RequestDefaultsLayer {
    type Service = RequestService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        RequestService {
            inner,
            shared: Arc::clone(&self.shared),
        }
    }
}

/// The service of [`RequestDefaultsLayer`].
#[derive(Clone, Debug)]
pub struct RequestService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> RequestService<S> {
    fn complete(&self, request: &mut Request) -> Result<(), TransportError> {
        if let Some(name) = request.headers().keys().find(|name| headers::steers(name)) {
            return Err(TransportError::new(
                ErrorKind::Request,
                Outcome::NotAccepted,
                format!("the header `{name}` cannot be set by hand"),
            ));
        }
        if let Some(base) = &self.shared.base
            && request.uri().scheme().is_none()
        {
            *request.uri_mut() = base.join(request.uri())?;
        }
        let own = request.headers_mut();
        for (name, value) in &self.shared.headers {
            own.entry(name).or_insert_with(|| value.clone());
        }
        Ok(())
    }
}

impl<S> Service<Request> for RequestService<S>
where
    S: Service<Request>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = RequestFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let state = match self.complete(&mut request) {
            Ok(()) => State::Sent {
                future: self.inner.call(request),
            },
            Err(error) => State::Refused { error: Some(error) },
        };
        RequestFuture { state }
    }
}

pin_project! {
    /// The future of [`RequestService`].
    #[derive(Debug)]
    pub struct RequestFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProj]
    enum State<F> {
        Sent {
            #[pin]
            future: F,
        },
        Refused {
            error: Option<TransportError>,
        },
    }
}

impl<F, T, E> Future for RequestFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    type Output = Result<T, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Sent { future } => future.poll(cx).map_err(Into::into),
            StateProj::Refused { error } => match error.take() {
                Some(error) => Poll::Ready(Err(error.into())),
                None => Poll::Pending,
            },
        }
    }
}
