//! When to poll next, and how many failures end the wait.

use std::time::Duration;

use coze_transport::time::Instant;

/// The numbers of a wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) deadline: Duration,
    pub(super) first_poll: Duration,
    pub(super) longest_poll: Duration,
    /// How long an unknown execute id only means "not visible yet".
    pub(super) invisible: Duration,
    /// Passing failures end the wait when there are this many in a row …
    pub(super) failures: u32,
    /// … or when they last this long.
    pub(super) failing: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A background run may take 24 hours; a little more lets the service end it.
            deadline: Duration::from_secs(24 * 60 * 60 + 10 * 60),
            first_poll: Duration::from_secs(1),
            longest_poll: Duration::from_secs(30),
            invisible: Duration::from_secs(10),
            failures: 10,
            failing: Duration::from_secs(5 * 60),
        }
    }
}

/// No pause is shorter, whatever the settings: a wait must not spin.
const SHORTEST: Duration = Duration::from_millis(10);
/// The longest pause that a server may ask for.
const LONGEST_HINT: Duration = Duration::from_secs(120);
/// What is kept free before the deadline for the last poll.
const LAST_POLL: Duration = Duration::from_secs(2);

/// Pauses that grow, between the beginning of a wait and its end.
#[derive(Debug)]
pub(super) struct Pace {
    begin: Instant,
    /// None when the deadline is beyond the clock's range.
    end: Option<Instant>,
    first: Duration,
    longest: Duration,
    next: Duration,
    /// The poll right before the end was made.
    last_polled: bool,
}

impl Pace {
    pub(super) fn new(limits: &Limits) -> Self {
        let begin = Instant::now();
        let longest = limits.longest_poll.max(SHORTEST);
        let first = limits.first_poll.clamp(SHORTEST, longest);
        Self {
            begin,
            end: begin.checked_add(limits.deadline),
            first,
            longest,
            next: first,
            last_polled: false,
        }
    }

    pub(super) fn end(&self) -> Option<Instant> {
        self.end
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.begin.elapsed()
    }

    pub(super) fn is_over(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() >= end)
    }

    /// What is left until the end.
    pub(super) fn left(&self) -> Option<Duration> {
        let end = self.end?;
        Some(end.saturating_duration_since(Instant::now()))
    }

    /// Polls as often as in the beginning: something has happened.
    pub(super) fn restart(&mut self) {
        self.next = self.first;
    }

    /// Sleeps until the next poll is due; `false` when the end came instead.
    #[expect(
        clippy::disallowed_methods,
        reason = "the polling module; the wait is bounded by its deadline"
    )]
    pub(super) async fn sleep(&mut self, hint: Option<Duration>) -> bool {
        let mut pause = self.pause(hint);
        let mut goes_on = true;
        if let Some(left) = self.left() {
            // A run that ends in the last pause is not reported as unfinished.
            let before_end = left.saturating_sub(LAST_POLL.min(left / 5));
            if pause > before_end {
                goes_on = !self.last_polled && before_end > Duration::ZERO;
                pause = if goes_on { before_end } else { left };
                self.last_polled = true;
            }
        }
        coze_transport::time::sleep(pause).await;
        goes_on
    }

    fn pause(&mut self, hint: Option<Duration>) -> Duration {
        let own = jittered(self.next).clamp(SHORTEST, self.longest);
        self.next = self.next.mul_f64(1.5).min(self.longest);
        // A server knows better; jitter would make it earlier than it asked for.
        match hint.filter(|hint| !hint.is_zero()) {
            Some(hint) => hint.clamp(SHORTEST, LONGEST_HINT),
            None => own,
        }
    }
}

/// Spreads a pause by a fifth to either side, so that a fleet does not poll in step.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.8 + 0.4 * fastrand::f64())
}

/// Failures in a row.
#[derive(Debug, Default)]
pub(super) struct Failures {
    count: u32,
    since: Option<Instant>,
}

impl Failures {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Counts one; how many there are when it is one too many.
    pub(super) fn one_more(&mut self, limits: &Limits) -> Option<u32> {
        self.count += 1;
        let since = *self.since.get_or_insert_with(Instant::now);
        let too_many = self.count >= limits.failures || since.elapsed() >= limits.failing;
        too_many.then_some(self.count)
    }
}
