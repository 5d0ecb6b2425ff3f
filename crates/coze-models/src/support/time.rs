//! Points in time.

use super::read;
use serde::{Deserialize, Deserializer, Serialize};

/// Whole seconds since 1970-01-01 00:00:00 UTC.
///
/// Reads an integer, a float without fraction, or digits in a string; writes an integer.
///
/// ```
/// use coze_models::UnixSeconds;
/// let time: UnixSeconds = serde_json::from_str("\"1752060786\"")?;
/// assert_eq!(time, UnixSeconds::new(1_752_060_786));
/// assert_eq!(serde_json::to_string(&time)?, "1752060786");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct UnixSeconds(i64);

impl UnixSeconds {
    /// The time so many seconds after 1970 began, or before it.
    pub const fn new(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970 began.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The time as the standard library's; `None` when it cannot hold it.
    #[cfg(feature = "std")]
    pub fn to_system_time(self) -> Option<std::time::SystemTime> {
        let span = core::time::Duration::from_secs(self.0.unsigned_abs());
        if self.0 < 0 {
            std::time::UNIX_EPOCH.checked_sub(span)
        } else {
            std::time::UNIX_EPOCH.checked_add(span)
        }
    }
}

impl From<i64> for UnixSeconds {
    fn from(seconds: i64) -> Self {
        Self(seconds)
    }
}

impl From<UnixSeconds> for i64 {
    fn from(time: UnixSeconds) -> Self {
        time.0
    }
}

impl core::fmt::Display for UnixSeconds {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(&self.0, f)
    }
}

impl<'de> Deserialize<'de> for UnixSeconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::int(deserializer).map(Self)
    }
}
