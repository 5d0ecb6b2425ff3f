//! One fixed token.

use std::fmt;

use super::{Authorization, Authorize, Credentials, Generation, InvalidToken};
use crate::Secret;

/// A token that stays the same, such as a personal access token.
#[derive(Clone)]
pub struct BearerToken(Authorization);

impl BearerToken {
    /// Wraps a token.
    ///
    /// # Errors
    ///
    /// [`InvalidToken`] when it cannot stand in a header.
    pub fn new(token: impl Into<Secret>) -> Result<Self, InvalidToken> {
        Authorization::bearer(&token.into(), Generation::default()).map(|one| Self(one.fixed()))
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(***)")
    }
}

impl Credentials for BearerToken {
    fn authorize(&self) -> Authorize {
        Authorize::Ready(Ok(self.0.clone()))
    }

    fn rejected(&self, _: Generation) -> bool {
        false
    }
}
