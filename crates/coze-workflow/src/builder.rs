//! Building a client.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use coze_auth::{BearerToken, Credentials, Secret, text_from_env};
use coze_transport::{BaseUri, BoxError, HttpStack, Request, RetryPolicy, StackBuilder};
use http::HeaderValue;
use tower::{Layer, Service};

use crate::{Client, CozeClassifier, Dialect, Error, ErrorKind, Region, USER_AGENT};

/// The variable that holds the access token.
const TOKEN_VARIABLE: &str = "COZE_API_TOKEN";
/// The variable that says where the API is.
const BASE_VARIABLE: &str = "COZE_API_BASE";

impl Client {
    /// A client with the settings of the environment.
    ///
    /// | variable | meaning | default |
    /// |---|---|---|
    /// | `COZE_API_TOKEN` | the access token | none: required |
    /// | `COZE_API_BASE` | where the API is | `https://api.coze.com` |
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`](crate::ErrorKind::Auth) without a token,
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) when a variable cannot be used.
    #[cfg(feature = "hyper")]
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().from_env()?.build()
    }

    /// A client with settings of its own.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }
}

type Step = Box<dyn FnOnce(StackBuilder) -> StackBuilder + Send>;

/// Settings of a [`Client`].
///
/// ```
/// use coze_workflow::{Client, Region};
///
/// let coze = Client::builder().region(Region::Cn).token("pat_123").build()?;
/// # Ok::<(), coze_workflow::Error>(())
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct ClientBuilder {
    base_url: String,
    token: Option<Secret>,
    credentials: Option<Arc<dyn Credentials>>,
    transport: Option<HttpStack>,
    allow_plaintext: bool,
    dialect: Dialect,
    retry: Option<RetryPolicy>,
    layers: Vec<Step>,
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self {
            base_url: Region::default().base_url().to_owned(),
            token: None,
            credentials: None,
            transport: None,
            allow_plaintext: false,
            dialect: Dialect::default(),
            retry: None,
            layers: Vec::new(),
        }
    }

    /// Takes the token and the base URL from the environment, where they are set:
    /// `COZE_API_TOKEN` and `COZE_API_BASE`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`] when a variable is not text.
    pub fn from_env(mut self) -> Result<Self, Error> {
        let variable = |name| text_from_env(name).map_err(|error| Error::build(error.to_string()));
        if let Some(token) = variable(TOKEN_VARIABLE)? {
            self.token = Some(Secret::new(token));
        }
        if let Some(url) = variable(BASE_VARIABLE)? {
            self.base_url = url;
        }
        Ok(self)
    }

