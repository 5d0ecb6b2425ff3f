//! Credentials for the Coze API.
//!
//! ```
//! use coze_auth::TokenFile;
//! use coze_transport::{HttpStack, Response, ResponseBody, StackBuilder};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! # let path = std::env::temp_dir().join(format!("coze-auth-doc-{}", std::process::id()));
//! std::fs::write(&path, "pat_123\n")?; // whoever rotates the token writes it here
//! # let leaf = HttpStack::from_fn(|request: coze_transport::Request| async move {
//! #     assert_eq!(request.headers()["authorization"], "Bearer pat_123");
//! #     Ok::<_, std::convert::Infallible>(Response::new(ResponseBody::full("pong".into()))) });
//! let stack = StackBuilder::over(leaf).credentials(TokenFile::new(&path)).build();
//! let response = stack.send(http::Request::get("/ping").body(Default::default())?).await?;
//! assert_eq!(response.body().buffered().unwrap(), "pong");
//! # std::fs::remove_file(path)?;
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | a token from | is |
//! |---|---|
//! | text | [`BearerToken`] |
//! | a variable of the environment | [`token_from_env`] |
//! | a file that is rewritten when the token changes | [`TokenFile`] |
//! | a command that prints it | [`TokenCommand`] |
//! | the keychain of the system | [`KeyringEntry`], with the feature `keyring` |
//! | a service app, which signs its requests | `JwtApp`, with the feature `ring` or `aws-lc-rs` |
//! | a user on this or another device | [`OauthApp`], then [`SessionFile`] or [`Session`] |
//! | whichever of these the user's settings name | [`Settings`] |
//! | a token endpoint, fetched in time and once for many callers | [`Refreshing`] |
//! | a refresh token that can be used once | [`Refreshing::one_shot`] |
//!
//! Anything else implements [`Credentials`].

mod clock;
mod oauth;
mod refresh;
mod settings;
mod source;

pub use coze_models::{TokenAgents, TokenConstraint, TokenPermissions, TokenScope};
pub use coze_transport::{BearerToken, Credentials, InvalidToken, Secret};
pub use oauth::{
    AppFileError, DeviceFlow, OauthApp, Session, SessionFile, SessionFileError, SignInError,
    SignInErrorKind,
};
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
pub use oauth::{ConsentRequest, InvalidVerifier, JwtApp, Pkce, PrivateKeyError, web_url};
pub use refresh::{FreshToken, InvalidLifetime, RefreshError, Refreshing, RenewedToken};
pub use settings::{
    BASE_VARIABLE, FOLDER_VARIABLE, NoToken, PROFILE_VARIABLE, Profile, ProfileFile, Settings,
    SettingsError, TOKEN_VARIABLE, TokenSource,
};
pub use source::{
    KeyringEntry, KeyringError, TokenEnvError, TokenFile, TokenFileError, text_from_env,
    token_from_env,
};
#[cfg(not(target_family = "wasm"))]
pub use source::{TokenCommand, TokenCommandError};
