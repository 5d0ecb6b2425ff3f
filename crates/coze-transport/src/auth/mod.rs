//! Who makes the request.

mod bearer;
mod layer;

use std::{fmt, pin::Pin, sync::Arc};

use http::HeaderValue;

use crate::{BoxError, Secret, known::Known};

pub use bearer::BearerToken;
pub use layer::{AuthFuture, AuthLayer, AuthService};

/// Which of the successive tokens of one [`Credentials`] it is. Grows with each token.
///
/// [`AuthLayer`] leaves it among the extensions of the response, so that a refusal can be traced to the
/// token that was refused: of a hundred calls that fail with one expired token, one causes a refresh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u64);

/// The value of an `Authorization` header.
///
/// Its token, if it has 12 bytes or more, is masked by [`scrub`](crate::scrub) from here on.
#[derive(Clone)]
pub struct Authorization {
    header: HeaderValue,
    generation: Option<Generation>,
    _known: Option<Arc<Known>>,
}

impl Authorization {
    /// Wraps a whole header value and marks it sensitive.
    pub fn new(mut header: HeaderValue, generation: Generation) -> Self {
        header.set_sensitive(true);
        let text = header.to_str().ok();
        let token = text.map(|text| text.split_once(' ').map_or(text, |(_, token)| token));
        Self {
            _known: token.and_then(Known::new),
            header,
            generation: Some(generation),
        }
    }

    /// Says that there is no other token: a refusal is final, and nobody need be told.
    #[must_use]
    pub fn fixed(mut self) -> Self {
        self.generation = None;
        self
    }

    /// `Bearer` and the token.
    ///
    /// # Errors
    ///
    /// [`InvalidToken`] when the token holds anything but visible ASCII.
    pub fn bearer(token: &Secret, generation: Generation) -> Result<Self, InvalidToken> {
        let text = token.expose();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidToken(()));
        }
        HeaderValue::from_str(&format!("Bearer {text}"))
            .map(|header| Self::new(header, generation))
            .map_err(|_| InvalidToken(()))
    }

    /// The header value, marked sensitive.
    pub const fn header(&self) -> &HeaderValue {
        &self.header
    }

    /// Which token it holds; `None` if there is no other.
    pub const fn generation(&self) -> Option<Generation> {
        self.generation
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// A token that cannot stand in a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token is empty or holds spaces, line ends or characters beyond ASCII")]
pub struct InvalidToken(());

/// What [`Credentials::authorize`] returns: an authorization, or a wait for one.
#[must_use = "it does nothing unless it is awaited"]
pub enum Authorize {
    /// A token is in hand.
    Ready(Result<Authorization, BoxError>),
    /// A token is being fetched. Owned, so that it outlives the borrow of the credentials.
    Pending(Pin<Box<dyn Future<Output = Result<Authorization, BoxError>> + Send>>),
}

impl Authorize {
    /// Waits for `future`.
    pub fn later<F>(future: F) -> Self
    where
        F: Future<Output = Result<Authorization, BoxError>> + Send + 'static,
    {
        Self::Pending(Box::pin(future))
    }
}

impl fmt::Debug for Authorize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready(_) => "Authorize::Ready",
            Self::Pending(_) => "Authorize::Pending",
        })
    }
}

/// A source of `Authorization` headers, asked once for each attempt.
///
/// The wait for a fetched token counts towards the attempt's time to its head and towards the
/// deadline of the call.
pub trait Credentials: Send + Sync + fmt::Debug {
    /// The header for the next attempt.
    fn authorize(&self) -> Authorize;

    /// Tells that the server refused the token of `generation`. Returns whether another attempt may fare
    /// better: because a newer token is already there, or because one can be fetched.
    fn rejected(&self, generation: Generation) -> bool;
}
