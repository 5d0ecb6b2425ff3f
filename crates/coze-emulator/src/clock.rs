//! Wall-clock time that follows tokio's clock, so that paused tests see time pass exactly as they advance it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Unix time, read as a start plus what has passed on tokio's clock.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    started_at: Duration,
    started: Instant,
}

impl Clock {
    /// Starts from the given Unix time, or from the system's.
    pub(crate) fn start(unix_time: Option<Duration>) -> Self {
        let started_at = unix_time.unwrap_or_else(|| {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default()
        });
        Self {
            started_at,
            started: Instant::now(),
        }
    }

    fn now(&self) -> Duration {
        self.started_at + self.started.elapsed()
    }

    /// Unix time in seconds.
    pub(crate) fn seconds(&self) -> i64 {
        i64::try_from(self.now().as_secs()).unwrap_or(i64::MAX)
    }

    /// Unix time in milliseconds.
    pub(crate) fn millis(&self) -> i64 {
        i64::try_from(self.now().as_millis()).unwrap_or(i64::MAX)
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
        let clock = Clock::start(Some(Duration::from_secs(1_000)));
        tokio::time::advance(Duration::from_millis(2_500)).await;
        assert_eq!((clock.seconds(), clock.millis()), (1_002, 1_002_500));
    }
}
