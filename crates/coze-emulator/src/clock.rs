//! Wall-clock time that follows tokio's clock, so that paused tests see time pass exactly as they advance it. It can run
//! faster than that, stand still and jump.

use std::{
    future::Future,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::{sync::watch, time::Instant};

/// The clock of an emulator; all clones are one clock.
#[derive(Clone, Debug)]
pub(crate) struct Clock(watch::Sender<Rate>);

/// How time passes since the last change.
#[derive(Clone, Copy, Debug)]
struct Rate {
    /// Unix time at the change.
    unix: Duration,
    since: Instant,
    speed: f64,
}

/// The fastest that a clock can run.
const FASTEST: f64 = 1_000_000.0;

/// A speed that a clock can have; what is no number stands still.
pub(crate) fn speed(speed: f64) -> f64 {
    if speed.is_nan() {
        return 0.0;
    }
    speed.clamp(0.0, FASTEST)
}

impl Rate {
    fn now(&self) -> Duration {
        self.unix + self.since.elapsed().mul_f64(self.speed)
    }

    /// How long it takes on tokio's clock until `left` has passed; `None` when it never does.
    fn real(&self, left: Duration) -> Option<Duration> {
        let real = Duration::try_from_secs_f64(left.as_secs_f64() / self.speed).ok()?;
        // What is rounded to nothing would be waited for without an end on a paused clock.
        Some(real.max(Duration::from_nanos(1)))
    }
}

impl Clock {
    /// Starts from the given Unix time, or from the system's.
    pub(crate) fn start(unix_time: Option<Duration>, speed: f64) -> Self {
        let unix = unix_time.unwrap_or_else(|| {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
        });
        Self(watch::Sender::new(Rate {
            unix,
            since: Instant::now(),
            speed,
        }))
    }

    /// Unix time.
    pub(crate) fn now(&self) -> Duration {
        self.0.borrow().now()
    }

    /// Unix time in seconds.
    pub(crate) fn seconds(&self) -> i64 {
        i64::try_from(self.now().as_secs()).unwrap_or(i64::MAX)
    }

    /// Unix time in milliseconds.
    pub(crate) fn millis(&self) -> i64 {
        i64::try_from(self.now().as_millis()).unwrap_or(i64::MAX)
    }

    /// How many seconds pass in one of tokio's clock.
    pub(crate) fn speed(&self) -> f64 {
        self.0.borrow().speed
    }

    /// Goes on from the Unix time that `time` makes of the present one, with another speed. Who waits is woken when it is due.
    pub(crate) fn set(&self, time: impl FnOnce(Duration) -> Duration, speed: Option<f64>) {
        self.0.send_modify(|rate| {
            *rate = Rate {
                unix: time(rate.now()),
                since: Instant::now(),
                speed: speed.unwrap_or(rate.speed),
            };
        });
    }

    /// Waits until this much time has passed on this clock.
    pub(crate) async fn wait(&self, duration: Duration) {
        let mut changes = self.0.subscribe();
        let until = self.now().saturating_add(duration);
        loop {
            let rate = *changes.borrow_and_update();
            let left = until.saturating_sub(rate.now());
            if left.is_zero() {
                return;
            }
            let due = rate
                .real(left)
                .and_then(|real| Instant::now().checked_add(real));
            tokio::select! {
                // The sender lives in `self`.
                _ = changes.changed() => {}
                () = wait_until(due) => {}
            }
        }
    }

    /// Waits for a future, for as long as `limit` on this clock.
    pub(crate) async fn timeout<F: Future>(&self, limit: Duration, future: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            output = future => Some(output),
            () = self.wait(limit) => None,
        }
    }
}

async fn wait_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// `20260101120000`: the UTC time of a Unix time, as log ids begin.
pub(crate) fn compact_utc(unix_seconds: i64) -> String {
    iso_utc(unix_seconds).replace(['-', 'T', ':', 'Z'], "")
}

/// `2026-01-01T12:00:00Z`.
pub(crate) fn iso_utc(unix_seconds: i64) -> String {
    let (year, month, day) = civil_from_days(unix_seconds.div_euclid(86_400));
    let second = unix_seconds.rem_euclid(86_400);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// The Gregorian date of a day counted from 1970-01-01 (Hinnant's algorithm: years begin in March, eras are 400 years).
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right_around_leap_days() {
        assert_eq!(compact_utc(0), "19700101000000");
        assert_eq!(compact_utc(951_782_399), "20000228235959");
        assert_eq!(compact_utc(951_782_400), "20000229000000");
        assert_eq!(compact_utc(1_767_225_600), "20260101000000");
        assert_eq!(compact_utc(1_772_323_199), "20260228235959");
    }

    #[tokio::test(start_paused = true)]
    async fn follows_tokios_clock() {
        let clock = Clock::start(Some(Duration::from_secs(1_000)), 1.0);
        tokio::time::advance(Duration::from_millis(2_500)).await;
        assert_eq!((clock.seconds(), clock.millis()), (1_002, 1_002_500));
    }
    #[tokio::test(start_paused = true)]
    async fn who_waits_follows_speed_jumps_and_standstill() {
        let clock = Clock::start(Some(Duration::ZERO), 60.0);
        let began = Instant::now();
        clock.wait(Duration::from_secs(60)).await;
        assert_eq!(began.elapsed(), Duration::from_secs(1));
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move { clock.wait(Duration::from_secs(3_600)).await }
        });
        clock.set(|now| now, Some(0.0));
        tokio::time::advance(Duration::from_secs(86_400)).await;
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        clock.set(|now| now + Duration::from_secs(3_600), None);
        waiting.await.unwrap();
        assert_eq!((clock.seconds(), clock.speed()), (3_660, 0.0));
    }
}
