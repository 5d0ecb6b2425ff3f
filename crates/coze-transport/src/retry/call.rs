//! One call on its way through its attempts: what follows each of them.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    Classification, Classify, RateLimit, RetryBudget, RetryPolicy, retry_after,
    snapshot::RequestSnapshot,
};
use crate::{
    Attempt, Attempts, BoxError, CallOptions, Credentials, ErrorKind, Generation, LogId, Outcome,
    ReplaySafety, Request, Response, Stage, TransportError, time::Instant,
};

/// What all calls have in common.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) policy: RetryPolicy,
    pub(super) classify: Arc<dyn Classify>,
    pub(super) credentials: Option<Arc<dyn Credentials>>,
    pub(super) rate: Option<RateLimit>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryLayer")
            .field("policy", &self.policy)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

/// A call on its way through its attempts.
pub(super) struct Call {
    shared: Arc<Shared>,
    options: CallOptions,
    // Boxed: it is rarely looked at, and without it the future of a whole call is small enough for the
    // allocator's fast path.
    snapshot: Option<Box<RequestSnapshot>>,
    attempts: Attempts,
    /// Attempts that count against the limit.
    tries: u32,
    /// What the present retry took from the budget.
    held: u32,
    /// The wait before the present attempt, and all of them.
    delay: Duration,
    waited: Duration,
    /// The server once closed a connection unread, which is followed by an attempt at once.
    refused_once: bool,
    /// A token was once replaced.
    renewed: bool,
    /// A failure that is worth one more attempt was met.
    once_spent: bool,
}

/// What follows an attempt.
pub(super) enum Next {
    End(Result<Response, BoxError>),
    After(Duration),
}

impl Call {
    pub(super) fn new(shared: Arc<Shared>, request: &Request) -> Self {
        let options = CallOptions::resolve(request.extensions());
        let snapshot = match options.replay() {
            ReplaySafety::Never => None,
            ReplaySafety::Always | ReplaySafety::IfNotSent => RequestSnapshot::of(request),
        };
        Self {
            shared,
            options,
            snapshot,
            attempts: Attempts::default(),
            tries: 0,
            held: 0,
            delay: Duration::ZERO,
            waited: Duration::ZERO,
            refused_once: false,
            renewed: false,
            once_spent: false,
        }
    }

    /// The end of the call.
    pub(super) const fn expires(&self) -> Option<Instant> {
        self.options.expires
    }

    /// When the first attempt may go; none where that is not before the deadline.
    pub(super) fn first_turn(&self) -> Option<Instant> {
        let now = Instant::now();
        match &self.shared.rate {
            Some(rate) => rate.turn(now, self.expires()),
            None => Some(now),
        }
    }

    pub(super) fn again(&self) -> Option<Request> {
        self.snapshot.as_ref()?.restore(&self.options)
    }

    /// Records an attempt and decides what follows.
    pub(super) fn judge(&mut self, result: Result<Response, TransportError>) -> Next {
        let classification = self
            .shared
            .classify
            .classify(self.options.replay(), result.as_ref());
        let classification = match &result {
            Ok(response) if response.extensions().get() == Some(&Outcome::NotAccepted) => {
                unsent(classification)
            }
            _ => classification,
        };
        let outcome = match classification {
            Classification::Done(outcome) | Classification::Retry { outcome, .. } => outcome,
            Classification::Unauthorized => Outcome::NotAccepted,
        };
        self.attempts.push(record(&result, outcome, self.delay));
        self.tries += 1;
        if let Some(rate) = &self.shared.rate {
            match classification {
                Classification::Retry {
                    throttled: true, ..
                } => rate.refused(Instant::now()),
                Classification::Done(_) if result.is_ok() => rate.taken(Instant::now()),
                _ => {}
            }
        }

        let (delay, asked) = match classification {
            Classification::Done(_) => {
                self.settle(&result);
                (None, None)
            }
            Classification::Unauthorized => (self.renew(&result), None),
            Classification::Retry {
                outcome,
                throttled,
                once,
                after,
            } => {
                let asked = match &result {
                    Ok(response) => after.or_else(|| retry_after(response.headers())),
                    Err(error) => after.or(error.retry_after()),
                };
                let spent = once && std::mem::replace(&mut self.once_spent, true);
                let delay = if spent {
                    None
                } else {
                    self.retry(&result, outcome, throttled, asked)
                };
                (delay, asked)
            }
        };
        match delay {
            Some(delay) => {
                self.delay = delay;
                self.waited += delay;
                self.tell(delay);
                Next::After(delay)
            }
            None => Next::End(self.end(result, asked)),
        }
    }

    /// Gives back to the budget what a success earns.
    fn settle(&self, result: &Result<Response, TransportError>) {
        if result.is_ok() {
            let earned = if self.attempts.len() == 1 {
                1
            } else {
                self.held
            };
            self.shared.policy.budget.give(earned);
        }
    }

