//! Building a client.

use std::{fmt, sync::Arc, time::Duration};

#[cfg(feature = "hyper")]
use coze_transport::hyper::{HyperTransport, HyperTransportBuilder};
use coze_transport::{
    BaseUri, BearerToken, HttpStack, RateLimit, RetryPolicy, Secret, StackBuilder,
};
use http::HeaderValue;

use crate::{
    Dify,
    classify::DifyClassifier,
    client::{Inner, Settings},
    error::{EngineError, ErrorKind, failed},
};

/// Where the API of the cloud service is.
const CLOUD: &str = "https://api.dify.ai/v1";

/// The server closes a connection that was idle for 2 s.
#[cfg(feature = "hyper")]
const POOL_IDLE: Duration = Duration::from_millis(1500);

const USER_AGENT: &str = concat!("coze-adapter-dify/", env!("CARGO_PKG_VERSION"));

type Step = Box<dyn FnOnce(StackBuilder) -> StackBuilder + Send>;

#[cfg(feature = "hyper")]
type Connections = Box<dyn FnOnce(HyperTransportBuilder) -> HyperTransportBuilder + Send>;

/// Settings of a [`Dify`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct DifyBuilder {
    api_key: Option<Secret>,
    base_url: String,
    form_url: Option<String>,
    allow_plaintext: bool,
    transport: Option<HttpStack>,
    settings: Settings,
    steps: Vec<Step>,
    #[cfg(feature = "hyper")]
    connections: Vec<Connections>,
}

impl Dify {
    /// A client with settings of its own.
    pub fn builder() -> DifyBuilder {
        DifyBuilder {
            api_key: None,
            base_url: CLOUD.to_owned(),
            form_url: None,
            allow_plaintext: false,
            transport: None,
            settings: Settings::default(),
            steps: Vec::new(),
            #[cfg(feature = "hyper")]
            connections: Vec::new(),
        }
    }

    /// A client with the settings of the environment: the key in `DIFY_API_KEY`, and in `DIFY_API_BASE` where the API
    /// is, `https://api.dify.ai/v1` by default.
    ///
    /// # Errors
    ///
    /// As for [`DifyBuilder::build`].
    #[cfg(feature = "hyper")]
    pub fn from_env() -> Result<Self, EngineError> {
        let mut builder = Self::builder();
        if let Ok(key) = std::env::var("DIFY_API_KEY") {
            builder = builder.api_key(key);
        }
        if let Ok(url) = std::env::var("DIFY_API_BASE") {
            builder = builder.base_url(url);
        }
        builder.build()
    }
}

