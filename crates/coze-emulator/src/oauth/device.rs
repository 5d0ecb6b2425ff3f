//! The device code grant.

use crate::ids::Ids;

/// How long a device code lives, in seconds.
pub(crate) const LIFETIME: i64 = 300;
/// Shortest time between two polls, in seconds, unless the application says otherwise.
pub(crate) const INTERVAL: i64 = 5;

/// A device that waits for its user.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub(crate) client_id: String,
    pub(crate) user_code: String,
    /// What the user decided.
    pub(crate) approved: Option<bool>,
    /// Unix milliseconds of the last poll.
    pub(crate) polled: Option<i64>,
    /// Shortest time between two polls, in seconds.
    pub(crate) interval: i64,
    /// Unix seconds.
    pub(crate) ends: i64,
}

/// A code that people can type: eight letters in two groups, none easily mistaken.
pub(crate) fn user_code(ids: &Ids) -> String {
    const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";
    ids.bytes()
        .iter()
        .enumerate()
        .flat_map(|(index, byte)| {
            let letter = char::from(LETTERS[usize::from(*byte) % LETTERS.len()]);
            (index == 4).then_some('-').into_iter().chain([letter])
        })
        .collect()
}

impl Device {
    /// What a poll gets: nothing when the token may be given out, else the error.
    pub(crate) fn poll(&mut self, now: i64, now_millis: i64) -> Result<(), &'static str> {
        let too_fast = self
            .polled
            .is_some_and(|polled| now_millis - polled < self.interval * 1000);
        self.polled = Some(now_millis);
        match self.approved {
            _ if now >= self.ends => Err("expired_token"),
            Some(true) => Ok(()),
            Some(false) => Err("access_denied"),
            None if too_fast => Err("slow_down"),
            None => Err("authorization_pending"),
        }
    }
}
