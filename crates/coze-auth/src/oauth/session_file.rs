//! A session in a file that processes share.

use std::{
    error::Error,
    fmt, fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use coze_transport::{
    Secret,
    time::{Instant, sleep_until},
};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use super::app::{OauthApp, Session};
use crate::{
    FreshToken, RenewedToken,
    clock::wall_clock,
    refresh::FETCH,
    source::{create_folder, is_shared, private, read_object, read_text, replace},
};

/// How often a lock is tried that another process holds.
const RETRY: Duration = Duration::from_millis(20);

/// A file that holds a user's session, for one process or many.
///
/// Each process takes the tokens that another has renewed: a refresh token can be used once, so it is exchanged under a
/// lock (beside the file, named `….lock`), which the system frees when its process ends in whatever way. The file is
/// replaced as a whole and never half written; only its owner can read it (mode 0600, which is checked).
///
/// ```no_run
/// # async fn f(stack: coze_transport::HttpStack) -> Result<(), Box<dyn std::error::Error>> {
/// use coze_auth::{OauthApp, SessionFile};
///
/// let file = SessionFile::new("/var/lib/app/coze-session.json");
/// if file.read()?.is_none() {
///     let device = OauthApp::new("8173.app.coze").device(&stack).await?;
///     println!("open {} and type {}", device.verification_uri(), device.user_code());
///     file.save(&device.wait().await?).await?;
/// }
/// let credentials = file.credentials(stack);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct SessionFile {
    path: PathBuf,
}

/// What the file holds.
#[derive(Serialize, Deserialize)]
struct Stored {
    client_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    workspace_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base_url: Option<String>,
    #[serde(default)]
    access_token: String,
    /// Unix seconds, by this machine's clock.
    #[serde(default)]
    expires_at: i64,
    refresh_token: String,
}

impl Stored {
    fn of(app: &OauthApp, tokens: &RenewedToken) -> Self {
        let left = tokens.access().remaining().as_secs();
        Self {
            client_id: app.client_id.clone(),
            client_secret: app.secret.as_ref().map(|one| one.expose().to_owned()),
            workspace_id: app.workspace.clone(),
            base_url: app.base_url.clone(),
            access_token: tokens.access().secret().expose().to_owned(),
            expires_at: wall_clock().saturating_add_unsigned(left),
            refresh_token: tokens.refresh().expose().to_owned(),
        }
    }

    fn session(self) -> Session {
        let left = u64::try_from(self.expires_at - wall_clock()).unwrap_or_default();
        let access = FreshToken::lasting(self.access_token, Duration::from_secs(left));
        Session {
            app: OauthApp {
                client_id: self.client_id,
                secret: self.client_secret.map(Secret::new),
                workspace: self.workspace_id,
                base_url: self.base_url,
            },
            tokens: RenewedToken::new(access, self.refresh_token),
        }
    }
}

impl SessionFile {
    /// The file at `path`, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The session; `None` when there is no file.
    ///
    /// # Errors
    ///
    /// [`SessionFileError`] when the file cannot be read, is damaged, or can be read by others.
    pub fn read(&self) -> Result<Option<Session>, SessionFileError> {
        let text = match read_text(&self.path) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(Cause::Read(error))),
        };
        if is_shared(&self.path) {
            return Err(self.failed(Cause::Shared));
        }
        // The error of the JSON is left out: it may repeat what it stumbled over.
        let stored: Stored = read_object(&text).map_err(|_| self.failed(Cause::Damaged))?;
        Ok(Some(stored.session()))
    }

    /// Stores a session in place of any other.
    ///
    /// # Errors
    ///
    /// [`SessionFileError`] when the file cannot be written, or another process holds the lock for 10 s.
    pub async fn save(&self, session: &Session) -> Result<(), SessionFileError> {
        let _lock = self.lock().await?;
        self.write(&session.app, &session.tokens)
    }

    /// Removes the session; false when there was none.
    ///
    /// # Errors
    ///
    /// [`SessionFileError`] when the file cannot be removed, or another process holds the lock for 10 s.
    pub async fn remove(&self) -> Result<bool, SessionFileError> {
        let _lock = self.lock().await?;
        match fs::remove_file(&self.path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.failed(Cause::Write(error))),
        }
    }

    /// Waits for the lock, which lasts until it is dropped.
    pub(super) async fn lock(&self) -> Result<fs::File, SessionFileError> {
        let failed = |error| self.failed(Cause::Write(error));
        if let Some(folder) = self.path.parent() {
            create_folder(folder).map_err(failed)?;
        }
        let mut path = self.path.clone().into_os_string();
        path.push(".lock");
        let file = private().truncate(false).open(path).map_err(failed)?;
        let patience = Instant::now() + FETCH;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(fs::TryLockError::Error(error)) => return Err(failed(error)),
                Err(fs::TryLockError::WouldBlock) if Instant::now() >= patience => {
                    return Err(self.failed(Cause::Locked));
                }
                Err(fs::TryLockError::WouldBlock) => sleep_until(Instant::now() + RETRY).await,
            }
        }
    }

    /// Replaces the file. The caller holds the lock.
    pub(super) fn write(
        &self,
        app: &OauthApp,
        tokens: &RenewedToken,
    ) -> Result<(), SessionFileError> {
        let failed = |error| self.failed(Cause::Write(error));
        let stored = serde_json::to_vec_pretty(&Stored::of(app, tokens));
        let stored = Zeroizing::new(stored.map_err(|error| failed(error.into()))?);
        replace(&self.path, &stored).map_err(failed)
    }

    /// The error for a file that is not there.
    pub(super) fn missing(&self) -> SessionFileError {
        self.failed(Cause::Missing)
    }

    fn failed(&self, cause: Cause) -> SessionFileError {
        SessionFileError {
            path: self.path.clone(),
            cause,
        }
    }
}

/// A session file that cannot be used. Its contents are not repeated.
#[derive(Debug)]
pub struct SessionFileError {
    path: PathBuf,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Missing,
    Read(io::Error),
    Write(io::Error),
    Shared,
    Damaged,
    Locked,
}

impl fmt::Display for SessionFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.cause {
            Cause::Missing => write!(f, "nobody is signed in: there is no {path}; sign in"),
            Cause::Read(_) => write!(f, "the session file {path} cannot be read"),
            Cause::Write(_) => write!(f, "the session file {path} cannot be written"),
            Cause::Shared => write!(
                f,
                "others can read the session file {path}: take their permission away (chmod 600) and sign in again"
            ),
            Cause::Damaged => write!(f, "the session file {path} is damaged: sign in again"),
            Cause::Locked => write!(
                f,
                "another process has held the lock of the session file {path} for 10 s"
            ),
        }
    }
}

impl Error for SessionFileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            Cause::Read(error) | Cause::Write(error) => Some(error),
            _ => None,
        }
    }
}
