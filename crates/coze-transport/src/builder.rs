//! Putting the layers in order.

use std::{fmt, sync::Arc, time::Duration};

use http::{HeaderName, HeaderValue};
use tower::{Layer, Service};

use crate::{
    AuthLayer, BaseUri, BodyLimits, BoxError, BufferResponseLayer, Classify, Credentials,
    DeadlineLayer, HttpClassifier, HttpStack, LogIdLayer, RateLimit, Request, RequestDefaultsLayer,
    ReservedHeader, Response, ResponseBody, RetryLayer, RetryPolicy, SpanLayer, StackService,
    Timeouts,
    slot::{Entries, EntryLayer, Place, Slot},
};

type UserLayer = Arc<dyn Fn(HttpStack, &InSlot) -> HttpStack + Send + Sync>;
type Assemble = Arc<dyn Fn(&Settings, &UserLayers) -> HttpStack + Send + Sync>;

/// Builds an [`HttpStack`]: any service at the bottom, this crate's layers in their order, and the
/// caller's own in three places.
///
/// From the outside in: deadline, call layers, span, retry, attempt layers, receiving (head timeout,
/// buffering), log id, authorization, base URI and headers, connection layers, the service.
///
/// Around each of the caller's layers the stack keeps its promises: a wait ends at the deadline, a failure is
/// [`NotAccepted`](crate::Outcome::NotAccepted) where nothing was sent, and, but for connection layers, a body that was
/// buffered is buffered again where the layer has wrapped it.
#[derive(Clone)]
pub struct StackBuilder {
    assemble: Assemble,
    settings: Settings,
    layers: UserLayers,
}

/// The caller's layers; of each kind, the first is the outermost.
#[derive(Clone, Default)]
struct UserLayers {
    call: Vec<UserLayer>,
    attempt: Vec<UserLayer>,
    connection: Vec<UserLayer>,
}

impl UserLayers {
    const fn is_empty(&self) -> bool {
        self.call.is_empty() && self.attempt.is_empty() && self.connection.is_empty()
    }
}

/// What a slot is made with.
struct InSlot {
    entries: Entries,
    place: Place,
    outermost: bool,
    limits: BodyLimits,
}

#[derive(Clone)]
struct Settings {
    request: RequestDefaultsLayer,
    credentials: Option<Arc<dyn Credentials>>,
    log_id: LogIdLayer,
    timeouts: Timeouts,
    limits: BodyLimits,
    retry: RetryPolicy,
    rate: Option<RateLimit>,
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
            rate: None,
            classify: Arc::new(HttpClassifier),
        }
    }
}

