//! Apps in files, as the official SDKs keep them.

use std::{
    error::Error,
    fmt, io,
    path::{Path, PathBuf},
};

use coze_transport::Secret;
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;

use super::app::OauthApp;
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
use super::{jwt::JwtApp, key::PrivateKeyError};
use crate::source::{is_shared, read_object, read_text};

/// `coze_oauth_config.json`.
#[cfg_attr(
    not(any(feature = "ring", feature = "aws-lc-rs")),
    allow(dead_code, reason = "signing needs one of these")
)]
#[derive(Deserialize)]
struct Described {
    client_type: Option<String>,
    client_id: String,
    #[serde(default)]
    client_secret: Option<WipedText>,
    #[serde(default)]
    private_key: Option<WipedText>,
    #[serde(default)]
    private_key_file: Option<PathBuf>,
    #[serde(default)]
    public_key_id: Option<String>,
    #[serde(default)]
    coze_api_base: Option<String>,
    #[serde(default)]
    account_id: Option<String>,
    #[serde(default)]
    enterprise_id: Option<String>,
    #[serde(default)]
    workspace_id: Option<String>,
}

/// A text that is wiped when the file is done with.
#[derive(Deserialize)]
#[serde(from = "String")]
struct WipedText(Secret);

impl From<String> for WipedText {
    fn from(text: String) -> Self {
        Self(Secret::new(text))
    }
}

impl Described {
    fn read(path: &Path) -> Result<Self, AppFileError> {
        let failed = |cause| AppFileError::new(path, cause);
        let text = read_text(path).map_err(|error| failed(Cause::Read(error)))?;
        let text = Zeroizing::new(text);
        if is_shared(path) {
            tracing::warn!(path = %path.display(), "other users can read or change the file of the app: chmod 600");
        }
        // The error of the JSON is left out: it may repeat what it stumbled over.
        read_object(&text).map_err(|_| failed(Cause::Damaged))
    }
}

impl OauthApp {
    /// Reads an app from a file as the service's settings and the official SDKs have it, `coze_oauth_config.json`:
    ///
    /// ```json
    /// {"client_type": "device", "client_id": "8173.app.coze", "coze_api_base": "https://api.coze.cn"}
    /// ```
    ///
    /// `client_secret` (web apps) and `workspace_id` may be there as well.
    ///
    /// # Errors
    ///
    /// [`AppFileError`] when the file cannot be read, or is that of a service app.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, AppFileError> {
        let path = path.as_ref();
        let file = Described::read(path)?;
        if file.client_type.as_deref() == Some("jwt") {
            return Err(AppFileError::new(path, Cause::Service));
        }
        let mut app = Self::new(file.client_id);
        app.secret = file.client_secret.map(|secret| secret.0);
        app.workspace = file.workspace_id;
        app.base_url = file.coze_api_base;
        Ok(app)
    }
}

#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
impl JwtApp {
    /// Reads an app from a file as the service's settings and the official SDKs have it, `coze_oauth_config.json`:
    ///
    /// ```json
    /// {"client_type": "jwt", "client_id": "1127900106117", "public_key_id": "_v0VjcMl…",
    ///  "private_key": "-----BEGIN PRIVATE KEY-----\n…", "coze_api_base": "https://api.coze.cn"}
    /// ```
    ///
    /// In place of `private_key` there may be a `private_key_file`, relative to this file; beside it an `account_id` or an
    /// `enterprise_id`. A warning tells of a file that other users of the machine can read.
    ///
    /// # Errors
    ///
    /// [`AppFileError`] when the file or the key cannot be used. It repeats nothing of the key.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, AppFileError> {
        let path = path.as_ref();
        let failed = |cause| AppFileError::new(path, cause);
        let file = Described::read(path)?;
        if file.client_type.is_some_and(|kind| kind != "jwt") {
            return Err(failed(Cause::NoService));
        }
        let key = match (file.private_key, file.private_key_file) {
            (Some(key), _) => key.0,
            (None, Some(name)) => {
                let path = path
                    .parent()
                    .map_or(name.clone(), |folder| folder.join(&name));
                let read = read_text(&path);
                Secret::new(read.map_err(|error| AppFileError::new(&path, Cause::Read(error)))?)
            }
            (None, None) => return Err(failed(Cause::Missing("private_key"))),
        };
        let key_id = file.public_key_id;
        let key_id = key_id.ok_or_else(|| failed(Cause::Missing("public_key_id")))?;
        let mut app = Self::new(file.client_id, key_id, key.expose())
            .map_err(|error| failed(Cause::Key(error)))?;
        app.base_url = file.coze_api_base;
        Ok(match (file.account_id, file.enterprise_id) {
            (Some(id), _) => app.account(id),
            (None, Some(id)) => app.enterprise(id),
            (None, None) => app,
        })
    }
}

/// A file that holds no app that can be used. Its contents are not repeated.
#[derive(Debug)]
pub struct AppFileError {
    path: PathBuf,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Read(io::Error),
    Damaged,
    Service,
    #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
    NoService,
    #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
    Missing(&'static str),
    #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
    Key(PrivateKeyError),
}

impl AppFileError {
    fn new(path: &Path, cause: Cause) -> Self {
        let path = path.to_owned();
        Self { path, cause }
    }
}

impl fmt::Display for AppFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.cause {
            Cause::Read(_) => write!(f, "the file {path} of the app cannot be read"),
            Cause::Damaged => write!(
                f,
                "the file {path} holds no app: it is JSON with a `client_id`, as the service's settings give it"
            ),
            Cause::Service => write!(
                f,
                "the file {path} is that of a service app (client_type `jwt`), which no user lets in"
            ),
            #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
            Cause::NoService => write!(
                f,
                "the file {path} is not that of a service app: its client_type is not `jwt`"
            ),
            #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
            Cause::Missing(name) => write!(f, "the file {path} of the app has no `{name}`"),
            #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
            Cause::Key(_) => write!(f, "the private key in the file {path} cannot be used"),
        }
    }
}

impl Error for AppFileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            Cause::Read(error) => Some(error),
            #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
            Cause::Key(error) => Some(error),
            _ => None,
        }
    }
}
