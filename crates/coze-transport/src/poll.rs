//! Waiting for something that has to be asked for: when to poll next, and how many failures end the wait.
//!
//! A client's wait is a loop around [`Pace::sleep`] and one request; what a response means is the client's own.

use std::time::Duration;

use crate::time::Instant;

/// The numbers of a wait.
///
/// ```
/// use std::time::Duration;
/// use coze_transport::poll::PollPolicy;
///
/// let mut policy = PollPolicy::default();
/// policy.deadline = Duration::from_secs(600);
/// assert_eq!(policy.first_poll, Duration::from_secs(1));
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PollPolicy {
    /// The whole wait; 24 hours and 10 minutes: a background run may take 24 hours, and a little more lets the service
    /// end it.
    pub deadline: Duration,
    /// The pause before the first poll, of which each later one is half as long again; 1 s.
    pub first_poll: Duration,
    /// The longest pause between two polls; 30 s.
    pub longest_poll: Duration,
    /// How long, from the beginning of the wait, a service that knows nothing of what is waited for only means "not visible
    /// yet"; 10 s.
    pub not_found_grace: Duration,
    /// Failures that pass by themselves end the wait when there are this many in a row; 10.
    pub failures: u32,
    /// They also end it when they last this long; 5 minutes.
    pub failing: Duration,
}

impl Default for PollPolicy {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(24 * 60 * 60 + 10 * 60),
            first_poll: Duration::from_secs(1),
            longest_poll: Duration::from_secs(30),
            not_found_grace: Duration::from_secs(10),
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
pub struct Pace {
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
    /// Begins a wait.
    pub fn new(limits: &PollPolicy) -> Self {
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

    /// When the wait ends; `None` when the deadline is beyond the clock's range.
    pub fn end(&self) -> Option<Instant> {
        self.end
    }

    /// How long it has lasted.
    pub fn elapsed(&self) -> Duration {
        self.begin.elapsed()
    }

    /// Whether the deadline has passed.
    pub fn is_over(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() >= end)
    }

    /// What is left until the end.
    pub fn left(&self) -> Option<Duration> {
        let end = self.end?;
        Some(end.saturating_duration_since(Instant::now()))
    }

    /// Polls as often as in the beginning: something has happened.
    pub fn restart(&mut self) {
        self.next = self.first;
    }

    /// Sleeps until the next poll is due; `false` when the end came instead. A pause that the server asks for wins, up to
    /// 120 s.
    ///
    /// Shortly before the deadline there is one last poll, so that what ends in the last pause is not reported as
    /// unfinished. Dropping the future loses nothing but the pause.
    #[expect(
        clippy::disallowed_methods,
        reason = "the polling module; the wait is bounded by its deadline"
    )]
    pub async fn sleep(&mut self, hint: Option<Duration>) -> bool {
        let mut pause = self.pause(hint);
        let mut goes_on = true;
        if let Some(left) = self.left() {
            let before_end = left.saturating_sub(LAST_POLL.min(left / 5));
            if pause > before_end {
                goes_on = !self.last_polled && before_end > Duration::ZERO;
                pause = if goes_on { before_end } else { left };
                self.last_polled = true;
            }
        }
        crate::time::sleep(pause).await;
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
pub struct Failures {
    count: u32,
    since: Option<Instant>,
}

impl Failures {
    /// Forgets them: a poll succeeded.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Counts one; how many there are when it is one too many.
    pub fn one_more(&mut self, limits: &PollPolicy) -> Option<u32> {
        self.count += 1;
        let since = *self.since.get_or_insert_with(Instant::now);
        let too_many = self.count >= limits.failures || since.elapsed() >= limits.failing;
        too_many.then_some(self.count)
    }
}
