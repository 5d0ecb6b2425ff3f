//! What the builder of a client collects, and the stack that it becomes.

use std::{ffi::OsString, fmt, sync::Arc};

#[cfg(feature = "hyper")]
use crate::hyper::{HyperTransport, HyperTransportBuilder};
use crate::{
    BaseUri, BearerToken, Credentials, ErrorKind, HttpStack, InvalidBaseUri, Outcome, Secret,
    StackBuilder, TransportError,
};

type Step = Box<dyn FnOnce(StackBuilder) -> StackBuilder + Send>;

#[cfg(feature = "hyper")]
type Connections = Box<dyn FnOnce(HyperTransportBuilder) -> HyperTransportBuilder + Send>;

/// What the builder of an API client collects: where the server is, with which credentials it is called, and by what
/// connections. [`client_setters`](crate::client_setters) are the builder's methods for it.
///
/// ```
/// use coze_transport::{ClientSettings, HttpStack, TransportError, client_setters};
///
/// struct PingBuilder(ClientSettings);
///
/// impl PingBuilder {
///     client_setters!(0, base_url = "There is no default.", token = "The access token.", steps = "");
///
///     fn build(self) -> Result<HttpStack, TransportError> {
///         let client = self.0.build(|stack| stack.user_agent(http::HeaderValue::from_static("ping/1.0")))?;
///         Ok(client.stack())
///     }
/// }
///
/// let builder = PingBuilder(ClientSettings::new("PING_TOKEN", "PING_BASE"));
/// let error = builder.base_url("https://ping.example").build().unwrap_err();
/// assert_eq!(error.to_string(), "no access token: set PING_TOKEN, or pass one to the builder");
/// ```
#[non_exhaustive]
pub struct ClientSettings {
    variables: [&'static str; 2],
    /// Where the server is.
    pub base_url: Option<String>,
    /// The access token.
    pub token: Option<Secret>,
    /// A source of tokens, which goes before `token`.
    pub credentials: Option<Arc<dyn Credentials>>,
    /// What carries the requests in place of connections over hyper. No token is needed then.
    pub transport: Option<HttpStack>,
    /// Whether plain `http` to other hosts than this one is allowed. Default: `false`.
    pub allow_plaintext: bool,
    /// Changes of the stack, in their order.
    pub steps: Vec<Step>,
    /// Changes of the connections, in their order.
    #[cfg(feature = "hyper")]
    pub connections: Vec<Connections>,
}

/// A client's stack but for its base URI and its credentials, which not all stacks of a client have.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientStack {
    /// The stack, with the changes of the user made.
    pub builder: StackBuilder,
    /// Where the server is.
    pub base_uri: BaseUri,
    /// The credentials; none where a transport is used without any.
    pub credentials: Option<Arc<dyn Credentials>>,
}

impl ClientStack {
    /// The stack with its base URI and its credentials.
    pub fn stack(self) -> HttpStack {
        let builder = self.builder.base_uri(self.base_uri);
        match self.credentials {
            Some(credentials) => builder.shared_credentials(credentials).build(),
            None => builder.build(),
        }
    }
}

impl ClientSettings {
    /// No settings. The variables of the environment are those that [`read_env`](Self::read_env) reads and that errors name.
    pub const fn new(token_variable: &'static str, base_variable: &'static str) -> Self {
        Self {
            variables: [token_variable, base_variable],
            base_url: None,
            token: None,
            credentials: None,
            transport: None,
            allow_plaintext: false,
            steps: Vec::new(),
            #[cfg(feature = "hyper")]
            connections: Vec::new(),
        }
    }

    /// Takes token and base URL from the environment, where it has them. An empty variable counts as none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Request`] when a variable is not text.
    pub fn read_env(&mut self) -> Result<(), TransportError> {
        self.read(std::env::var_os)
    }

