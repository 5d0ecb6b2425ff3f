//! Why the service gave no token.

use std::{error::Error, fmt, time::Duration};

use bytes::Bytes;
use coze_models::{OauthError, OauthFailure};
use coze_transport::{Outcome, TransportError, scrub};
use coze_wire::ReplyError;
use http::StatusCode;

/// Why the service gave no token. It repeats no secret; [`advice`](SignInError::advice) says what to do.
pub struct SignInError(Box<Inner>);

struct Inner {
    kind: SignInErrorKind,
    message: String,
    oauth: Option<OauthError>,
    status: Option<StatusCode>,
    log_id: Option<String>,
    /// The wait that the service asked for.
    retry_after: Option<Duration>,
    /// The server's clock, in Unix seconds.
    date: Option<i64>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignInErrorKind {
    /// The service refused the request, and will refuse it again.
    Refused,
    /// The service is busy or failed.
    Unavailable,
    /// No response was received.
    Transport,
    /// The response is not one of a token endpoint.
    Response,
    /// The user refused.
    Denied,
    /// The user did not decide in time.
    Expired,
    /// The redirect is not the one of this request: its `state` is another.
    State,
    /// Something on this side cannot be used.
    Local,
}

impl SignInError {
    pub(super) fn new(kind: SignInErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            oauth: None,
            status: None,
            log_id: None,
            retry_after: None,
            date: None,
            source: None,
        }))
    }

    pub(super) fn local(message: &str, source: impl Error + Send + Sync + 'static) -> Self {
        Self::new(SignInErrorKind::Local, message).with_source(source)
    }

    pub(super) fn transport(error: TransportError) -> Self {
        let message = "the token endpoint could not be asked";
        Self::new(SignInErrorKind::Transport, message).with_source(error)
    }

    pub(super) fn with_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    /// What a response means that holds no token.
    pub(super) fn response(
        status: StatusCode,
        log_id: Option<String>,
        body: &Bytes,
        reply: Option<&ReplyError>,
    ) -> Self {
        let failure = serde_json::from_slice::<OauthFailure>(body).unwrap_or_default();
        // The pages name the same thing in two ways.
        let oauth = failure.error_code.or(failure.error);
        let text = failure.error_message.or(failure.error_description);
        let code = reply.and_then(ReplyError::code);
        let is_busy = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        let kind = match &oauth {
            Some(OauthError::InternalError) => SignInErrorKind::Unavailable,
            Some(OauthError::AccessDenied) => SignInErrorKind::Denied,
            Some(OauthError::ExpiredToken) => SignInErrorKind::Expired,
            _ if is_busy => SignInErrorKind::Unavailable,
            Some(_) => SignInErrorKind::Refused,
            None if code.is_some_and(|code| code != 0) => SignInErrorKind::Refused,
            None => SignInErrorKind::Response,
        };
        let mut message = match &oauth {
            Some(oauth) => format!("the service refused: {}", scrub(oauth.as_str())),
            // It may repeat what it was sent, the key's signature included.
            None => match reply {
                Some(reply) => format!("no token was given: {}", scrub(&reply.to_string())),
                None => "the response of the token endpoint holds no token".to_owned(),
            },
        };
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            message.push_str(": ");
            message.push_str(&scrub(&text));
        }
        let mut error = Self::new(kind, message);
        error.0.oauth = oauth;
        error.0.status = Some(status);
        error.0.log_id = log_id;
        error
    }

    /// The same with what the headers of the response told: the server's clock, and the wait it asked for.
    pub(super) fn with_times(mut self, date: Option<i64>, retry_after: Option<Duration>) -> Self {
        self.0.date = date;
        self.0.retry_after = retry_after;
        self
    }

    /// The server's clock, in Unix seconds.
    #[cfg_attr(
        not(any(feature = "ring", feature = "aws-lc-rs")),
        allow(dead_code, reason = "signing needs one of these")
    )]
    pub(super) fn date(&self) -> Option<i64> {
        self.0.date
    }

    /// The wait that the service asked for.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> SignInErrorKind {
        self.0.kind
    }

    /// The service's own word for it, such as `invalid_client`.
    pub fn oauth_error(&self) -> Option<&OauthError> {
        self.0.oauth.as_ref()
    }

    /// The HTTP status of the response.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The server's id of the exchange.
    pub fn log_id(&self) -> Option<&str> {
        self.0.log_id.as_deref()
    }

    /// Whether the server has acted on the request, so that what it brought may be used up.
    pub fn outcome(&self) -> Outcome {
        match (self.0.kind, &self.0.source) {
            (SignInErrorKind::Transport, Some(source)) => source
                .downcast_ref::<TransportError>()
                .map_or(Outcome::Unknown, TransportError::outcome),
            (SignInErrorKind::Unavailable, _)
                if self.0.status == Some(StatusCode::TOO_MANY_REQUESTS)
                    || self.0.retry_after.is_some() =>
            {
                Outcome::NotAccepted
            }
            (SignInErrorKind::Local, _) => Outcome::NotAccepted,
            (SignInErrorKind::Unavailable | SignInErrorKind::Response, _) => Outcome::Unknown,
            _ => Outcome::Accepted,
        }
    }

    /// Whether another attempt may fare better by itself.
    pub fn is_passing(&self) -> bool {
        match (self.0.kind, &self.0.source) {
            (SignInErrorKind::Transport, Some(source)) => source
                .downcast_ref::<TransportError>()
                .is_some_and(|error| !error.is_permanent()),
            (SignInErrorKind::Unavailable, _) => true,
            _ => false,
        }
    }

    /// What to do about it, where that is known.
    pub fn advice(&self) -> Option<&'static str> {
        Some(match (self.0.kind, &self.0.oauth) {
            (SignInErrorKind::Denied, _) => "the user refused: sign in again to ask once more",
            (SignInErrorKind::Expired, _) => "nobody agreed in time: sign in again",
            (SignInErrorKind::State, _) => "begin anew, and pass on the whole address",
            (_, Some(OauthError::InvalidClient)) => {
                "check that client id, key fingerprint and private key (or secret) belong together, and that the app \
                 is one of this region"
            }
            (_, Some(OauthError::AccessDeny)) => {
                "look at the app in the service's settings: it may be switched off, not authorized, or of another kind"
            }
            (_, Some(OauthError::InvalidRequest)) => {
                "what was sent may be wrong, or used before: a code, a JWT and a refresh token can be used once"
            }
            (SignInErrorKind::Refused, None) => {
                "check the token or key, and that the app is one of this region"
            }
            (SignInErrorKind::Response, _) => "check the base URL: this may not be the service",
            _ => return None,
        })
    }
}

impl fmt::Display for SignInError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for SignInError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignInError")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("status", &self.0.status)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl Error for SignInError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
