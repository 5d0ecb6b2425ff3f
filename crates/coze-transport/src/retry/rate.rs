//! How many requests a second, and fewer once the server says that they are too many.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::time::Instant;

/// What a refusal leaves of the rate, and how fast it comes back: the numbers of TCP CUBIC and of the AWS SDKs.
const DECREASE: f64 = 0.7;
const GROWTH: f64 = 0.4;
/// The lowest rate, in requests a second.
const LOWEST: f64 = 0.5;
/// Refusals that come together are one: the requests were sent at one rate.
const TOGETHER: Duration = Duration::from_millis(500);
/// How long requests are counted to measure the rate at which they are sent.
const WINDOW: Duration = Duration::from_millis(500);

/// A limit on the requests a second of a stack: all attempts of all calls, polls included.
///
/// Where the server says that there are too many (HTTP 429, or a code that the classifier calls throttled), the
/// rate falls to 0.7 of that at which requests were sent, and grows again along a cubic curve, slowly near the rate
/// that was refused, up to the limit. Requests take their turn in the order in which they come; up to a second's worth
/// may go at once after a pause. A wait for a turn is part of the call, and one that would pass the deadline ends the
/// call with nothing sent. Clones share the limit.
///
/// ```
/// use coze_transport::{RateLimit, Response, ResponseBody, StackBuilder, TransportError};
///
/// let leaf = tower::service_fn(|_| async { Ok::<_, TransportError>(Response::new(ResponseBody::default())) });
/// let stack = StackBuilder::over(leaf).rate_limit(RateLimit::per_second(10.0)).build();
/// # drop(stack);
/// ```
#[derive(Clone)]
pub struct RateLimit(Arc<Mutex<Bucket>>);

struct Bucket {
    most: f64,
    rate: f64,
    /// When the next request would go if none were ever sent in advance.
    next: Option<Instant>,
    /// The rate at which requests were refused the last time, and when.
    refused: Option<(f64, Instant)>,
    window: Option<(Instant, u32)>,
    measured: f64,
}

impl RateLimit {
    /// At most this many requests a second; at least one in two seconds.
    pub fn per_second(requests: f64) -> Self {
        // Also where it is not a number.
        let most = if requests > LOWEST { requests } else { LOWEST };
        Self(Arc::new(Mutex::new(Bucket {
            most,
            rate: most,
            next: None,
            refused: None,
            window: None,
            measured: 0.0,
        })))
    }

    /// The present rate, in requests a second.
    pub fn rate(&self) -> f64 {
        self.bucket().rate
    }

    /// When a request may go that is ready at `from`. None, and no turn taken, if that is not before `by`.
    pub(super) fn turn(&self, from: Instant, by: Option<Instant>) -> Option<Instant> {
        let mut bucket = self.bucket();
        let step = Duration::from_secs_f64(1.0 / bucket.rate);
        // A second's worth in advance, less the one that goes.
        let advance = Duration::from_secs(1).saturating_sub(step);
        let next = bucket.next.map_or(from, |next| next.max(from));
        let turn = next.checked_sub(advance).map_or(from, |at| at.max(from));
        if by.is_some_and(|by| turn >= by) {
            return None;
        }
        bucket.measure(turn);
        bucket.next = Some(next + step);
        Some(turn)
    }

    /// The server refused a request because there were too many.
    pub(super) fn refused(&self, now: Instant) {
        let mut bucket = self.bucket();
        if bucket
            .refused
            .is_some_and(|(_, at)| now.saturating_duration_since(at) < TOGETHER)
        {
            return;
        }
        let sent = if bucket.measured > 0.0 {
            bucket.measured
        } else {
            bucket.rate
        };
        let at_rate = bucket.rate.min(sent).max(LOWEST);
        bucket.refused = Some((at_rate, now));
        bucket.rate = (at_rate * DECREASE).max(LOWEST);
        // What was allowed in advance was allowed at another rate.
        bucket.next = Some(bucket.next.map_or(now, |next| next.max(now)) + Duration::from_secs(1));
        tracing::debug!(rate = bucket.rate, "too many requests: the rate is lowered");
    }

    /// The server took a request.
    pub(super) fn taken(&self, now: Instant) {
        let mut bucket = self.bucket();
        let Some((at_rate, at)) = bucket.refused else {
            return;
        };
        let since = now.saturating_duration_since(at).as_secs_f64();
        let back = (at_rate * (1.0 - DECREASE) / GROWTH).cbrt();
        let rate = GROWTH * (since - back).powi(3) + at_rate;
        bucket.rate = rate.clamp(LOWEST, bucket.most);
        if bucket.rate >= bucket.most {
            bucket.refused = None;
        }
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    /// Counts a request.
    fn measure(&mut self, now: Instant) {
        let (start, count) = self.window.unwrap_or((now, 0));
        let passed = now.saturating_duration_since(start);
        if passed < WINDOW {
            self.window = Some((start, count + 1));
            return;
        }
        let rate = f64::from(count) / passed.as_secs_f64();
        self.measured = if self.measured > 0.0 {
            0.8 * rate + 0.2 * self.measured
        } else {
            rate
        };
        self.window = Some((now, 1));
    }
}

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bucket = self.bucket();
        f.debug_struct("RateLimit")
            .field("most", &bucket.most)
            .field("rate", &bucket.rate)
            .finish_non_exhaustive()
    }
}
