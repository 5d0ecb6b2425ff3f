//! What went wrong below the API, whether the request may have been accepted, and what was attempted.

mod attempts;
mod cause;
mod kind;

use std::{borrow::Cow, error::Error, fmt, sync::Arc, time::Duration};

use http::StatusCode;
use tower::timeout::error::Elapsed;

use crate::{LogId, scrub};

pub use attempts::{Attempt, Attempts};
pub(crate) use cause::chain;
pub use cause::{BoxError, presentable};
pub use kind::{ErrorKind, Outcome, Stage, TimeoutKind};

/// A failed call.
///
/// `Display` is one clause without the cause; the causes follow by
/// [`source`](std::error::Error::source). Neither shows headers or bodies, and what is shown of a response is
/// [scrubbed](crate::scrub). A clone is a reference count.
#[derive(Clone)]
pub struct TransportError(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    outcome: Outcome,
    stage: Stage,
    permanent: bool,
    status: Option<StatusCode>,
    log_id: Option<LogId>,
    retry_after: Option<Duration>,
    attempts: Attempts,
    message: Cow<'static, str>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl TransportError {
    /// An error of `kind`; `outcome` says whether the request may have been accepted.
    pub fn new(kind: ErrorKind, outcome: Outcome, message: impl Into<Cow<'static, str>>) -> Self {
        // What is put together may hold words of the server.
        let message = match message.into() {
            Cow::Owned(text) => scrub(&text).into(),
            Cow::Borrowed(fixed) => fixed.into(),
        };
        Self(Arc::new(Inner {
            kind,
            outcome,
            stage: kind.stage(),
            permanent: matches!(
                kind,
                ErrorKind::Request | ErrorKind::TooLarge | ErrorKind::Auth
            ),
            status: None,
            log_id: None,
            retry_after: None,
            attempts: Attempts::default(),
            message,
            source: None,
        }))
    }

    fn inner(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.0)
    }

    /// Adds the cause; see [`presentable`].
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.inner().source = Some(presentable(source.into()).into());
        self
    }

    /// Says how far the attempt came, where the kind alone does not tell.
    #[must_use]
    pub fn at(mut self, stage: Stage) -> Self {
        self.inner().stage = stage;
        self
    }

    /// Marks the error as one that a second attempt would meet again (a certificate that is not
    /// trusted, a proxy that wants a password). It is not retried, whatever its outcome.
    #[must_use]
    pub fn permanent(mut self) -> Self {
        self.inner().permanent = true;
        self
    }

    /// Adds the status of the response whose body failed.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.inner().status = Some(status);
        self
    }

    /// Adds the server's log id.
    #[must_use]
    pub fn with_log_id(mut self, log_id: Option<LogId>) -> Self {
        if let Some(id) = log_id {
            // An error may be kept for long: it is looked through while the tokens are known.
            id.as_str();
            self.inner().log_id = Some(id);
        }
        self
    }

    /// Adds how long the server asked to wait.
    #[must_use]
    pub fn with_retry_after(mut self, after: Option<Duration>) -> Self {
        if after.is_some() {
            self.inner().retry_after = after;
        }
        self
    }

    /// Adds the record of attempts.
    #[must_use]
    pub fn with_attempts(mut self, attempts: Attempts) -> Self {
        for id in attempts.iter().filter_map(Attempt::log_id) {
            id.as_str();
        }
        self.inner().attempts = attempts;
        self
    }

    /// Takes a stack's error apart: one of ours as it is, any other as [`ErrorKind::Layer`]. What is found among the causes
    /// of another gives the kind: one of ours its own, tower's `Elapsed` [`TimeoutKind::Layer`].
    pub fn from_box(error: BoxError) -> Self {
        Self::of_layer(error, Outcome::Unknown)
    }

    /// The same where it is known from elsewhere whether the request may have been accepted.
    pub(crate) fn of_layer(error: BoxError, outcome: Outcome) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(error) => return *error,
            Err(error) => error,
        };
        let own = chain(&*error).find_map(|cause| cause.downcast_ref::<Self>());
        let of = |kind, message| {
            let failed = Self::new(kind, outcome, message);
            match outcome {
                Outcome::NotAccepted => failed.at(Stage::Prepare),
                _ => failed,
            }
        };
        let failed = if let Some(own) = own {
            let mut failed = of(own.kind(), "a layer failed")
                .at(own.stage())
                .with_log_id(own.log_id().cloned())
                .with_retry_after(own.retry_after());
            failed.inner().status = own.status();
            failed.inner().permanent = own.is_permanent();
            failed
        } else if chain(&*error).any(|cause| cause.downcast_ref::<Elapsed>().is_some()) {
            of(
                ErrorKind::Timeout(TimeoutKind::Layer),
                "the time limit of a layer passed",
            )
        } else {
            of(ErrorKind::Layer, "a layer failed")
        };
        failed.with_source(error)
    }

    pub(crate) fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.inner().outcome = outcome;
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the request may have been accepted. With several attempts: the last one's, because an
    /// attempt is followed by another only if that one cannot have been accepted or may be repeated.
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// How far the last attempt came.
    pub fn stage(&self) -> Stage {
        self.0.stage
    }

    /// The failure in one clause.
    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// Whether a wait ran out.
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Timeout(_))
    }

    /// Whether a second attempt would fail in the same way.
    pub fn is_permanent(&self) -> bool {
        self.0.permanent
    }

    /// The status of the response, where its head arrived.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The server's log id: of this failure, or the latest that an earlier attempt brought.
    pub fn log_id(&self) -> Option<&LogId> {
        self.0
            .log_id
            .as_ref()
            .or_else(|| self.0.attempts.iter().rev().find_map(|one| one.log_id()))
    }

    /// How long the server asked to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// What was attempted. Empty where the error did not pass a retry layer.
    pub fn attempts(&self) -> &Attempts {
        &self.0.attempts
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

// By hand, because the cause is shared: a derived `source` would hand out the `Arc`, in which nobody finds the cause by type.
impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.0.source.as_deref()?;
        Some(source)
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("TransportError");
        out.field("kind", &self.0.kind)
            .field("outcome", &self.0.outcome)
            .field("stage", &self.0.stage)
            .field("message", &self.0.message);
        if let Some(status) = self.0.status {
            out.field("status", &status);
        }
        if let Some(log_id) = self.log_id() {
            out.field("log_id", log_id);
        }
        if let Some(after) = self.0.retry_after {
            out.field("retry_after", &after);
        }
        if !self.0.attempts.is_empty() {
            out.field("attempts", &self.0.attempts);
        }
        out.field("source", &self.0.source).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_shares_the_cause_and_changes_alone() {
        let error = TransportError::new(ErrorKind::Connect, Outcome::NotAccepted, "refused")
            .with_source(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
        let changed = error.clone().at(Stage::Head).permanent();
        assert_eq!(
            (error.stage(), changed.stage()),
            (Stage::Connect, Stage::Head)
        );
        assert!(changed.is_permanent() && !error.is_permanent());
        for error in [&error, &changed] {
            // As what it is, not as something around it.
            assert!(
                error
                    .source()
                    .and_then(|cause| cause.downcast_ref::<std::io::Error>())
                    .is_some()
            );
        }
    }
}
