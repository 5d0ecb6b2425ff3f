//! A session in a file that processes share.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use coze_transport::{
    BoxError, Secret,
    time::{Instant, sleep_until},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use super::{
    app::{OauthApp, Session},
    session_error::{Cause, SessionFileError},
};
use crate::{
    FreshToken, KeyringEntry, RenewedToken,
    clock::wall_clock,
    refresh::FETCH,
    source::{beside, create_folder, is_shared, private, read_object, read_text, replace},
};

/// How often a lock is tried that another process holds.
const RETRY: Duration = Duration::from_millis(20);

/// A file that holds a user's session, or the keychain in place of it, for one process or many.
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
    /// The lock is beside it.
    path: PathBuf,
    /// Where the session is in place of the file.
    keyring: Option<KeyringEntry>,
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
        Self {
            path: path.into(),
            keyring: None,
        }
    }

    /// Keeps the session in the keychain of the system in place of a file, and the lock of the processes that share it in
    /// `folder`. Whoever waits for the session waits for the user to unlock the keychain.
    ///
    /// ```
    /// use coze_auth::{KeyringEntry, SessionFile};
    ///
    /// let session = SessionFile::in_keyring(KeyringEntry::new("coze", "me"), "/var/lib/app");
    /// ```
    pub fn in_keyring(entry: KeyringEntry, folder: impl AsRef<Path>) -> Self {
        let part = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        let name = format!("{}-{}.keyring", part(entry.service()), part(entry.user()));
        Self {
            path: folder.as_ref().join(name),
            keyring: Some(entry),
        }
    }

    /// Where the file is. With the session in the keychain there is none, and its lock is beside this.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The session; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`SessionFileError`] when the file or the keychain's entry cannot be read or is damaged, or others can read the file.
    pub fn read(&self) -> Result<Option<Session>, SessionFileError> {
        let Some(text) = self.text()? else {
            return Ok(None);
        };
        // The error of the JSON is left out: it may repeat what it stumbled over.
        let stored: Stored = read_object(text.expose()).map_err(|_| self.failed(Cause::Damaged))?;
        Ok(Some(stored.session()))
    }

    fn text(&self) -> Result<Option<Secret>, SessionFileError> {
        if let Some(entry) = &self.keyring {
            return entry
                .read()
                .map_err(|error| self.failed(Cause::Read(error.into())));
        }
        let text = match read_text(&self.path) {
            Ok(text) => Secret::new(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(Cause::Read(error.into()))),
        };
        if is_shared(&self.path) {
            return Err(self.failed(Cause::Shared));
        }
        Ok(Some(text))
    }

    /// The same within a task: a keychain may wait for its user.
    pub(super) async fn load(&self) -> Result<Option<Session>, SessionFileError> {
        self.access(Self::read).await
    }

    /// Stores a session in place of any other.
    ///
    /// # Errors
    ///
    /// [`SessionFileError`] when the file or the keychain's entry cannot be written, or another process holds the lock for
    /// 10 s.
    pub async fn save(&self, session: &Session) -> Result<(), SessionFileError> {
        let _lock = self.lock().await?;
        self.write(&session.app, &session.tokens).await
    }

    /// Removes the session; false when there was none.
    ///
    /// # Errors
    ///
    /// [`SessionFileError`] when the file or the keychain's entry cannot be removed, or another process holds the lock for
    /// 10 s.
    pub async fn remove(&self) -> Result<bool, SessionFileError> {
        let _lock = self.lock().await?;
        self.access(|this| {
            let removed = match &this.keyring {
                Some(entry) => entry.remove().map_err(BoxError::from),
                None => match fs::remove_file(&this.path) {
                    Ok(()) => Ok(true),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                    Err(error) => Err(error.into()),
                },
            };
            removed.map_err(|error| this.failed(Cause::Write(error)))
        })
        .await
    }

    /// A small file is read and written at once; a keychain on a thread beside the task.
    async fn access<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, SessionFileError> + Send + 'static,
    ) -> Result<T, SessionFileError> {
        if self.keyring.is_none() {
            return work(self);
        }
        let this = self.clone();
        beside(move || work(&this)).await
    }

    /// Waits for the lock, which lasts until it is dropped.
    pub(super) async fn lock(&self) -> Result<fs::File, SessionFileError> {
        let failed = |error: io::Error| self.failed(Cause::Write(error.into()));
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

    /// Replaces the session. The caller holds the lock.
    pub(super) async fn write(
        &self,
        app: &OauthApp,
        tokens: &RenewedToken,
    ) -> Result<(), SessionFileError> {
        let stored = Stored::of(app, tokens);
        self.access(move |this| {
            this.replace(&stored)
                .map_err(|error| this.failed(Cause::Write(error)))
        })
        .await
    }

    fn replace(&self, stored: &Stored) -> Result<(), BoxError> {
        if let Some(entry) = &self.keyring {
            // On one line: some keychains have little room.
            entry.write(&Secret::new(serde_json::to_string(stored)?))?;
        } else {
            let text = Zeroizing::new(serde_json::to_string_pretty(stored)?);
            replace(&self.path, text.as_bytes())?;
        }
        Ok(())
    }

    /// The error for a session that is not there.
    pub(super) fn missing(&self) -> SessionFileError {
        self.failed(Cause::Missing)
    }

    /// The file's path, or the keychain's entry.
    pub(crate) fn place(&self) -> String {
        match &self.keyring {
            Some(entry) => entry.to_string(),
            None => self.path.display().to_string(),
        }
    }

    fn failed(&self, cause: Cause) -> SessionFileError {
        let kind = if self.keyring.is_some() {
            ""
        } else {
            "the session file "
        };
        SessionFileError::new(format!("{kind}{}", self.place()), cause)
    }
}
