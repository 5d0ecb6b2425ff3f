//! A token and how long it lasts.

use std::{error::Error, fmt, time::Duration};

use coze_transport::Secret;
use coze_transport::time::Instant;

/// The service hands out tokens for 24 hours at most; a claim beyond a year is taken as a year.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Smaller values of `expires_in` are a duration, larger ones a point in time: ten years in seconds.
const DURATIONS_END: i64 = 10 * 366 * 24 * 60 * 60;

/// A token that was just issued.
#[derive(Clone, Debug)]
pub struct FreshToken {
    pub(super) secret: Secret,
    pub(super) lifetime: Duration,
    /// Its life counts from here, however long it takes until it is stored and used.
    pub(super) received: Instant,
}

impl FreshToken {
    /// A token that lasts for `lifetime` from now on; a year at most is believed.
    pub fn lasting(token: impl Into<Secret>, lifetime: Duration) -> Self {
        Self {
            secret: token.into(),
            lifetime: lifetime.min(LONGEST),
            received: Instant::now(),
        }
    }

    /// The token.
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// What is left of its life.
    pub fn remaining(&self) -> Duration {
        self.lifetime.saturating_sub(self.received.elapsed())
    }

    /// Whether any of its life is left.
    pub(super) fn is_lasting(&self) -> bool {
        !self.remaining().is_zero()
    }

    /// A token with the `expires_in` of a token endpoint, which for this service is a point in Unix
    /// time; a value below ten years is understood as a duration in seconds.
    ///
    /// `now` is the present in Unix seconds by the *server's* clock, from the `Date` of its response: the
    /// clock of this machine may be hours off.
    ///
    /// # Errors
    ///
    /// [`InvalidLifetime`] when the token is over already.
    pub fn expiring(
        token: impl Into<Secret>,
        expires_in: i64,
        now: i64,
    ) -> Result<Self, InvalidLifetime> {
        let seconds = if expires_in < DURATIONS_END {
            expires_in
        } else {
            expires_in.saturating_sub(now)
        };
        match u64::try_from(seconds) {
            Ok(seconds) if seconds > 0 => Ok(Self::lasting(token, Duration::from_secs(seconds))),
            _ => Err(InvalidLifetime { expires_in }),
        }
    }
}

/// A token whose lifetime is over before it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidLifetime {
    expires_in: i64,
}

impl fmt::Display for InvalidLifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the token is over already: `expires_in` is {}",
            self.expires_in
        )
    }
}

impl Error for InvalidLifetime {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_comes_as_a_duration_or_as_a_point_in_time() {
        const NOW: i64 = 1_767_225_600;
        for (expires_in, seconds) in [
            (900, 900),
            (86_399, 86_399),
            (NOW + 900, 900),
            (i64::MAX, LONGEST.as_secs()),
        ] {
            let token = FreshToken::expiring("t", expires_in, NOW).unwrap();
            assert_eq!(token.lifetime.as_secs(), seconds, "{expires_in}");
        }
        for over in [0, -1, i64::MIN, NOW, NOW - 1] {
            let error = FreshToken::expiring("t", over, NOW).unwrap_err();
            assert!(error.to_string().contains(&over.to_string()));
        }
        // A machine whose clock is an hour off changes nothing: the server's clock counts.
        let token = FreshToken::expiring("t", NOW + 900, NOW).unwrap();
        assert_eq!(token.lifetime.as_secs(), 900);
        assert!(!format!("{token:?}").contains("\"t\""));
    }
}
