//! A token in the environment.

use std::{
    env::{self, VarError},
    error::Error,
    fmt,
};

use coze_transport::{BearerToken, InvalidToken};

/// The text in the variable `name`, without space and a byte order mark around it; `None` when it is not set or empty.
///
/// # Errors
///
/// [`TokenEnvError`] when the variable is not text.
pub fn text_from_env(name: &str) -> Result<Option<String>, TokenEnvError> {
    match env::var(name) {
        Ok(text) => Ok(Some(super::token(&text).to_owned()).filter(|text| !text.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(failed(name, Reason::NotText)),
    }
}

/// The token in the variable `name`, as [`text_from_env`] reads it.
///
/// # Errors
///
/// [`TokenEnvError`] when the variable is not set, empty, or holds what cannot be a token.
pub fn token_from_env(name: &str) -> Result<BearerToken, TokenEnvError> {
    let token = text_from_env(name)?.ok_or_else(|| failed(name, Reason::Missing))?;
    BearerToken::new(token).map_err(|error| failed(name, Reason::Invalid(error)))
}

fn failed(name: &str, reason: Reason) -> TokenEnvError {
    let name = name.to_owned();
    TokenEnvError { name, reason }
}

/// A variable that holds no token, or no text. Its value is not repeated.
#[derive(Clone, Debug)]
pub struct TokenEnvError {
    name: String,
    reason: Reason,
}

#[derive(Clone, Debug)]
enum Reason {
    Missing,
    NotText,
    Invalid(InvalidToken),
}

impl fmt::Display for TokenEnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match self.reason {
            Reason::Missing => write!(f, "{name} is not set: put an access token into it"),
            Reason::NotText => write!(f, "{name} is not text"),
            Reason::Invalid(_) => write!(f, "{name} holds no usable token"),
        }
    }
}

impl Error for TokenEnvError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.reason {
            Reason::Invalid(error) => Some(error),
            Reason::Missing | Reason::NotText => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_without_a_token_is_named() {
        let error = token_from_env("COZE_AUTH_TEST_SURELY_UNSET").unwrap_err();
        let text = "COZE_AUTH_TEST_SURELY_UNSET is not set: put an access token into it";
        assert_eq!(error.to_string(), text);
    }
}