    /// Whether a refused token can be replaced. The attempt that follows is at once and beyond the limit.
    fn renew(&mut self, result: &Result<Response, TransportError>) -> Option<Duration> {
        let credentials = self.shared.credentials.as_ref()?;
        let generation = *result.as_ref().ok()?.extensions().get::<Generation>()?;
        if std::mem::replace(&mut self.renewed, true) {
            return None;
        }
        // Told even if this call cannot be sent again: the next one will need another token too.
        let hope = credentials.rejected(generation);
        if !hope || self.snapshot.is_none() {
            return None;
        }
        self.tries -= 1;
        self.attempts.set_token_renewed();
        Some(Duration::ZERO)
    }

    /// The wait before another attempt, if there is to be one.
    fn retry(
        &mut self,
        result: &Result<Response, TransportError>,
        outcome: Outcome,
        throttled: bool,
        asked: Option<Duration>,
    ) -> Option<Duration> {
        self.snapshot.as_ref()?;
        if result.as_ref().is_err_and(TransportError::is_permanent) {
            return None;
        }
        let allowed = match self.options.replay() {
            ReplaySafety::Always => true,
            ReplaySafety::IfNotSent => {
                outcome == Outcome::NotAccepted
                    || (outcome == Outcome::Unknown && self.options.assume_idempotent)
            }
            ReplaySafety::Never => false,
        };
        let shared = Arc::clone(&self.shared);
        let policy = &shared.policy;
        let limit = self
            .options
            .max_attempts
            .unwrap_or_else(|| policy.attempts(self.options.replay()))
            .min(self.options.attempt_cap.map_or(u32::MAX, u32::from));
        let unsent = result
            .as_ref()
            .is_err_and(|error| error.outcome() == Outcome::NotAccepted);
        // A connection that the server closed before it read the request says nothing about the server:
        // once, another is tried at once and beyond the limit.
        let refused = unsent
            && !self.refused_once
            && limit > 1
            && result.as_ref().is_err_and(|error| {
                matches!(error.kind(), ErrorKind::Closed | ErrorKind::Protocol)
            });
        if !allowed || (self.tries >= limit && !refused) {
            return None;
        }
        if asked.is_some_and(|asked| asked > policy.longest_retry_after) {
            return None;
        }
        let delay = if refused {
            Duration::ZERO
        } else {
            let base = if unsent {
                policy.base_connect
            } else {
                policy.base_failure
            };
            let own = policy.backoff(base, self.tries);
            asked.map_or(own, |asked| asked.max(own))
        };
        if self.waited.saturating_add(delay) > policy.max_total_delay {
            return None;
        }
        if self.options.remaining().is_some_and(|left| left <= delay) {
            return None;
        }
        let cost = if throttled {
            RetryBudget::THROTTLED_COST
        } else {
            RetryBudget::FAILURE_COST
        };
        if !policy.budget.take(cost) {
            tracing::debug!("the retry budget is used up");
            return None;
        }
        self.held = cost;
        if refused {
            self.refused_once = true;
            self.tries -= 1;
        }
        let Some(rate) = &shared.rate else {
            return Some(delay);
        };
        let now = Instant::now();
        let turn = rate.turn(now + delay, self.expires())?;
        Some(turn.saturating_duration_since(now))
    }

    /// Says that another attempt follows.
    fn tell(&self, delay: Duration) {
        let Some(last) = self.attempts.last() else {
            return;
        };
        tracing::warn!(
            attempt = self.attempts.len(),
            stage = last.stage.as_str(),
            outcome = last.outcome.as_str(),
            status = last.status.map(|status| status.as_u16()),
            log_id = last.log_id().map(LogId::as_str),
            delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
            "the attempt failed, another follows"
        );
    }

    /// The result of the call, with the record of its attempts.
    pub(super) fn end(
        &mut self,
        result: Result<Response, TransportError>,
        asked: Option<Duration>,
    ) -> Result<Response, BoxError> {
        let mut attempts = std::mem::take(&mut self.attempts);
        attempts.set_retry_after(asked);
        match result {
            Ok(mut response) => {
                response.extensions_mut().insert(attempts);
                Ok(response)
            }
            Err(error) => Err(error.with_retry_after(asked).with_attempts(attempts).into()),
        }
    }
}

/// The same of a response that did not come from the server.
fn unsent(classification: Classification) -> Classification {
    match classification {
        Classification::Done(_) => Classification::Done(Outcome::NotAccepted),
        Classification::Retry {
            throttled,
            once,
            after,
            ..
        } => Classification::Retry {
            outcome: Outcome::NotAccepted,
            throttled,
            once,
            after,
        },
        other => other,
    }
}

/// What an attempt came to.
fn record(result: &Result<Response, TransportError>, outcome: Outcome, delay: Duration) -> Attempt {
    match result {
        Ok(response) => Attempt {
            stage: Stage::Done,
            outcome,
            status: Some(response.status()),
            error: None,
            log_id: response.extensions().get::<LogId>().cloned(),
            delay,
        },
        Err(error) => Attempt {
            stage: error.stage(),
            outcome,
            status: error.status(),
            error: Some(error.kind()),
            log_id: error.log_id().cloned(),
            delay,
        },
    }
}
