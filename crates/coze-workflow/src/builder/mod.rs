//! Building a client.

mod stack;

use std::{fmt, sync::Arc};

use coze_auth::{BearerToken, Credentials, NoToken, Secret, Settings, TokenSource};
#[cfg(feature = "hyper")]
use coze_transport::hyper::{HyperTransport, HyperTransportBuilder};
use coze_transport::{BaseUri, HttpStack, StackBuilder};
use http::HeaderValue;

use crate::{
    Client, CozeClassifier, Dialect, Error, ErrorKind, Region, USER_AGENT,
    settings::CallSettings,
    tenants::{Anonymous, SignIn, Tenants},
};

impl Client {
    /// A client with the settings of the environment.
    ///
    /// | variable | meaning | default |
    /// |---|---|---|
    /// | `COZE_API_TOKEN` | the access token | that of the default profile |
    /// | `COZE_API_BASE` | where the API is | `https://api.coze.com` |
    /// | `COZE_PROFILE` | a profile in the user's settings, which then counts as a whole | the default profile, where no token is set |
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

#[cfg(feature = "hyper")]
type Connections = Box<dyn FnOnce(HyperTransportBuilder) -> HyperTransportBuilder + Send>;

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
    base_url: Option<String>,
    token: Option<Secret>,
    credentials: Option<Arc<dyn Credentials>>,
    sign_in: Option<SignIn>,
    missing: Option<NoToken>,
    transport: Option<HttpStack>,
    allow_plaintext: bool,
    dialect: Dialect,
    settings: CallSettings,
    steps: Vec<Step>,
    #[cfg(feature = "hyper")]
    connections: Vec<Connections>,
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self {
            base_url: None,
            token: None,
            credentials: None,
            sign_in: None,
            missing: None,
            transport: None,
            allow_plaintext: false,
            dialect: Dialect::default(),
            settings: CallSettings::default(),
            steps: Vec::new(),
            #[cfg(feature = "hyper")]
            connections: Vec::new(),
        }
    }

    /// Takes where the token comes from and the base URL from the settings of the user: `COZE_API_TOKEN` and
    /// `COZE_API_BASE`, or the profile that `COZE_PROFILE` names, or the default profile; [`Settings`] tells all.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`] when a variable is not text, or a profile cannot be used.
    ///
    /// [`Settings`]: crate::auth::Settings
    pub fn from_env(self) -> Result<Self, Error> {
        self.settings(None)
    }

    /// Takes where the token comes from and the base URL from a profile in the user's settings, see
    /// [`Settings`](crate::auth::Settings).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`] when there is no such profile, or it cannot be used.
    pub fn profile(self, name: &str) -> Result<Self, Error> {
        self.settings(Some(name))
    }

    fn settings(mut self, profile: Option<&str>) -> Result<Self, Error> {
        let settings = Settings::find(profile).map_err(|error| {
            Error::build("the settings of the user cannot be used").with_cause(error.into())
        })?;
        if let Some((url, _)) = settings.base_url {
            self.base_url = Some(url);
        }
        match settings.token {
            Ok(source) => Ok(self.token_source(source)),
            Err(missing) => {
                self.missing = Some(missing);
                Ok(self)
            }
        }
    }

    /// A place of a token, such as [`Settings::find`] gives. It goes behind [`ClientBuilder::credentials`].
    pub fn token_source(mut self, source: TokenSource) -> Self {
        let credentials: Arc<dyn Credentials> = match source {
            TokenSource::Text { token, .. } => {
                self.token = Some(token);
                return self;
            }
            TokenSource::File { file, .. } => Arc::new(file),
            #[cfg(not(target_family = "wasm"))]
            TokenSource::Command(command) => Arc::new(command.credentials()),
            TokenSource::Keyring(entry) => Arc::new(entry.credentials()),
            TokenSource::Session(file) => return self.sign_in(SignIn::File(file)),
            #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
            TokenSource::App { app, .. } => return self.sign_in(SignIn::App(app)),
            other => {
                tracing::warn!(place = %other, "this kind of source is not known");
                return self;
            }
        };
        self.credentials.get_or_insert(credentials);
        self
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

    /// Signs in when a token is first needed. It goes before a token, and behind credentials.
    pub(crate) fn sign_in(mut self, sign_in: SignIn) -> Self {
        self.sign_in = Some(sign_in);
        self
    }

    /// Where the API is, with or without a path prefix. Default: what the app or the session says that the client signs in
    /// with, else that of [`Region::Com`].
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
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

    /// Builds the client. Nothing is sent, and no runtime is needed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`] when a setting cannot be used, [`ErrorKind::Auth`] when there is no token, or the session file
    /// cannot be used.
    pub fn build(mut self) -> Result<Client, Error> {
        let credentials = self.credentials.take();
        let (sign_in, token) = (self.sign_in.take(), self.token.take());
        let base_url = match &sign_in {
            Some(sign_in) => {
                self.can_sign_in()?;
                sign_in.base_url()?
            }
            None => None,
        };
        let given = credentials.is_some() || sign_in.is_some() || token.is_some();
        if self.transport.is_none() && !given {
            let message = "no access token: set COZE_API_TOKEN, or pass one to the builder";
            let error = Error::new(ErrorKind::Auth, message);
            return Err(match self.missing {
                Some(missing) => error.with_source(missing),
                None => error,
            });
        }
        let stack = self.assemble(base_url)?;
        let credentials: Option<Arc<dyn Credentials>> = match (credentials, sign_in, token) {
            (Some(credentials), ..) => Some(credentials),
            (None, Some(sign_in), _) => {
                let (credentials, tenants) = sign_in.credentials(stack);
                return Ok(Client::of(tenants, Some(Arc::new(credentials))));
            }
            (None, None, Some(token)) => {
                let token = BearerToken::new(token).map_err(|error| {
                    Error::new(ErrorKind::Auth, "the access token cannot be used")
                        .with_source(error)
                })?;
                Some(Arc::new(token))
            }
            (None, None, None) => None,
        };
        Ok(Client::of(Tenants::new(stack), credentials))
    }

    /// A self-hosted server gives no tokens to apps.
    pub(crate) fn can_sign_in(&self) -> Result<(), Error> {
        if self.dialect != Dialect::Studio {
            return Ok(());
        }
        let message =
            "a self-hosted server has no apps to sign in with: pass a token to the builder";
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    /// The stack without credentials. `base_url` is where the API is unless the builder was told.
    pub(crate) fn assemble(self, base_url: Option<String>) -> Result<Anonymous, Error> {
        let base_url = self.base_url.or(base_url);
        let base_url = base_url.unwrap_or_else(|| Region::default().base_url().to_owned());
        let base: BaseUri = match base_url.parse() {
            Ok(base) => base,
            Err(error) => {
                let error: coze_transport::InvalidBaseUri = error;
                return Err(Error::build("the base URL cannot be used").with_source(error));
            }
        };
        let region = Region::of(&base_url);
        if self.dialect == Dialect::Studio && region.is_some() {
            return Err(Error::build(
                "the base URL is that of the cloud service: set that of the self-hosted server, such as \
                 http://localhost:8888",
            ));
        }
        let stack = match self.transport {
            Some(transport) => StackBuilder::over(transport),
            #[cfg(feature = "hyper")]
            None => connections(self.allow_plaintext, self.connections)?,
            #[cfg(not(feature = "hyper"))]
            None => {
                let message =
                    "no transport: pass one to the builder, or enable the feature `hyper`";
                return Err(Error::build(message));
            }
        };
        let host = base.host().to_owned();
        let stack = stack
            .base_uri(base)
            .user_agent(HeaderValue::from_static(USER_AGENT))
            .log_id_headers(coze_wire::LOG_ID_HEADERS)
            .classify(CozeClassifier);
        let steps = self.steps.into_iter();
        Ok(Anonymous {
            stack: steps.fold(stack, |stack, step| step(stack)),
            base_url,
            host,
            dialect: self.dialect,
            region,
            settings: self.settings,
        })
    }
}

#[cfg(feature = "hyper")]
fn connections(allow_plaintext: bool, changes: Vec<Connections>) -> Result<StackBuilder, Error> {
    let connections = HyperTransport::builder().allow_plaintext(allow_plaintext);
    let connections = changes
        .into_iter()
        .fold(connections, |one, change| change(one));
    let transport = connections
        .build()
        .map_err(|error| Error::build("the connections cannot be set up").with_source(error))?;
    Ok(StackBuilder::over(transport))
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("token", &self.token)
            .field("credentials", &self.credentials)
            .field("sign_in", &self.sign_in)
            .field("transport", &self.transport)
            .field("dialect", &self.dialect)
            .field("allow_plaintext", &self.allow_plaintext)
            .field("settings", &self.settings)
            .field("steps", &self.steps.len())
            // It may hold a password until it is checked.
            .finish_non_exhaustive()
    }
}
