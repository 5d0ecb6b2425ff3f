//! Settings of calls, of the stack and of connections.

use std::{sync::Arc, time::Duration};

#[cfg(feature = "hyper")]
use coze_transport::hyper::HyperTransportBuilder;
use coze_transport::{BodyLimits, HttpStack, RateLimit, RetryPolicy, StackBuilder, StackService};
use http::HeaderValue;
use tokio::sync::Semaphore;
use tower::Layer;

use super::ClientBuilder;
use crate::settings::{CallSettings, call_settings};

impl ClientBuilder {
    /// Replaces how often and after what wait a call is tried again. What may be tried again at all is
    /// not a setting: it follows from the operation and from what became of the attempt.
    pub fn retry(self, policy: RetryPolicy) -> Self {
        self.stack(|stack| stack.retry(policy))
    }

    /// Bounds the requests a second of all calls of the client and its clones, retries and polls included; fewer once
    /// the service says that they are too many (HTTP 429, and the codes that [`Error::is_rate_limited`](crate::Error::is_rate_limited) knows). See
    /// [`RateLimit`]. Default: no bound.
    ///
    /// ```
    /// use coze_workflow::{Client, transport::RateLimit};
    ///
    /// let coze = Client::builder().token("pat_123").rate_limit(RateLimit::per_second(5.0)).build()?;
    /// # Ok::<(), coze_workflow::Error>(())
    /// ```
    pub fn rate_limit(self, rate: RateLimit) -> Self {
        self.stack(|stack| stack.rate_limit(rate))
    }

    pub(crate) fn with_settings(mut self, change: impl FnOnce(&mut CallSettings)) -> Self {
        change(&mut self.settings);
        self
    }

    call_settings!(
        settings,
        deadline = "It holds for each call of the client that sets none of its own. Default: 60 s; 11 minutes for a \
                    call that runs a workflow, whose server limit is 10. A poll of a run has 60 s at most.",
        head_timeout =
            "Default: 15 s; 30 s for a stream; 100 s for any other call that runs a workflow."
    );

    /// Bounds the silence within streams that set no bound of their own. Default: as for
    /// [`StreamCall::idle_timeout`](crate::StreamCall::idle_timeout).
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.settings.idle_timeout = Some(limit);
        self
    }

    /// How many runs the client and its clones may have open at once: those of `run()` until they end, streams until
    /// their last event, and `start()` until the service has taken the run; a run in the background counts no more
    /// then. A call waits for its turn within its deadline. Default: no bound.
    ///
    /// ```
    /// use coze_workflow::Client;
    ///
    /// let coze = Client::builder().token("pat_123").max_open_runs(4).build()?;
    /// # Ok::<(), coze_workflow::Error>(())
    /// ```
    pub fn max_open_runs(mut self, runs: usize) -> Self {
        self.settings.open_runs = Some(Arc::new(Semaphore::new(runs.max(1))));
        self
    }

    /// The largest responses that are read. Default: 32 MiB, and 64 KiB of a response that is not a success.
    pub fn body_limits(self, limits: BodyLimits) -> Self {
        self.stack(move |stack| stack.body_limit(limits))
    }

    /// What stands in the header `User-Agent`. Default: the name and version of this crate.
    pub fn user_agent(self, agent: HeaderValue) -> Self {
        self.stack(|stack| stack.user_agent(agent))
    }

    /// Changes anything of the stack that has no setter here; see [`StackBuilder`].
    ///
    /// The steps of a builder are taken in the order in which they are written, on a stack that has the base URL, the
    /// credentials and the [`CozeClassifier`](crate::CozeClassifier) already.
    ///
    /// ```
    /// use coze_workflow::{Client, transport::RetryBudget};
    /// # let mut policy = coze_workflow::RetryPolicy::default();
    /// policy.budget = RetryBudget::new(100);
    /// let coze = Client::builder().token("pat_123").stack(|stack| stack.retry(policy)).build()?;
    /// # Ok::<(), coze_workflow::Error>(())
    /// ```
    pub fn stack(
        mut self,
        change: impl FnOnce(StackBuilder) -> StackBuilder + Send + 'static,
    ) -> Self {
        self.steps.push(Box::new(change));
        self
    }

    /// Changes anything of the connections: proxy, TLS, pool, name resolution; see [`HyperTransportBuilder`]. No
    /// effect beside [`ClientBuilder::transport`].
    ///
    /// ```
    /// use coze_workflow::Client;
    /// use std::time::Duration;
    ///
    /// let coze = Client::builder()
    ///     .token("pat_123")
    ///     .connections(|connections| connections.pool_idle_timeout(Duration::from_secs(10)))
    ///     .build()?;
    /// # Ok::<(), coze_workflow::Error>(())
    /// ```
    #[cfg(feature = "hyper")]
    pub fn connections(
        mut self,
        change: impl FnOnce(HyperTransportBuilder) -> HyperTransportBuilder + Send + 'static,
    ) -> Self {
        self.connections.push(Box::new(change));
        self
    }

    /// Reaches the API through this proxy, `http://`, `https://` or `socks5://`. Default: the environment's
    /// `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`.
    #[cfg(feature = "hyper")]
    pub fn proxy(self, url: impl Into<String>) -> Self {
        let url = url.into();
        self.connections(move |connections| connections.proxy(&url, ""))
    }

    /// Bounds the way to a connection: name, TCP, proxy, TLS. Default: 10 s.
    #[cfg(feature = "hyper")]
    pub fn connect_timeout(self, limit: Duration) -> Self {
        self.connections(move |connections| connections.connect_timeout(limit))
    }

    /// Trusts the certificate authorities in a PEM text beside those of the system. May be called several times.
    #[cfg(feature = "hyper")]
    pub fn add_root_pem(self, pem: impl AsRef<[u8]>) -> Self {
        let pem = pem.as_ref().to_vec();
        self.connections(move |connections| connections.add_root_pem(pem))
    }

    /// Shows this certificate to a server that asks its clients for one: a PEM text with the certificate and its private
    /// key, see [`HyperTransportBuilder::identity_pem`]. Default: none.
    #[cfg(feature = "hyper")]
    pub fn identity_pem(self, pem: impl AsRef<[u8]>) -> Self {
        let pem = pem.as_ref().to_vec();
        self.connections(move |connections| connections.identity_pem(pem))
    }

    /// Adds a layer around each call: it sees one request and one result, whatever is tried in
    /// between. Of several, the first added is the outermost.
    pub fn call_layer<L>(self, layer: L) -> Self
    where
        L: Layer<HttpStack, Service: StackService> + Send + Sync + 'static,
    {
        self.stack(|stack| stack.call_layer(layer))
    }

    /// Adds a layer around each attempt, before the token is added and after the response was read. Of
    /// several, the first added is the outermost.
    pub fn attempt_layer<L>(self, layer: L) -> Self
    where
        L: Layer<HttpStack, Service: StackService> + Send + Sync + 'static,
    {
        self.stack(|stack| stack.attempt_layer(layer))
    }

    /// Adds a layer just above the connections, below the token and all headers: it sees each request as it goes out,
    /// with its absolute URI. For signing, recording and caches of bytes. Of several, the first added is the outermost.
    pub fn connection_layer<L>(self, layer: L) -> Self
    where
        L: Layer<HttpStack, Service: StackService> + Send + Sync + 'static,
    {
        self.stack(|stack| stack.connection_layer(layer))
    }
}
