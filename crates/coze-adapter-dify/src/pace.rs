//! When to poll next.

use std::time::Duration;

use coze_transport::time::{Instant, sleep};

/// Pauses that grow, until an end.
#[derive(Debug)]
pub(crate) struct Pace {
    next: Duration,
    longest: Duration,
    ends: Option<Instant>,
    /// The poll right before the end was made.
    last: bool,
}

impl Pace {
    pub(crate) const fn new(first: Duration, longest: Duration, ends: Option<Instant>) -> Self {
        Self {
            next: first,
            longest,
            ends,
            last: false,
        }
    }

    /// What is left until the end.
    pub(crate) fn left(&self) -> Option<Duration> {
        let ends = self.ends?;
        Some(ends.saturating_duration_since(Instant::now()))
    }

    /// Sleeps until the next poll is due; `false` when the end came instead.
    #[expect(
        clippy::disallowed_methods,
        reason = "the polling module; the wait is bounded by its end"
    )]
    pub(crate) async fn sleep(&mut self) -> bool {
        // Spread by a fifth to either side, so that a fleet does not poll in step.
        let pause = self.next.mul_f64(0.8 + 0.4 * fastrand::f64());
        self.next = self.next.mul_f64(1.5).min(self.longest);
        match self.left() {
            Some(left) if left.is_zero() || self.last => false,
            Some(left) if pause >= left => {
                // Time is kept for the response.
                let reserve = (left / 5).min(Duration::from_secs(2));
                sleep(left.saturating_sub(reserve)).await;
                self.last = true;
                true
            }
            _ => {
                sleep(pause).await;
                true
            }
        }
    }
}
