//! Proof keys of authorization codes (RFC 7636).

use std::{error::Error, fmt};

use coze_transport::Secret;

use super::key::{PrivateKeyError, random, sha256};

/// A proof key: the app shows its hash when it asks for a code, and the key itself when it exchanges the code, so that a
/// stolen code is worth nothing.
///
/// ```
/// use coze_auth::Pkce;
///
/// let pkce = Pkce::new()?;
/// assert_eq!(pkce.challenge().len(), 43);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pkce {
    verifier: Secret,
    plain: bool,
}

impl Pkce {
    /// A random key of 43 characters, shown as its SHA-256 (`S256`).
    ///
    /// # Errors
    ///
    /// When the system gives no random numbers.
    pub fn new() -> Result<Self, PrivateKeyError> {
        Ok(Self {
            verifier: Secret::new(random()?),
            plain: false,
        })
    }

    /// A key of your own: 43 to 128 characters of `A-Z`, `a-z`, `0-9`, `-`, `.`, `_` and `~`.
    ///
    /// # Errors
    ///
    /// [`InvalidVerifier`] for any other text.
    pub fn from_verifier(verifier: impl Into<Secret>) -> Result<Self, InvalidVerifier> {
        let verifier = verifier.into();
        let text = verifier.expose();
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if !(43..=128).contains(&text.len()) || !text.bytes().all(unreserved) {
            return Err(InvalidVerifier(()));
        }
        Ok(Self {
            verifier,
            plain: false,
        })
    }

    /// Shows the key itself in place of its hash (`plain`), for a server that cannot hash. It then protects against much
    /// less.
    #[must_use]
    pub fn plain(mut self) -> Self {
        self.plain = true;
        self
    }

    /// The `code_challenge`.
    pub fn challenge(&self) -> String {
        if self.plain {
            self.verifier.expose().to_owned()
        } else {
            sha256(self.verifier.expose())
        }
    }

    /// The `code_challenge_method`: `S256` or `plain`.
    pub const fn method(&self) -> &'static str {
        if self.plain { "plain" } else { "S256" }
    }

    /// The key, for the exchange of the code.
    pub const fn verifier(&self) -> &Secret {
        &self.verifier
    }
}

/// A text that cannot be a proof key. It is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidVerifier(());

impl fmt::Display for InvalidVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a verifier has 43 to 128 characters of A-Z, a-z, 0-9, `-`, `.`, `_` and `~`")
    }
}

impl Error for InvalidVerifier {}
