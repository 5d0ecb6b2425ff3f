//! How often, and after what wait.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::RetryBudget;
use crate::ReplaySafety;

/// How often a call is tried, and how long to wait between tries.
///
/// A wait is drawn evenly from zero up to a bound that doubles each time. What the server asks for by
/// `Retry-After` is obeyed where it is longer. Clones share the [`RetryBudget`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Attempts of a call that is harmless to repeat, the first included; 4.
    pub attempts_always: u32,
    /// Attempts of a call that is repeated only while it certainly was not accepted; 3.
    pub attempts_if_not_sent: u32,
    /// First bound of the wait after no connection could be had, or the server closed it unread; 100 ms.
    pub base_connect: Duration,
    /// First bound of the wait after any other failure; 500 ms.
    pub base_failure: Duration,
    /// Largest bound of a wait; 20 s.
    pub max_backoff: Duration,
    /// All waits of one call; 60 s.
    pub max_total_delay: Duration,
    /// Longest wait that a server may ask for; 120 s. Where it asks for more, or for more than the budget
    /// or the deadline leave, the call ends at once and tells for how long.
    pub longest_retry_after: Duration,
    /// What retries are paid from.
    pub budget: RetryBudget,
    jitter: Jitter,
}

#[derive(Clone, Debug, Default)]
enum Jitter {
    #[default]
    Random,
    Seeded(Arc<Mutex<fastrand::Rng>>),
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts_always: 4,
            attempts_if_not_sent: 3,
            base_connect: Duration::from_millis(100),
            base_failure: Duration::from_millis(500),
            max_backoff: Duration::from_secs(20),
            max_total_delay: Duration::from_secs(60),
            longest_retry_after: Duration::from_secs(120),
            budget: RetryBudget::default(),
            jitter: Jitter::Random,
        }
    }
}

impl RetryPolicy {
    /// Each call is tried once. A refused token is still replaced once.
    pub fn never() -> Self {
        Self {
            attempts_always: 1,
            attempts_if_not_sent: 1,
            ..Self::default()
        }
    }

    /// Draws the waits from a sequence that `seed` determines, for tests.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.jitter = Jitter::Seeded(Arc::new(Mutex::new(fastrand::Rng::with_seed(seed))));
        self
    }

    pub(super) const fn attempts(&self, replay: ReplaySafety) -> u32 {
        match replay {
            ReplaySafety::Always => self.attempts_always,
            ReplaySafety::IfNotSent => self.attempts_if_not_sent,
            ReplaySafety::Never => 1,
        }
    }

    /// The wait after `tries` attempts.
    pub(super) fn backoff(&self, base: Duration, tries: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(tries.saturating_sub(1));
        let bound = base.saturating_mul(doubled).min(self.max_backoff);
        let part = match &self.jitter {
            Jitter::Random => fastrand::f64(),
            Jitter::Seeded(rng) => rng.lock().unwrap_or_else(PoisonError::into_inner).f64(),
        };
        bound.mul_f64(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_drawn_from_the_whole_range_below_a_doubling_bound() {
        let policy = RetryPolicy::default().seed(7);
        let base = Duration::from_millis(500);
        for (tries, bound) in [
            (1, 500),
            (2, 1000),
            (3, 2000),
            (6, 16_000),
            (7, 20_000),
            (40, 20_000),
        ] {
            let bound = Duration::from_millis(bound);
            let waits: Vec<_> = (0..2000).map(|_| policy.backoff(base, tries)).collect();
            assert!(waits.iter().all(|wait| *wait < bound));
            assert!(waits.iter().any(|wait| *wait < bound / 20));
            assert!(waits.iter().any(|wait| *wait > bound / 20 * 19));
        }
    }
}
