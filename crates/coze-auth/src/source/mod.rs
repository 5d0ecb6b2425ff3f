//! Places where a token is kept.

#[cfg(not(target_family = "wasm"))]
mod command;
mod env;
mod file;
mod files;
mod keyring;

use std::time::Duration;

use coze_models::OauthToken;

use crate::{FreshToken, clock::wall_clock};

#[cfg(not(target_family = "wasm"))]
pub use command::{TokenCommand, TokenCommandError};
pub use env::{TokenEnvError, text_from_env, token_from_env};
pub use file::{TokenFile, TokenFileError};
pub(crate) use files::{create_folder, is_shared, private, read_object, read_text, replace};
pub(crate) use keyring::beside;
pub use keyring::{KeyringEntry, KeyringError};

/// A token whose life nobody tells is used until it is refused.
const UNTOLD: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// What is left of a text that holds a token and nothing else: editors put line ends and a byte order mark around it.
fn token(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text).trim()
}

/// Why a text is no token that can be used.
#[derive(Clone, Copy, Debug)]
enum Unusable {
    Missing,
    Expired,
}

/// The token in a text: the token alone, or JSON as a token endpoint gives it.
fn fresh(text: &str) -> Result<FreshToken, Unusable> {
    let text = token(text);
    if !text.starts_with('{') {
        let token = Some(text).filter(|text| !text.is_empty());
        return Ok(FreshToken::lasting(token.ok_or(Unusable::Missing)?, UNTOLD));
    }
    // The error of the JSON is left out: it may repeat what it stumbled over.
    let token: OauthToken = serde_json::from_str(text).map_err(|_| Unusable::Missing)?;
    let access = token.access_token.ok_or(Unusable::Missing)?;
    match token.expires_in {
        None => Ok(FreshToken::lasting(access, UNTOLD)),
        Some(at) => {
            FreshToken::expiring(access, at.get(), wall_clock()).map_err(|_| Unusable::Expired)
        }
    }
}