impl DifyBuilder {
    /// The API key of an app, `app-…`. It decides which workflow is run.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(Secret::new(key));
        self
    }

    /// Where the API is, `/v1` included. Default: `https://api.dify.ai/v1`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// What the paths of forms, `/api/form/…`, are relative to. Default: the origin of the [base
    /// URL](Self::base_url).
    pub fn form_url(mut self, url: impl Into<String>) -> Self {
        self.form_url = Some(url.into());
        self
    }

    /// Whom runs are for, where a request does not say: at most 255 characters with what
    /// [`run_keys`](Self::run_keys) adds. Default: `coze-workflow`.
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.settings.user = user.into();
        self
    }

    /// Whether a random key is added to the user of each run, `NAME~KEY`. A run whose response was lost is then found
    /// in the logs of the app, so that it becomes known what came of it. The server lists a user for each run.
    /// Default: `true`.
    pub fn run_keys(mut self, yes: bool) -> Self {
        self.settings.run_keys = yes;
        self
    }

    /// Whether [`Engine::run`](coze_engine::Engine::run) asks for one response in place of a stream. A proxy that
    /// ends what is silent for long cannot be passed in that way, and a run that waits for a form cannot be resumed.
    /// Default: `false`.
    pub fn blocking_mode(mut self, yes: bool) -> Self {
        self.settings.blocking = yes;
        self
    }

    /// Bounds each run that sets no deadline of its own: all attempts, and the look for what became of it. Default:
    /// 21 minutes; the server ends a run after 20.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.settings.deadline = limit;
        self
    }

    /// Bounds the silence within a stream once its run works. Default: 35 s; the server pings every 10 s.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.settings.idle = limit;
        self
    }

    /// Bounds the silence of a stream before its run works: it may wait for a worker, and nothing is sent meanwhile.
    /// Default: 330 s; the server gives up after 300.
    pub fn queue_timeout(mut self, limit: Duration) -> Self {
        self.settings.queue = limit;
        self
    }

    /// Allows plain `http` to hosts other than this one. The key then travels in the clear. Default: `false`.
    pub fn allow_plaintext(mut self, allow: bool) -> Self {
        self.allow_plaintext = allow;
        self
    }

    /// Replaces the connections: requests go to `transport` with their whole URI, the key and all headers in place.
    /// No key is needed then.
    pub fn transport(mut self, transport: HttpStack) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Replaces how often and after what wait a call is tried again. A run is tried again only if it was certainly not
    /// accepted.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        self.stack(|stack| stack.retry(policy))
    }

    /// Bounds the requests a second. Default: no bound.
    pub fn rate_limit(self, rate: RateLimit) -> Self {
        self.stack(|stack| stack.rate_limit(rate))
    }

    /// Changes anything of the stack that has no setter here, layers for one; see [`StackBuilder`]. It is done to the
    /// stack of API calls and to that of forms, before the one has its key.
    pub fn stack(
        mut self,
        change: impl FnOnce(StackBuilder) -> StackBuilder + Send + 'static,
    ) -> Self {
        self.steps.push(Box::new(change));
        self
    }

    /// Changes anything of the connections: proxy, TLS, pool, name resolution; see [`HyperTransportBuilder`]. No
    /// effect beside [`transport`](Self::transport).
    #[cfg(feature = "hyper")]
    pub fn connections(
        mut self,
        change: impl FnOnce(HyperTransportBuilder) -> HyperTransportBuilder + Send + 'static,
    ) -> Self {
        self.connections.push(Box::new(change));
        self
    }

    /// Builds the client. Nothing is sent, and no runtime is needed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`] when a setting cannot be used, [`ErrorKind::Auth`] when there is no key.
    pub fn build(self) -> Result<Dify, EngineError> {
        let base = address(&self.base_url, "the base URL cannot be used")?;
        let forms = match &self.form_url {
            Some(url) => address(url, "the form URL cannot be used")?,
            None => address(&base.origin().to_string(), "the base URL cannot be used")?,
        };
        let key = match self.api_key {
            Some(key) => Some(BearerToken::new(key).map_err(|error| {
                failed(ErrorKind::Auth, "the API key cannot be used").with_source(error)
            })?),
            None if self.transport.is_some() => None,
            None => {
                let message = "no API key: set DIFY_API_KEY, or pass one to the builder";
                return Err(failed(ErrorKind::Auth, message));
            }
        };
        let stack = match self.transport {
            Some(transport) => StackBuilder::over(transport),
            #[cfg(feature = "hyper")]
            None => connections(self.allow_plaintext, self.connections)?,
            #[cfg(not(feature = "hyper"))]
            None => {
                let message =
                    "no transport: pass one to the builder, or enable the feature `hyper`";
                return Err(failed(ErrorKind::Build, message));
            }
        };
        let stack = stack
            .user_agent(HeaderValue::from_static(USER_AGENT))
            .classify(DifyClassifier);
        let stack = self
            .steps
            .into_iter()
            .fold(stack, |stack, step| step(stack));
        let forms = stack.clone().base_uri(forms).build();
        let api = stack.base_uri(base);
        let api = match key {
            Some(key) => api.credentials(key),
            None => api,
        };
        Ok(Dify(Arc::new(Inner::new(
            api.build(),
            forms,
            self.settings,
        ))))
    }
}

fn address(url: &str, message: &'static str) -> Result<BaseUri, EngineError> {
    url.parse()
        .map_err(|error: coze_transport::InvalidBaseUri| {
            failed(ErrorKind::Build, message).with_source(error)
        })
}

#[cfg(feature = "hyper")]
fn connections(
    allow_plaintext: bool,
    changes: Vec<Connections>,
) -> Result<StackBuilder, EngineError> {
    let connections = HyperTransport::builder()
        .allow_plaintext(allow_plaintext)
        .pool_idle_timeout(POOL_IDLE);
    let connections = changes
        .into_iter()
        .fold(connections, |one, change| change(one));
    let transport = connections.build().map_err(|error| {
        failed(ErrorKind::Build, "the connections cannot be set up").with_source(error)
    })?;
    Ok(StackBuilder::over(transport))
}

impl fmt::Debug for DifyBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DifyBuilder")
            .field("api_key", &self.api_key)
            .field("transport", &self.transport)
            .field("allow_plaintext", &self.allow_plaintext)
            .field("settings", &self.settings)
            .field("steps", &self.steps.len())
            // The addresses may hold a password until they are checked.
            .finish_non_exhaustive()
    }
}
