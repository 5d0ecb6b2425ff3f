//! This machine's clock.

use std::time::{SystemTime, UNIX_EPOCH};

use coze_transport::time::time_of_day;

/// Now, in Unix seconds.
pub(crate) fn wall_clock() -> i64 {
    unix_seconds(time_of_day())
}

/// A time in Unix seconds; 0 for what was before 1970.
pub(crate) fn unix_seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
