//! Tokens for a service app, which signs its requests.

use std::{fmt, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use coze_models::TokenScope;
use coze_transport::Secret;
use serde::Serialize;

use super::key::{PrivateKeyError, SigningKey, random};

/// A JWT counts from a little before now, for clocks that differ by seconds, and for five minutes.
const BACKDATED: i64 = 5;
const JWT_LIFE: i64 = 300;
/// What an access token is asked for unless the app says otherwise, and the most the service gives.
const LIFETIME: Duration = Duration::from_secs(15 * 60);
const LONGEST: Duration = Duration::from_secs(86_399);

/// A service app of the service: it signs JWTs with its private key and exchanges them for access tokens.
///
/// ```
/// use std::time::Duration;
/// use coze_auth::JwtApp;
///
/// # let pem = include_str!("../../../coze-emulator/tests/keys/app.key.pem");
/// let app = JwtApp::new("1127900106117", "_v0VjcMlLdQc3tRTD3jC5Xz29TUnKQOhtuD5k-gpyf4", pem)?
///     .lifetime(Duration::from_secs(3600))
///     .session_name("user_2222");
/// assert!(!format!("{app:?}").contains("PRIVATE"));
/// # Ok::<(), coze_auth::PrivateKeyError>(())
/// ```
#[derive(Clone)]
pub struct JwtApp {
    client_id: String,
    key_id: String,
    key: Arc<SigningKey>,
    pub(super) lifetime: Duration,
    pub(super) owner: Owner,
    session_name: Option<String>,
    device_info: Option<DeviceInfo>,
    pub(super) scope: Option<TokenScope>,
    pub(super) base_url: Option<String>,
}

/// Whose resources a token is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    #[default]
    App,
    Account(String),
    Enterprise(String),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize)]
struct DeviceInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_consumer: Option<String>,
}

impl JwtApp {
    /// An app with its id, the fingerprint of its public key and its private key in PEM, as the service's settings
    /// show and download them.
    ///
    /// The key may be PKCS #8 or PKCS #1, with any line ends, or with `\n` written out.
    ///
    /// # Errors
    ///
    /// [`PrivateKeyError`] when the key cannot be used. It repeats nothing of it.
    pub fn new(
        client_id: impl Into<String>,
        key_id: impl Into<String>,
        private_key: &str,
    ) -> Result<Self, PrivateKeyError> {
        Ok(Self {
            client_id: client_id.into(),
            key_id: key_id.into(),
            key: Arc::new(SigningKey::from_pem(private_key)?),
            lifetime: LIFETIME,
            owner: Owner::App,
            session_name: None,
            device_info: None,
            scope: None,
            base_url: None,
        })
    }

    /// How long each token lasts: 15 minutes unless set, from 1 s to 86,399 s (a day less a second).
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime.clamp(Duration::from_secs(1), LONGEST);
        self
    }

    /// The end user in whose name calls are made: conversations of two names are kept apart.
    #[must_use]
    pub fn session_name(mut self, name: impl Into<String>) -> Self {
        self.session_name = Some(name.into());
        self
    }

    /// The device that usage is counted for (enterprise plans).
    #[must_use]
    pub fn device_id(mut self, id: impl Into<String>) -> Self {
        self.device_info.get_or_insert_default().device_id = Some(id.into());
        self
    }

    /// The consumer, by a name of your own, that usage is counted for (enterprise plans).
    #[must_use]
    pub fn custom_consumer(mut self, name: impl Into<String>) -> Self {
        self.device_info.get_or_insert_default().custom_consumer = Some(name.into());
        self
    }

    /// Asks for tokens for the resources of another account or organization, which has authorized the app.
    #[must_use]
    pub fn account(mut self, account_id: impl Into<String>) -> Self {
        self.owner = Owner::Account(account_id.into());
        self
    }

    /// Asks for tokens for the resources of an enterprise.
    #[must_use]
    pub fn enterprise(mut self, enterprise_id: impl Into<String>) -> Self {
        self.owner = Owner::Enterprise(enterprise_id.into());
        self
    }

    /// Narrows what tokens may do: the calls, and the agents that they may chat with. For channel apps; without it tokens may
    /// do what the app may.
    ///
    /// ```
    /// use coze_auth::{JwtApp, TokenAgents, TokenConstraint, TokenPermissions, TokenScope};
    ///
    /// # fn f(app: JwtApp) -> JwtApp {
    /// let chats = TokenPermissions::new(["Connector.botChat"]);
    /// let agents = TokenConstraint::new(TokenAgents::new(["7342866812345"]));
    /// app.scope(TokenScope::new(chats, agents))
    /// # }
    /// ```
    #[must_use]
    pub fn scope(mut self, scope: TokenScope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Where the API is that the app belongs to, such as `https://api.coze.cn`. A client takes it unless it is told
    /// another.
    #[must_use]
    pub fn at(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into());
        self
    }

    /// Where the API is, if the app was told or its file says so.
    pub fn base_url(&self) -> Option<&str> {
        self.base_url.as_deref()
    }

    /// The app's id.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Tells apart the tokens of apps, owners, sessions, devices and scopes, for a cache of them.
    pub fn cache_key(&self) -> String {
        let Self {
            client_id, key_id, ..
        } = self;
        let (owner, session, device) = (&self.owner, &self.session_name, &self.device_info);
        format!(
            "{client_id:?} {key_id:?} {owner:?} {session:?} {device:?} {:?} {:?}",
            self.scope, self.lifetime
        )
    }

    /// A signed JWT, issued at `now` by the server's clock. Each has a `jti` of its own.
    pub(super) fn sign(&self, audience: &str, now: i64) -> Result<Secret, PrivateKeyError> {
        let issued = now - BACKDATED;
        let claims = Claims {
            iss: &self.client_id,
            aud: audience,
            iat: issued,
            exp: issued + JWT_LIFE,
            jti: random()?,
            session_name: self.session_name.as_deref(),
            session_context: self.device_info.as_ref().map(|info| Context {
                device_info: info.clone(),
            }),
        };
        let header = Header {
            alg: "RS256",
            typ: "JWT",
            kid: &self.key_id,
        };
        let text = format!("{}.{}", part(&header), part(&claims));
        let signature = self.key.sign(&text)?;
        Ok(Secret::new(format!("{text}.{signature}")))
    }
}

impl fmt::Debug for JwtApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtApp")
            .field("client_id", &self.client_id)
            .field("key_id", &self.key_id)
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_context: Option<Context>,
}

#[derive(Serialize)]
struct Context {
    device_info: DeviceInfo,
}

/// A part of a JWT. Texts and numbers can always be written as JSON.
fn part(value: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).unwrap_or_default())
}