    fn read(
        &mut self,
        variable: impl Fn(&'static str) -> Option<OsString>,
    ) -> Result<(), TransportError> {
        let text = |name| match variable(name).map(OsString::into_string) {
            Some(Ok(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
            Some(Err(_)) => Err(unusable(format!(
                "the variable {name} is not UTF-8: set it anew"
            ))),
            None => Ok(None),
        };
        let [token, base_url] = self.variables;
        if let Some(token) = text(token)? {
            self.token = Some(token.into());
        }
        if let Some(url) = text(base_url)? {
            self.base_url = Some(url);
        }
        Ok(())
    }

    /// The stack over the transport or over connections of its own; `prepare` makes what is the client's own, before the
    /// changes of the user.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Auth`] without a token, or with one that cannot stand in a header; [`ErrorKind::Request`] for a base URL
    /// that cannot be used, or without a transport where the crate has none; the error of the connections.
    pub fn build(
        self,
        prepare: impl FnOnce(StackBuilder) -> StackBuilder,
    ) -> Result<ClientStack, TransportError> {
        let [token_variable, base_variable] = self.variables;
        let Some(url) = self.base_url else {
            return Err(unusable(format!(
                "no base URL: set {base_variable}, or pass one to the builder"
            )));
        };
        let base_uri = url
            .parse()
            .map_err(|error: InvalidBaseUri| unusable(error.to_string()))?;
        let credentials: Option<Arc<dyn Credentials>> = match (self.credentials, self.token) {
            (Some(credentials), _) => Some(credentials),
            (None, Some(token)) => {
                let token = BearerToken::new(token);
                Some(Arc::new(token.map_err(|error| {
                    no_token(format!("the access token cannot be used: {error}"))
                })?))
            }
            (None, None) if self.transport.is_some() => None,
            (None, None) => {
                return Err(no_token(format!(
                    "no access token: set {token_variable}, or pass one to the builder"
                )));
            }
        };
        let stack = match self.transport {
            Some(transport) => StackBuilder::over(transport),
            #[cfg(feature = "hyper")]
            None => {
                let connections = HyperTransport::builder().allow_plaintext(self.allow_plaintext);
                let changes = self.connections.into_iter();
                StackBuilder::over(
                    changes
                        .fold(connections, |one, change| change(one))
                        .build()?,
                )
            }
            #[cfg(not(feature = "hyper"))]
            None => {
                let message =
                    "no transport: pass one to the builder, or enable the feature `hyper`";
                return Err(unusable(message.to_owned()));
            }
        };
        let steps = self.steps.into_iter();
        Ok(ClientStack {
            builder: steps.fold(prepare(stack), |stack, step| step(stack)),
            base_uri,
            credentials,
        })
    }
}

fn unusable(message: String) -> TransportError {
    TransportError::new(ErrorKind::Request, Outcome::NotAccepted, message)
}

fn no_token(message: String) -> TransportError {
    TransportError::new(ErrorKind::Auth, Outcome::NotAccepted, message)
}

impl fmt::Debug for ClientSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSettings")
            .field("token", &self.token)
            .field("credentials", &self.credentials)
            .field("transport", &self.transport)
            .field("allow_plaintext", &self.allow_plaintext)
            .field("steps", &self.steps.len())
            // The base URL may hold a password until it is checked.
            .finish_non_exhaustive()
    }
}

/// The methods by which a builder collects its [`ClientSettings`]: `base_url`, `token`, `credentials`, `allow_plaintext`,
/// `transport`, `retry`, `rate_limit`, `stack` and, with a feature `hyper` of the caller's crate, `connections`.
///
/// It stands in an `impl` block of the builder, which is taken and given back by value, and is told the field with the
/// settings. The texts end the documentation of `base_url`, `token` and `stack`.
#[macro_export]
macro_rules! client_setters {
    ($settings:tt, base_url = $base_url:literal, token = $token:literal, steps = $steps:literal) => {
        /// Where the server is, with or without a path prefix.
        ///
        #[doc = $base_url]
        pub fn base_url(mut self, url: impl Into<String>) -> Self {
            self.$settings.base_url = Some(url.into());
            self
        }

        #[doc = $token]
        pub fn token(mut self, token: impl Into<$crate::Secret>) -> Self {
            self.$settings.token = Some(token.into());
            self
        }

        /// A source of tokens; it goes before [`token`](Self::token).
        pub fn credentials(mut self, credentials: impl $crate::Credentials + 'static) -> Self {
            self.$settings.credentials = Some(::std::sync::Arc::new(credentials));
            self
        }

        /// Allows plain `http` to hosts other than this one. The token then travels in the clear. Default: `false`.
        pub fn allow_plaintext(mut self, allow: bool) -> Self {
            self.$settings.allow_plaintext = allow;
            self
        }

        /// Replaces the connections: requests go to `transport` with their whole URI, the credentials and all headers in
        /// place. No token is needed then.
        pub fn transport(mut self, transport: $crate::HttpStack) -> Self {
            self.$settings.transport = Some(transport);
            self
        }

        /// Replaces how often and after what wait a call is tried again. What may be tried again at all is not a setting.
        pub fn retry(self, policy: $crate::RetryPolicy) -> Self {
            self.stack(|stack| stack.retry(policy))
        }

        /// Bounds the requests a second of the client and its clones, retries and polls included. Default: no bound.
        pub fn rate_limit(self, rate: $crate::RateLimit) -> Self {
            self.stack(|stack| stack.rate_limit(rate))
        }

        /// Changes anything of the stack that has no setter here, such as its layers, in the order in which the steps are
        /// written; see [`StackBuilder`](coze_transport::StackBuilder). The stack has the classifier of the client already;
        /// base URL and credentials follow.
        ///
        #[doc = $steps]
        pub fn stack(
            mut self,
            change: impl FnOnce($crate::StackBuilder) -> $crate::StackBuilder + Send + 'static,
        ) -> Self {
            self.$settings.steps.push(Box::new(change));
            self
        }

        /// Changes anything of the connections: proxy, TLS, pool, name resolution; see
        /// [`HyperTransportBuilder`](coze_transport::hyper::HyperTransportBuilder). No effect beside
        /// [`transport`](Self::transport).
        #[cfg(feature = "hyper")]
        pub fn connections(
            mut self,
            change: impl FnOnce(
                $crate::hyper::HyperTransportBuilder,
            ) -> $crate::hyper::HyperTransportBuilder
            + Send
            + 'static,
        ) -> Self {
            self.$settings.connections.push(Box::new(change));
            self
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_read_and_an_empty_variable_is_none() {
        let read = |token: &'static [u8], base: &'static str| {
            let mut settings = ClientSettings::new("T", "B");
            settings.base_url = Some("https://default.example".to_owned());
            settings.read(|name| match name {
                #[cfg(unix)]
                "T" => Some(std::os::unix::ffi::OsStringExt::from_vec(token.to_vec())),
                #[cfg(not(unix))]
                "T" => Some(String::from_utf8_lossy(token).into_owned().into()),
                _ => Some(base.into()),
            })?;
            Ok::<_, TransportError>(settings)
        };
        let settings = read(b"token", "https://api.example/v1").unwrap();
        assert_eq!(settings.token.as_ref().map(Secret::expose), Some("token"));
        assert_eq!(settings.base_url.as_deref(), Some("https://api.example/v1"));
        let settings = read(b"", "").unwrap();
        assert!(settings.token.is_none());
        assert_eq!(
            settings.base_url.as_deref(),
            Some("https://default.example")
        );
        if cfg!(unix) {
            let error = read(b"\xff", "").unwrap_err();
            assert_eq!(
                error.to_string(),
                "the variable T is not UTF-8: set it anew"
            );
        }
    }
}