    /// The access token: a personal access token, a service token or an OAuth access token.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(Secret::new(token));
        self
    }

    /// A source of tokens; it goes before [`ClientBuilder::token`].
    pub fn credentials(mut self, credentials: impl Credentials + 'static) -> Self {
        self.credentials = Some(Arc::new(credentials));
        self
    }

    /// Where the API is, with or without a path prefix. Default: that of [`Region::Com`].
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// The region whose API is called.
    pub fn region(self, region: Region) -> Self {
        self.base_url(region.base_url())
    }

    /// Which kind of server stands at the base URL. Default: [`Dialect::Cloud`].
    ///
    /// A self-hosted server needs a [`ClientBuilder::base_url`] and, over plain `http` in the local network,
    /// [`ClientBuilder::allow_plaintext`].
    ///
    /// ```
    /// use coze_workflow::{Client, Dialect};
    ///
    /// let studio = Client::builder()
    ///     .dialect(Dialect::Studio)
    ///     .base_url("http://studio.lan:8888")
    ///     .allow_plaintext(true)
    ///     .token("pat_123")
    ///     .build()?;
    /// # Ok::<(), coze_workflow::Error>(())
    /// ```
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// Allows plain `http` to hosts other than this one, such as a self-hosted server in the local
    /// network. The token then travels in the clear. Default: `false`.
    pub fn allow_plaintext(mut self, allow: bool) -> Self {
        self.allow_plaintext = allow;
        self
    }

    /// Replaces the connections: requests go to `transport` with their whole URI, the credentials
    /// and all headers in place. No token is needed then.
    pub fn transport(mut self, transport: HttpStack) -> Self {
        self.transport = Some(transport);
        self
    }

    /// Replaces how often and after what wait a call is tried again. What may be tried again at all is
    /// not a setting: it follows from the operation and from what became of the attempt.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Adds a layer around each call: it sees one request and one result, whatever is tried in
    /// between. Of several, the first added is the outermost.
    pub fn call_layer<L, B>(mut self, layer: L) -> Self
    where
        L: Layer<HttpStack> + Send + Sync + 'static,
        L::Service: Service<Request, Response = http::Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Error: Into<BoxError>,
        <L::Service as Service<Request>>::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.layers.push(Box::new(|stack| stack.call_layer(layer)));
        self
    }

    /// Adds a layer around each attempt, before the token is added and after the response was read. Of
    /// several, the first added is the outermost.
    pub fn attempt_layer<L, B>(mut self, layer: L) -> Self
    where
        L: Layer<HttpStack> + Send + Sync + 'static,
        L::Service: Service<Request, Response = http::Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Error: Into<BoxError>,
        <L::Service as Service<Request>>::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.layers
            .push(Box::new(|stack| stack.attempt_layer(layer)));
        self
    }

    /// Builds the client. Nothing is sent, and no runtime is needed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`] when a setting cannot be used, [`ErrorKind::Auth`] when there is no token.
    pub fn build(self) -> Result<Client, Error> {
        let base: BaseUri = match self.base_url.parse() {
            Ok(base) => base,
            Err(error) => {
                let error: coze_transport::InvalidBaseUri = error;
                return Err(Error::build("the base URL cannot be used").with_source(error));
            }
        };
        let region = Region::of(&self.base_url);
        if self.dialect == Dialect::Studio && region.is_some() {
            return Err(Error::build(
                "the base URL is that of the cloud service: set that of the self-hosted server, such as \
                 http://localhost:8888",
            ));
        }
        let credentials: Option<Arc<dyn Credentials>> = match (self.credentials, self.token) {
            (Some(credentials), _) => Some(credentials),
            (None, Some(token)) => {
                let token = BearerToken::new(token).map_err(|error| {
                    Error::new(ErrorKind::Auth, "the access token cannot be used")
                        .with_source(error)
                })?;
                Some(Arc::new(token))
            }
            (None, None) => None,
        };
        let stack = match self.transport {
            Some(transport) => StackBuilder::over(transport),
            None if credentials.is_none() => {
                let message = "no access token: set COZE_API_TOKEN, or pass one to the builder";
                return Err(Error::new(ErrorKind::Auth, message));
            }
            None => connections(self.allow_plaintext)?,
        };
        let stack = stack
            .base_uri(base)
            .user_agent(HeaderValue::from_static(USER_AGENT))
            .log_id_headers(coze_wire::LOG_ID_HEADERS)
            .classify(CozeClassifier);
        let stack = match self.retry {
            Some(policy) => stack.retry(policy),
            None => stack,
        };
        let stack = match credentials {
            Some(credentials) => stack.shared_credentials(credentials),
            None => stack,
        };
        let stack = self
            .layers
            .into_iter()
            .fold(stack, |stack, step| step(stack));
        Ok(Client::new(stack.build())
            .with_dialect(self.dialect)
            .with_region(region))
    }
}

#[cfg(feature = "hyper")]
fn connections(allow_plaintext: bool) -> Result<StackBuilder, Error> {
    let leaf = coze_transport::hyper::HyperTransport::builder()
        .allow_plaintext(allow_plaintext)
        .build()
        .map_err(|error| Error::build("the connections cannot be set up").with_source(error))?;
    Ok(StackBuilder::over(leaf))
}

#[cfg(not(feature = "hyper"))]
fn connections(_: bool) -> Result<StackBuilder, Error> {
    Err(Error::build(
        "no transport: pass one to the builder, or enable the feature `hyper`",
    ))
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("token", &self.token)
            .field("credentials", &self.credentials)
            .field("transport", &self.transport)
            .field("dialect", &self.dialect)
            .field("allow_plaintext", &self.allow_plaintext)
            .field("layers", &self.layers.len())
            // It may hold a password until it is checked.
            .finish_non_exhaustive()
    }
}
