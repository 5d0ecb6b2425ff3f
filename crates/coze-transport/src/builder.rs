//! Putting the layers in order.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use tower::{Layer, Service};

use crate::{
    AuthLayer, BaseUri, BodyLimits, BoxError, BufferResponseLayer, Classify, Credentials,
    DeadlineLayer, HttpClassifier, HttpStack, LogIdLayer, Request, RequestDefaultsLayer,
    ReservedHeader, Response, RetryLayer, RetryPolicy, SpanLayer, Timeouts,
};

type UserLayer = Arc<dyn Fn(HttpStack) -> HttpStack + Send + Sync>;
type Assemble = Arc<dyn Fn(&Settings, &[UserLayer]) -> HttpStack + Send + Sync>;

/// Builds an [`HttpStack`]: any service at the bottom, this crate's layers in their order, and the
/// caller's own in two places.
///
/// From the outside in: call layers, deadline, span, retry, attempt layers, receiving (head timeout,
/// buffering), log id, authorization, base URI and headers, the service.
#[derive(Clone)]
pub struct StackBuilder {
    assemble: Assemble,
    settings: Settings,
    call_layers: Vec<UserLayer>,
    attempt_layers: Vec<UserLayer>,
}

#[derive(Clone)]
struct Settings {
    request: RequestDefaultsLayer,
    credentials: Option<Arc<dyn Credentials>>,
    log_id: LogIdLayer,
    timeouts: Timeouts,
    limits: BodyLimits,
    retry: RetryPolicy,
    classify: Arc<dyn Classify>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            request: RequestDefaultsLayer::default(),
            credentials: None,
            log_id: LogIdLayer::new([]),
            timeouts: Timeouts::default(),
            limits: BodyLimits::default(),
            retry: RetryPolicy::default(),
            classify: Arc::new(HttpClassifier),
        }
    }
}

impl StackBuilder {
    /// Begins over `service`, the leaf: whatever carries a request to a server.
    ///
    /// The stack's own layers are compiled around it and are not boxed one by one.
    pub fn over<S, B>(service: S) -> Self
    where
        S: Service<Request, Response = http::Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self {
            assemble: Arc::new(move |settings, layers| settings.assemble(service.clone(), layers)),
            settings: Settings::default(),
            call_layers: Vec::new(),
            attempt_layers: Vec::new(),
        }
    }

    /// Completes relative request URIs.
    #[must_use]
    pub fn base_uri(mut self, base: BaseUri) -> Self {
        self.settings.request = self.settings.request.base_uri(base);
        self
    }

    /// Replaces the user agent, which names this crate.
    #[must_use]
    pub fn user_agent(mut self, agent: HeaderValue) -> Self {
        self.settings.request = self.settings.request.user_agent(agent);
        self
    }

    /// Adds a header to every request that does not bring its own value.
    ///
    /// # Errors
    ///
    /// [`ReservedHeader`] when only the stack may set it.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Result<Self, ReservedHeader> {
        self.settings.request = self.settings.request.header(name, value)?;
        Ok(self)
    }

    /// Authorizes each attempt. Where the stack has a base URI, only requests to its origin are.
    #[must_use]
    pub fn credentials(mut self, credentials: impl Credentials + 'static) -> Self {
        self.settings.credentials = Some(Arc::new(credentials));
        self
    }

    /// As [`credentials`](Self::credentials), shared with whoever else holds them.
    #[must_use]
    pub fn shared_credentials(mut self, credentials: Arc<dyn Credentials>) -> Self {
        self.settings.credentials = Some(credentials);
        self
    }

    /// Sets the headers that a log id is read from, the first that is present of these; none.
    #[must_use]
    pub fn log_id_headers(mut self, names: impl Into<Arc<[HeaderName]>>) -> Self {
        self.settings.log_id = LogIdLayer::new(names);
        self
    }

    /// Replaces the time limits.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.settings.timeouts = timeouts;
        self
    }

    /// Replaces the time limit of a call with a buffered response; 60 s.
    #[must_use]
    pub fn call_timeout(mut self, limit: Option<Duration>) -> Self {
        self.settings.timeouts.call = limit;
        self
    }

    /// Replaces the limits of buffered bodies.
    #[must_use]
    pub fn body_limit(mut self, limits: BodyLimits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// Replaces the retry policy.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.settings.retry = policy;
        self
    }

    /// Judges attempts by `classify` instead of by HTTP alone.
    #[must_use]
    pub fn classify(mut self, classify: impl Classify + 'static) -> Self {
        self.settings.classify = Arc::new(classify);
        self
    }

    /// Adds a layer around the whole call: it sees one request and one result. Of several, the first
    /// added is the outermost.
    #[must_use]
    pub fn call_layer<L, B>(mut self, layer: L) -> Self
    where
        L: Layer<HttpStack> + Send + Sync + 'static,
        L::Service: Service<Request, Response = http::Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Error: Into<BoxError>,
        <L::Service as Service<Request>>::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.call_layers.push(erase(layer));
        self
    }

    /// Adds a layer around each attempt: it sees every try, before the token is added and after the
    /// response was read. Of several, the first added is the outermost.
    #[must_use]
    pub fn attempt_layer<L, B>(mut self, layer: L) -> Self
    where
        L: Layer<HttpStack> + Send + Sync + 'static,
        L::Service: Service<Request, Response = http::Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Error: Into<BoxError>,
        <L::Service as Service<Request>>::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.attempt_layers.push(erase(layer));
        self
    }

    /// Puts the stack together. Needs no runtime and starts nothing.
    pub fn build(self) -> HttpStack {
        let stack = (self.assemble)(&self.settings, &self.attempt_layers);
        wrap(stack, &self.call_layers)
    }
}

