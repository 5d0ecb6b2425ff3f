//! The layer that authorizes each attempt.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{
    Uri,
    header::AUTHORIZATION,
    uri::{Authority, Scheme},
};
use pin_project_lite::pin_project;
use tower::{Layer, Service};

use super::{Authorization, Authorize, Credentials, Generation};
use crate::{
    BoxError, CallOptions, ErrorKind, Outcome, Request, TransportError,
    timeout::{PrepareLimit, RareTimer},
};

/// Sets the `Authorization` header of each attempt and notes its [`Generation`] on the response.
///
/// A request that brings the header itself is left alone. So is one whose absolute URI leads to another
/// origin than [`AuthLayer::restrict_to_origin`] named: a token goes to its own server only.
///
/// The wait for a token ends with the deadline of the call and with the limits of the attempt, as an error of
/// [`Outcome::NotAccepted`]: nothing was sent.
///
/// What follows a refusal (tell the credentials, try again once) is up to the retry layer, because a
/// refusal may be told by the body of a 200.
#[derive(Clone)]
pub struct AuthLayer {
    credentials: Option<Arc<dyn Credentials>>,
    origin: Option<Arc<(Scheme, Authority)>>,
}

impl AuthLayer {
    /// Authorizes by `credentials`.
    pub fn new(credentials: Arc<dyn Credentials>) -> Self {
        Self {
            credentials: Some(credentials),
            origin: None,
        }
    }

    /// Authorizes nothing.
    pub const fn none() -> Self {
        Self {
            credentials: None,
            origin: None,
        }
    }

    /// Keeps the token away from absolute URIs of another scheme, host or port than `origin`.
    #[must_use]
    pub fn restrict_to_origin(mut self, origin: &Uri) -> Self {
        let origin = origin.scheme().cloned().zip(origin.authority().cloned());
        self.origin = origin.map(Arc::new);
        self
    }
}

impl fmt::Debug for AuthLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthLayer")
            .field("credentials", &self.credentials)
            .field("origin", &self.origin)
            .finish()
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AuthService {
            inner,
            layer: self.clone(),
        }
    }
}

/// The service of [`AuthLayer`].
#[derive(Clone, Debug)]
pub struct AuthService<S> {
    inner: S,
    layer: AuthLayer,
}

impl<S> AuthService<S> {
    /// The credentials, if this request is theirs to authorize.
    fn credentials_for(&self, request: &Request) -> Option<&Arc<dyn Credentials>> {
        let credentials = self.layer.credentials.as_ref()?;
        if request.headers().contains_key(AUTHORIZATION) {
            return None;
        }
        if let (Some(origin), Some(host)) = (&self.layer.origin, request.uri().authority())
            && (*host != origin.1 || request.uri().scheme() != Some(&origin.0))
        {
            return None;
        }
        Some(credentials)
    }
}

impl<S, B> Service<Request> for AuthService<S>
where
    S: Service<Request, Response = http::Response<B>> + Clone,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = AuthFuture<S>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let state = match self.credentials_for(&request).map(|one| one.authorize()) {
            None => State::Sent {
                future: self.inner.call(request),
                generation: None,
            },
            Some(Authorize::Ready(Ok(authorization))) => {
                let generation = authorization.generation;
                set(&mut request, authorization);
                State::Sent {
                    future: self.inner.call(request),
                    generation,
                }
            }
            Some(Authorize::Ready(Err(error))) => State::Failed { error: Some(error) },
            Some(Authorize::Pending(wait)) => {
                // The readied instance does the call; its clone waits to be readied in its turn.
                let fresh = self.inner.clone();
                let options = CallOptions::resolve(request.extensions());
                State::Waiting {
                    wait,
                    limit: PrepareLimit::of(&options),
                    timer: RareTimer::default(),
                    pair: Some(Box::new((
                        std::mem::replace(&mut self.inner, fresh),
                        request,
                    ))),
                }
            }
        };
        AuthFuture { state }
    }
}

fn set(request: &mut Request, authorization: Authorization) {
    request
        .headers_mut()
        .insert(AUTHORIZATION, authorization.header);
}

pin_project! {
    /// The future of [`AuthService`].
    pub struct AuthFuture<S>
    where
        S: Service<Request>,
    {
        #[pin]
        state: State<S>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S>
    where
        S: Service<Request>,
    {
        Waiting {
            wait: Pin<Box<dyn Future<Output = Result<Authorization, BoxError>> + Send>>,
            limit: Option<PrepareLimit>,
            timer: RareTimer,
            // Boxed, for most calls have their token in hand and need no room to wait.
            pair: Option<Box<(S, Request)>>,
        },
        Sent {
            #[pin]
            future: S::Future,
            generation: Option<Generation>,
        },
        Failed {
            error: Option<BoxError>,
        },
    }
}

impl<S: Service<Request>> fmt::Debug for AuthFuture<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthFuture").finish_non_exhaustive()
    }
}

impl<S, B> Future for AuthFuture<S>
where
    S: Service<Request, Response = http::Response<B>>,
    S::Error: Into<BoxError>,
{
    type Output = Result<S::Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProj::Sent { future, generation } => {
                    let mut response = ready!(future.poll(cx)).map_err(Into::into)?;
                    if let Some(generation) = *generation {
                        response.extensions_mut().insert(generation);
                    }
                    return Poll::Ready(Ok(response));
                }
                StateProj::Waiting {
                    wait,
                    limit,
                    timer,
                    pair,
                } => {
                    let Poll::Ready(authorization) = wait.as_mut().poll(cx) else {
                        if let Some(limit) = limit {
                            ready!(timer.poll_until(cx, limit.at));
                            return Poll::Ready(Err(limit.error("a token").into()));
                        }
                        return Poll::Pending;
                    };
                    let next = match (authorization, pair.take()) {
                        (Ok(authorization), Some(pair)) => {
                            let (mut service, mut request) = *pair;
                            let generation = authorization.generation;
                            set(&mut request, authorization);
                            State::Sent {
                                future: service.call(request),
                                generation,
                            }
                        }
                        (Err(error), _) => State::Failed { error: Some(error) },
                        (Ok(_), None) => State::Failed { error: None },
                    };
                    state.set(next);
                }
                StateProj::Failed { error } => {
                    return Poll::Ready(Err(refused(error.take())));
                }
            }
        }
    }
}

/// An error of the credentials as one of the stack.
fn refused(error: Option<BoxError>) -> BoxError {
    match error {
        Some(error) if error.is::<TransportError>() => error,
        Some(error) => TransportError::new(
            ErrorKind::Auth,
            Outcome::NotAccepted,
            "no credentials could be had",
        )
        .with_source(error)
        .into(),
        None => TransportError::new(
            ErrorKind::Auth,
            Outcome::NotAccepted,
            "the authorization was polled after its end",
        )
        .into(),
    }
}
