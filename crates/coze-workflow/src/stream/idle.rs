//! How long a stream may be silent.

use std::time::Duration;

use coze_transport::time::Instant;

/// The least silence that is allowed once the server sends pings.
const SHORTEST: Duration = Duration::from_secs(35);

/// The silence that is allowed until the first ping; what the stack starts with.
const FIRST: Duration = Duration::from_secs(120);

/// Learns from the pings of a stream how long its silence may be.
///
/// A server pings at fixed times, or after some silence. The time between two pings with nothing between
/// them is the same in both cases; with something between them it is that or longer.
#[derive(Debug)]
pub(super) struct IdleClock {
    started: Instant,
    latest: Option<Latest>,
    /// The longest time between two pings with nothing between them.
    quiet: Option<Duration>,
    /// The shortest time between any two.
    busy: Option<Duration>,
}

#[derive(Debug)]
struct Latest {
    at: Instant,
    /// How many other events had come by then.
    others: u64,
}

impl IdleClock {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            started: now,
            latest: None,
            quiet: None,
            busy: None,
        }
    }

    /// Takes note of a ping, by which `others` events that are no pings had come; the silence that is
    /// allowed from now on.
    pub(super) fn ping(&mut self, now: Instant, others: u64) -> Duration {
        let before = self.latest.replace(Latest { at: now, others });
        let Some(before) = before else {
            // One ping tells no more than how long the second may take, and only makes the rule stricter.
            return allowed(now - self.started).min(FIRST);
        };
        let gap = now - before.at;
        if others == before.others {
            self.quiet = Some(self.quiet.map_or(gap, |quiet| quiet.max(gap)));
        } else {
            self.busy = Some(self.busy.map_or(gap, |busy| busy.min(gap)));
        }
        allowed(self.quiet.or(self.busy).unwrap_or(gap))
    }
}

/// Three pings and a half.
fn allowed(gap: Duration) -> Duration {
    (gap.saturating_mul(7) / 2).max(SHORTEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The silence allowed after each ping, given when it came and after how many other events.
    fn allowed_after(pings: &[(u64, u64)]) -> Vec<u64> {
        let start = Instant::now();
        let mut clock = IdleClock::new(start);
        let mut at = |&(second, others): &(u64, u64)| {
            clock
                .ping(start + Duration::from_secs(second), others)
                .as_secs()
        };
        pings.iter().map(&mut at).collect()
    }

    #[tokio::test]
    async fn the_gap_between_pings_decides() {
        // At once and every 10 s.
        assert_eq!(allowed_after(&[(0, 0), (10, 0), (20, 0)]), [35, 35, 35]);
        // Every 20 s, from the start or after as much silence.
        assert_eq!(allowed_after(&[(20, 0), (40, 0)]), [70, 70]);
        // Every 60 s; the first ping alone never loosens the bound.
        assert_eq!(allowed_after(&[(60, 59), (120, 60)]), [120, 210]);
    }

    #[tokio::test]
    async fn events_between_pings_do_not_loosen_it_for_long() {
        // After 10 s of silence, with text for 290 s before.
        assert_eq!(
            allowed_after(&[(300, 9), (600, 20), (610, 20)]),
            [120, 1050, 35]
        );
        assert_eq!(allowed_after(&[(10, 1), (40, 2), (60, 3)]), [35, 105, 70]);
        // Pings that a slow reader finds together say nothing about the server.
        assert_eq!(allowed_after(&[(10, 0), (70, 0), (70, 0)]), [35, 210, 210]);
    }
}