impl Settings {
    fn assemble<S, B>(&self, leaf: S, attempt_layers: &[UserLayer]) -> HttpStack
    where
        S: Service<Request, Response = http::Response<B>> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let mut auth = match &self.credentials {
            Some(credentials) => AuthLayer::new(Arc::clone(credentials)),
            None => AuthLayer::none(),
        };
        if let Some(base) = self.request.base() {
            auth = auth.restrict_to_origin(&base.origin());
        }
        let attempt = self.request.layer(leaf);
        let attempt = auth.layer(attempt);
        let attempt = self.log_id.layer(attempt);
        let attempt = BufferResponseLayer::new(self.timeouts, self.limits).layer(attempt);
        let deadline = DeadlineLayer::new(self.timeouts.call);
        if attempt_layers.is_empty() {
            self.around(attempt, deadline.carry_only())
        } else {
            let attempt = wrap(HttpStack::new(attempt), attempt_layers);
            self.around(attempt, deadline)
        }
    }

    /// The layers that see a call as one.
    fn around<S>(&self, attempt: S, deadline: DeadlineLayer) -> HttpStack
    where
        S: Service<Request, Response = Response> + Clone + Send + Sync + 'static,
        S::Error: Into<BoxError>,
        S::Future: Send + 'static,
    {
        let mut retry = RetryLayer::new(self.retry.clone()).classify(Arc::clone(&self.classify));
        if let Some(credentials) = &self.credentials {
            retry = retry.credentials(Arc::clone(credentials));
        }
        let call = SpanLayer::new().layer(retry.layer(attempt));
        HttpStack::new(deadline.layer(call))
    }
}

fn erase<L, B>(layer: L) -> UserLayer
where
    L: Layer<HttpStack> + Send + Sync + 'static,
    L::Service: Service<Request, Response = http::Response<B>> + Clone + Send + Sync + 'static,
    <L::Service as Service<Request>>::Error: Into<BoxError>,
    <L::Service as Service<Request>>::Future: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    Arc::new(move |inner| HttpStack::new(layer.layer(inner)))
}

/// Puts `layers` around `stack`, the first of them outermost.
fn wrap(stack: HttpStack, layers: &[UserLayer]) -> HttpStack {
    layers.iter().rev().fold(stack, |inner, layer| layer(inner))
}

impl fmt::Debug for StackBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StackBuilder")
            .field("base", &self.settings.request.base())
            .field("credentials", &self.settings.credentials)
            .field("timeouts", &self.settings.timeouts)
            .field("limits", &self.settings.limits)
            .field("retry", &self.settings.retry)
            .field("call_layers", &self.call_layers.len())
            .field("attempt_layers", &self.attempt_layers.len())
            .finish_non_exhaustive()
    }
}