impl StackBuilder {
    /// Begins over `service`, the leaf: whatever carries a request to a server.
    ///
    /// The stack's own layers are compiled around it and are not boxed one by one.
    pub fn over<S>(service: S) -> Self
    where
        S: StackService,
    {
        Self {
            assemble: Arc::new(move |settings, layers| {
                if layers.is_empty() {
                    settings.assemble(service.clone())
                } else {
                    settings.assemble_with(service.clone(), layers)
                }
            }),
            settings: Settings::default(),
            layers: UserLayers::default(),
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

    /// Bounds the requests a second, all attempts of all calls together, and fewer once the server says that they are
    /// too many. Default: no bound.
    #[must_use]
    pub fn rate_limit(mut self, rate: RateLimit) -> Self {
        self.settings.rate = Some(rate);
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
    pub fn call_layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<HttpStack, Service: StackService> + Send + Sync + 'static,
    {
        self.layers.call.push(erase(layer));
        self
    }

    /// Adds a layer around each attempt: it sees every try, before the token is added and the URI is completed, and after the
    /// response was read. Of several, the first added is the outermost.
    #[must_use]
    pub fn attempt_layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<HttpStack, Service: StackService> + Send + Sync + 'static,
    {
        self.layers.attempt.push(erase(layer));
        self
    }

    /// Adds a layer right above the service at the bottom: it sees every try as it is sent, with its absolute URI, all headers
    /// and the token, and the response as it arrives, its body not yet read. Of several, the first added is the outermost.
    #[must_use]
    pub fn connection_layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<HttpStack, Service: StackService> + Send + Sync + 'static,
    {
        self.layers.connection.push(erase(layer));
        self
    }

    /// Puts the stack together. Starts nothing, and needs no runtime unless a layer does.
    pub fn build(self) -> HttpStack {
        (self.assemble)(&self.settings, &self.layers)
    }
}

impl Settings {
    /// Without layers of the caller's: one box a call.
    fn assemble<S>(&self, leaf: S) -> HttpStack
    where
        S: StackService,
    {
        HttpStack::new(self.deadline().layer(self.call(self.attempt(leaf))))
    }

    fn assemble_with<S>(&self, leaf: S, layers: &UserLayers) -> HttpStack
    where
        S: StackService,
    {
        let mut slot = InSlot {
            entries: Entries::default(),
            place: Place::Connection,
            outermost: false,
            limits: self.limits,
        };
        let leaf = HttpStack::new(EntryLayer::new(&slot.entries).layer(leaf));
        let leaf = slot.wrap(leaf, &layers.connection, false);
        let (no_call, no_attempt) = (layers.call.is_empty(), layers.attempt.is_empty());
        slot.place = Place::Attempt;
        slot.outermost = no_call && no_attempt;
        let attempt = slot.erase(self.attempt(leaf));
        let call = self.call(slot.wrap(attempt, &layers.attempt, no_call));
        if no_call {
            return HttpStack::new(self.deadline().layer(call));
        }
        slot.place = Place::Call;
        let call = slot.wrap(HttpStack::new(call), &layers.call, true);
        HttpStack::new(self.deadline().layer(call))
    }

    /// Whatever waits below looks at the instant itself.
    const fn deadline(&self) -> DeadlineLayer {
        DeadlineLayer::new(self.timeouts.call).carry_only()
    }

    /// The layers that see a call as one.
    fn call<S>(
        &self,
        attempt: S,
    ) -> impl Service<Request, Response = Response, Error = BoxError, Future: Send>
    + Clone
    + Send
    + Sync
    + use<S>
    where
        S: StackService<Body = ResponseBody>,
    {
        let mut retry = RetryLayer::new(self.retry.clone()).classify(Arc::clone(&self.classify));
        if let Some(credentials) = &self.credentials {
            retry = retry.credentials(Arc::clone(credentials));
        }
        if let Some(rate) = &self.rate {
            retry = retry.rate_limit(rate.clone());
        }
        SpanLayer::new().layer(retry.layer(attempt))
    }

    /// The layers that see each attempt.
    fn attempt<S>(
        &self,
        leaf: S,
    ) -> impl Service<Request, Response = Response, Error = BoxError, Future: Send>
    + Clone
    + Send
    + Sync
    + use<S>
    where
        S: StackService,
    {
        let mut auth = match &self.credentials {
            Some(credentials) => AuthLayer::new(Arc::clone(credentials)),
            None => AuthLayer::none(),
        };
        if let Some(base) = self.request.base() {
            auth = auth.restrict_to_origin(&base.origin());
        }
        let attempt = auth.layer(self.request.layer(leaf));
        let attempt = self.log_id.layer(attempt);
        BufferResponseLayer::new(self.timeouts, self.limits).layer(attempt)
    }
}

impl InSlot {
    fn erase<S>(&self, service: S) -> HttpStack
    where
        S: StackService,
    {
        let slot = Slot::new(service, &self.entries, self.place, self.limits);
        HttpStack::new(slot.outermost(self.outermost))
    }

    /// Puts `layers` around `stack`, the first of them outermost: in the whole stack, if `outermost` says so.
    fn wrap(&mut self, mut stack: HttpStack, layers: &[UserLayer], outermost: bool) -> HttpStack {
        for (n, layer) in layers.iter().enumerate().rev() {
            self.outermost = outermost && n == 0;
            stack = layer(stack, self);
        }
        stack
    }
}

fn erase<L>(layer: L) -> UserLayer
where
    L: Layer<HttpStack, Service: StackService> + Send + Sync + 'static,
{
    Arc::new(move |inner, slot| slot.erase(layer.layer(inner)))
}

impl fmt::Debug for StackBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StackBuilder")
            .field("base", &self.settings.request.base())
            .field("credentials", &self.settings.credentials)
            .field("timeouts", &self.settings.timeouts)
            .field("limits", &self.settings.limits)
            .field("retry", &self.settings.retry)
            .field("call_layers", &self.layers.call.len())
            .field("attempt_layers", &self.layers.attempt.len())
            .field("connection_layers", &self.layers.connection.len())
            .finish_non_exhaustive()
    }
}
