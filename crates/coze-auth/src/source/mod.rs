//! Places where a token is kept.

#[cfg(not(target_family = "wasm"))]
mod command;
mod env;
mod file;
mod files;

#[cfg(not(target_family = "wasm"))]
pub use command::{TokenCommand, TokenCommandError};
pub use env::{TokenEnvError, text_from_env, token_from_env};
pub use file::{TokenFile, TokenFileError};
pub(crate) use files::{create_folder, is_shared, private, read_object, read_text, replace};

/// What is left of a text that holds a token and nothing else: editors put line ends and a byte order mark around it.
fn token(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text).trim()
}
