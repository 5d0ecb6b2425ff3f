//! A text in the keychain of the system.

use std::{error::Error, fmt};

use coze_transport::{BoxError, Secret};
use serde::{Deserialize, Serialize};

use super::{Unusable, fresh};
use crate::{FreshToken, RefreshError, Refreshing};

/// An entry in the keychain of the system, which the user unlocks: the Keychain on macOS, the Credential Manager on
/// Windows, the Secret Service elsewhere (GNOME Keyring, KWallet). It needs the feature `keyring`; without it, every access
/// fails.
///
/// As the place of a token it holds the token alone, or JSON as a token endpoint gives it:
/// `{"access_token": "…", "expires_in": 900}`. For the session of a user see [`SessionFile::in_keyring`].
///
/// ```
/// use coze_auth::KeyringEntry;
///
/// // secret-tool store --label coze service coze username me
/// // security add-generic-password -s coze -a me -w
/// let credentials = KeyringEntry::new("coze", "me").credentials();
/// ```
///
/// A program that has set a default store of `keyring-core` gets that in place of the system's.
///
/// [`SessionFile::in_keyring`]: crate::SessionFile::in_keyring
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyringEntry {
    service: String,
    user: String,
}

impl KeyringEntry {
    /// The entry of a service, such as `coze`, and a name within it.
    pub fn new(service: impl Into<String>, user: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            user: user.into(),
        }
    }

    /// The service.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The name within the service.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Credentials with the token in the entry, which is read when a token is first needed, before it expires and when it is
    /// refused.
    pub fn credentials(&self) -> Refreshing {
        let entry = self.clone();
        Refreshing::over(move || {
            let entry = entry.clone();
            async move {
                let token = beside(move || entry.token()).await;
                token
                    .map_err(|error| RefreshError::boxed("no token could be fetched", error.into()))
            }
        })
    }

    fn token(&self) -> Result<FreshToken, KeyringError> {
        let text = self.read()?.ok_or_else(|| self.failed(Cause::Missing))?;
        fresh(text.expose()).map_err(|cause| self.failed(Cause::Token(cause)))
    }

    /// The text in the entry; `None` when there is no such entry.
    ///
    /// It waits for the user who is asked to unlock the keychain. Within a task, call it by
    /// [`spawn_blocking`](tokio::task::spawn_blocking).
    ///
    /// # Errors
    ///
    /// [`KeyringError`] when there is no keychain, it stays locked, or the entry is not text.
    pub fn read(&self) -> Result<Option<Secret>, KeyringError> {
        let text = self.with(Access::Read)?;
        Ok(text.map(Secret::new))
    }

    /// Puts a text into the entry, in place of any other. It waits as [`KeyringEntry::read`] does.
    ///
    /// # Errors
    ///
    /// [`KeyringError`] when there is no keychain, it stays locked, or the text is too long for it (1,280 characters on
    /// Windows).
    pub fn write(&self, text: &Secret) -> Result<(), KeyringError> {
        self.with(Access::Write(text.expose())).map(|_| ())
    }

    /// Removes the entry; false when there was none. It waits as [`KeyringEntry::read`] does.
    ///
    /// # Errors
    ///
    /// [`KeyringError`] when there is no keychain, or it stays locked.
    pub fn remove(&self) -> Result<bool, KeyringError> {
        Ok(self.with(Access::Remove)?.is_some())
    }

    /// What the entry holds, or an empty text for what was written or removed.
    #[cfg(all(feature = "keyring", not(target_family = "wasm")))]
    fn with(&self, access: Access<'_>) -> Result<Option<String>, KeyringError> {
        use keyring_core::Error as StoreError;

        let work = || {
            if keyring_core::get_default_store().is_none() {
                keyring_core::set_default_store(native_store()?);
            }
            let entry = keyring_core::Entry::new(&self.service, &self.user)?;
            match access {
                Access::Read => entry.get_password(),
                Access::Write(text) => entry.set_password(text).map(|()| String::new()),
                Access::Remove => entry.delete_credential().map(|()| String::new()),
            }
        };
        // On a thread of its own: a store may drive futures, which cannot be done within a task.
        let result = std::thread::scope(|scope| scope.spawn(work).join());
        match result {
            Ok(Ok(text)) => Ok(Some(text)),
            Ok(Err(StoreError::NoEntry)) => Ok(None),
            // It carries what the entry holds.
            Ok(Err(StoreError::BadEncoding(_) | StoreError::BadDataFormat(..))) => {
                Err(self.failed(Cause::NotText))
            }
            Ok(Err(error)) => Err(self.failed(Cause::Store(error.into()))),
            Err(_) => Err(self.failed(Cause::Store("its client has panicked".into()))),
        }
    }

    #[cfg(not(all(feature = "keyring", not(target_family = "wasm"))))]
    fn with(&self, access: Access<'_>) -> Result<Option<String>, KeyringError> {
        let _ = access;
        Err(self.failed(Cause::Feature))
    }

    fn failed(&self, cause: Cause) -> KeyringError {
        KeyringError {
            entry: self.clone(),
            cause,
        }
    }
}

