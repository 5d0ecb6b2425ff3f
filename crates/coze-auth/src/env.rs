//! A token in the environment.

use std::{
    env::{self, VarError},
    error::Error,
    fmt,
};

use coze_transport::{BearerToken, InvalidToken};

/// The token in the variable `name`; space around it is ignored, and so is a byte order mark.
///
/// # Errors
///
/// [`TokenEnvError`] when the variable is not set, empty, or holds what cannot be a token.
pub fn token_from_env(name: &str) -> Result<BearerToken, TokenEnvError> {
    let failed = |reason| TokenEnvError {
        name: name.to_owned(),
        reason,
    };
    let text = env::var(name).map_err(|error| {
        failed(match error {
            VarError::NotPresent => Reason::Missing,
            VarError::NotUnicode(_) => Reason::NotText,
        })
    })?;
    match crate::token(&text) {
        "" => Err(failed(Reason::Missing)),
        token => BearerToken::new(token).map_err(|error| failed(Reason::Invalid(error))),
    }
}

/// A variable that holds no token. Its value is not repeated.
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
