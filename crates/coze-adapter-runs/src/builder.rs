//! Building a client.

use std::{fmt, sync::Arc, time::Duration};

use coze_engine::EngineError;
#[cfg(feature = "hyper")]
use coze_transport::hyper::{HyperTransport, HyperTransportBuilder};
use coze_transport::{
    BaseUri, BearerToken, Credentials, HttpStack, InvalidBaseUri, RateLimit, RetryPolicy, Secret,
    StackBuilder, poll::PollPolicy,
};
use http::HeaderValue;

use crate::{CallbackReceiver, Runs, RunsClassifier, client::Inner, failure::build, wait::RESERVE};

type Step = Box<dyn FnOnce(StackBuilder) -> StackBuilder + Send>;

#[cfg(feature = "hyper")]
type Connections = Box<dyn FnOnce(HyperTransportBuilder) -> HyperTransportBuilder + Send>;

const USER_AGENT: &str = concat!("coze-adapter-runs/", env!("CARGO_PKG_VERSION"));

/// Settings of a [`Runs`], in the words of `coze_workflow::ClientBuilder`.
///
/// ```
/// use coze_adapter_runs::Runs;
///
/// let runs = Runs::builder().base_url("https://gateway.example").token("token").build()?;
/// assert_eq!(runs.base_url(), "https://gateway.example");
/// # Ok::<(), coze_engine::EngineError>(())
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct RunsBuilder {
    base_url: Option<String>,
    token: Option<Secret>,
    credentials: Option<Arc<dyn Credentials>>,
    transport: Option<HttpStack>,
    allow_plaintext: bool,
    receiver: Option<CallbackReceiver>,
    polling: Option<PollPolicy>,
    deadline: Option<Duration>,
    steps: Vec<Step>,
    #[cfg(feature = "hyper")]
    connections: Vec<Connections>,
}

impl RunsBuilder {
    pub(crate) fn new() -> Self {
        Self {
            base_url: None,
            token: None,
            credentials: None,
            transport: None,
            allow_plaintext: false,
            receiver: None,
            polling: None,
            deadline: None,
            steps: Vec::new(),
            #[cfg(feature = "hyper")]
            connections: Vec::new(),
        }
    }

    /// Where the server is, with or without a path prefix. There is no default.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// The access token.
    pub fn token(mut self, token: impl Into<Secret>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// A source of tokens; it goes before [`RunsBuilder::token`].
    pub fn credentials(mut self, credentials: impl Credentials + 'static) -> Self {
        self.credentials = Some(Arc::new(credentials));
        self
    }

    /// Allows plain `http` to hosts other than this one. The token then travels in the clear. Default: `false`.
    pub fn allow_plaintext(mut self, allow: bool) -> Self {
        self.allow_plaintext = allow;
        self
    }

    /// Replaces the connections. No token is needed then.
    pub fn transport(mut self, transport: HttpStack) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Has the end of each run in the background posted to this receiver, which has to be served under its URL.
    pub fn receiver(mut self, receiver: CallbackReceiver) -> Self {
        self.receiver = Some(receiver);
        self
    }

    /// Replaces the numbers of the waits. Default: those of [`PollPolicy`]; with a receiver the first poll is after 10 s.
    pub fn polling(mut self, policy: PollPolicy) -> Self {
        self.polling = Some(policy);
        self
    }

    /// Bounds each call, all attempts and the waits between them. Default: 60 s; 11 minutes for a run in the foreground.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Some(limit);
        self
    }

    /// Replaces how often and after what wait a call is tried again. What may be tried again at all is not a setting.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        self.stack(|stack| stack.retry(policy))
    }

    /// Bounds the requests a second of the client and its clones, retries and polls included. Default: no bound.
    pub fn rate_limit(self, rate: RateLimit) -> Self {
        self.stack(|stack| stack.rate_limit(rate))
    }

    /// Changes anything of the stack, such as its layers, in the order in which the steps are written. It has the base URL, the
    /// credentials and the [`RunsClassifier`] already.
    pub fn stack(
        mut self,
        change: impl FnOnce(StackBuilder) -> StackBuilder + Send + 'static,
    ) -> Self {
        self.steps.push(Box::new(change));
        self
    }

    /// Changes anything of the connections: proxy, TLS, pool, name resolution. No effect beside [`RunsBuilder::transport`].
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
    /// [`ErrorKind::Build`](coze_engine::ErrorKind::Build) when a setting cannot be used, or there is no token.
    pub fn build(self) -> Result<Runs, EngineError> {
        let Some(base_url) = self.base_url else {
            return Err(build("no base URL: set that of the server"));
        };
        let base: BaseUri = base_url.parse().map_err(|error: InvalidBaseUri| {
            build("the base URL cannot be used").with_source(error)
        })?;
        if matches!(base.host(), "api.coze.cn" | "api.coze.com") {
            return Err(build(
                "the base URL is that of the cloud service, which takes other requests and would start runs without \
                 inputs: use coze_workflow::Client",
            ));
        }
        let credentials = match (self.credentials, self.token) {
            (Some(credentials), _) => Some(credentials),
            (None, Some(token)) => {
                let token = BearerToken::new(token)
                    .map_err(|error| build("the access token cannot be used").with_source(error))?;
                Some(Arc::new(token) as Arc<dyn Credentials>)
            }
            (None, None) if self.transport.is_some() => None,
            (None, None) => return Err(build("no access token: pass one to the builder")),
        };
        let stack = match self.transport {
            Some(transport) => StackBuilder::over(transport),
            #[cfg(feature = "hyper")]
            None => connections(self.allow_plaintext, self.connections)?,
            #[cfg(not(feature = "hyper"))]
            None => {
                return Err(build(
                    "no transport: pass one to the builder, or enable the feature `hyper`",
                ));
            }
        };
        let mut stack = stack
            .base_uri(base)
            .user_agent(HeaderValue::from_static(USER_AGENT))
            .log_id_headers(coze_wire::LOG_ID_HEADERS)
            .classify(RunsClassifier);
        if let Some(credentials) = credentials {
            stack = stack.shared_credentials(credentials);
        }
        let stack = self
            .steps
            .into_iter()
            .fold(stack, |stack, step| step(stack));
        let polling = self.polling.unwrap_or_else(|| {
            let mut policy = PollPolicy::default();
            if self.receiver.is_some() {
                policy.first_poll = RESERVE;
            }
            policy
        });
        Ok(Runs(Arc::new(Inner {
            stack: stack.build(),
            base_url: base_url.trim_end_matches('/').to_owned(),
            receiver: self.receiver,
            polling,
            deadline: self.deadline,
        })))
    }
}

#[cfg(feature = "hyper")]
fn connections(
    allow_plaintext: bool,
    changes: Vec<Connections>,
) -> Result<StackBuilder, EngineError> {
    let connections = HyperTransport::builder().allow_plaintext(allow_plaintext);
    let connections = changes
        .into_iter()
        .fold(connections, |one, change| change(one));
    let transport = connections
        .build()
        .map_err(|error| build("the connections cannot be set up").with_source(error))?;
    Ok(StackBuilder::over(transport))
}

impl fmt::Debug for RunsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunsBuilder")
            .field("token", &self.token)
            .field("credentials", &self.credentials)
            .field("transport", &self.transport)
            .field("allow_plaintext", &self.allow_plaintext)
            .field("receiver", &self.receiver)
            .field("polling", &self.polling)
            .field("deadline", &self.deadline)
            .field("steps", &self.steps.len())
            // It may hold a password until it is checked.
            .finish_non_exhaustive()
    }
}