impl fmt::Display for KeyringEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, user } = self;
        write!(f, "the keychain's entry {service}/{user}")
    }
}

#[derive(Clone, Copy)]
#[allow(dead_code, reason = "without a keychain nothing is written")]
enum Access<'a> {
    Read,
    Write(&'a str),
    Remove,
}

/// The keychain of the system.
#[cfg(all(feature = "keyring", not(target_family = "wasm")))]
fn native_store() -> keyring_core::Result<std::sync::Arc<keyring_core::CredentialStore>> {
    #[cfg(target_os = "macos")]
    return Ok(apple_native_keyring_store::keychain::Store::new()?);
    #[cfg(windows)]
    return Ok(windows_native_keyring_store::Store::new()?);
    #[cfg(all(unix, not(target_vendor = "apple"), not(target_os = "android")))]
    return Ok(zbus_secret_service_keyring_store::Store::new()?);
    #[allow(unreachable_code, reason = "it is reached on systems of other kinds")]
    Err(keyring_core::Error::NoDefaultStore)
}

/// Does on a thread beside the task what may wait for a user.
pub(crate) async fn beside<T, E>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: Send + 'static,
{
    #[cfg(target_family = "wasm")]
    return work();
    #[cfg(not(target_family = "wasm"))]
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is ending, and this task with it.
            Err(_) => std::future::pending().await,
        },
    }
}

/// An entry of the keychain that cannot be used. What it holds is not repeated.
#[derive(Debug)]
pub struct KeyringError {
    entry: KeyringEntry,
    cause: Cause,
}

#[derive(Debug)]
#[allow(
    dead_code,
    reason = "with a keychain and without one, others are left out"
)]
enum Cause {
    Feature,
    Missing,
    NotText,
    Token(Unusable),
    Store(BoxError),
}

impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = &self.entry;
        match &self.cause {
            Cause::Feature => write!(
                f,
                "{entry} cannot be reached: this program was built without the feature `keyring`"
            ),
            Cause::Missing => write!(f, "{entry} does not exist: store a token there"),
            Cause::NotText => write!(f, "{entry} holds no text"),
            Cause::Token(Unusable::Missing) => write!(f, "{entry} holds no token"),
            Cause::Token(Unusable::Expired) => write!(f, "{entry} holds a token that has expired"),
            Cause::Store(_) => {
                write!(f, "{entry} cannot be reached: {}", unreachable_advice())
            }
        }
    }
}

/// What to do where no keychain responds.
fn unreachable_advice() -> &'static str {
    if cfg!(any(target_vendor = "apple", windows)) {
        "unlock the keychain, or keep tokens in a file"
    } else {
        "start or unlock a Secret Service (GNOME Keyring, KWallet) on the D-Bus of this login, or keep tokens in a file"
    }
}

impl Error for KeyringError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.cause {
            Cause::Store(error) => Some(&**error),
            _ => None,
        }
    }
}
