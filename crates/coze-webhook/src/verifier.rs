//! The verifier.

use std::{
    fmt::{self, Write as _},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use sha1::{Digest, Sha1};

use crate::{Event, MAX_BODY, Refused, Seen, is_same_secret};

/// The header with the Unix time of the event, in milliseconds.
pub const TIMESTAMP: &str = "x-coze-timestamp";
/// The header with a random text.
pub const NONCE: &str = "x-coze-nonce";
/// The header with the signature, in hexadecimal digits.
pub const SIGNATURE: &str = "x-coze-signature";

const MAX_AGE: Duration = Duration::from_secs(300);
const KEEP_DELIVERIES: Duration = Duration::from_secs(10 * 60);
const KEEP_EVENTS: Duration = Duration::from_secs(24 * 60 * 60);
const MOST: usize = 10_000;

/// Verifies deliveries, and remembers which it has seen. Share it in an `Arc`; it computes and never waits.
///
/// See the [front page](crate) for what is checked.
pub struct Verifier {
    token: SecretString,
    max_age: Duration,
    seen: Mutex<Before>,
}

/// Digests of fixed size, so that no sender decides how much is kept.
struct Before {
    deliveries: Seen<[u8; 20]>,
    events: Seen<[u8; 20]>,
}

/// An event that was verified.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// It is seen for the first time.
    First(Event),
    /// It was seen before, in this delivery or in an earlier one: respond 200 and do nothing.
    Again(Event),
}

impl Verifier {
    /// Verifies with the token that the console shows for the callback app.
    ///
    /// # Panics
    ///
    /// When the token is empty: anybody could sign then.
    pub fn new(token: impl Into<String>) -> Self {
        let token = token.into();
        assert!(!token.is_empty(), "the token of the callback app is empty");
        Self {
            token: token.into(),
            max_age: MAX_AGE,
            seen: Mutex::new(Before {
                deliveries: Seen::new(KEEP_DELIVERIES, MOST),
                events: Seen::new(KEEP_EVENTS, MOST),
            }),
        }
    }

    /// How far the timestamp may be from now, to either side. Default: 300 s. Deliveries are remembered for twice as long,
    /// and for 10 minutes at least, so that none is taken twice.
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        let keep = KEEP_DELIVERIES.max(max_age.saturating_mul(2));
        self.seen().deliveries.keep_for(keep);
        self
    }

    /// Verifies a request by its headers and its whole body, as they came.
    ///
    /// # Errors
    ///
    /// [`Refused`], with the status to respond with.
    pub fn verify(&self, headers: &HeaderMap, body: Bytes) -> Result<Delivery, Refused> {
        self.verify_at(SystemTime::now(), headers, body)
    }

    /// The same at another time, for tests.
    ///
    /// # Errors
    ///
    /// As for [`Verifier::verify`].
    pub fn verify_at(
        &self,
        now: SystemTime,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<Delivery, Refused> {
        if body.len() > MAX_BODY {
            return Err(Refused::TooLarge);
        }
        let (timestamp, nonce) = (only(headers, TIMESTAMP)?, only(headers, NONCE)?);
        let signature = only(headers, SIGNATURE)?;
        let delivery = digest(timestamp, nonce, self.token.expose_secret(), &body);
        if !is_same_secret(signature.to_ascii_lowercase(), hex(&delivery)) {
            return Err(Refused::Signature);
        }
        let sent = instant(timestamp).ok_or(Refused::Timestamp)?;
        let age = now
            .duration_since(sent)
            .or_else(|_| sent.duration_since(now));
        if age.unwrap_or(Duration::MAX) > self.max_age {
            return Err(Refused::Age);
        }
        let event = Event::read(body, delivery)?;
        let mut seen = self.seen();
        let mut is_first = seen.deliveries.insert(delivery, now);
        if let Some(id) = event.id() {
            is_first &= seen.events.insert(key(id), now);
        }
        Ok(if is_first {
            Delivery::First(event)
        } else {
            Delivery::Again(event)
        })
    }

    /// Forgets an event, so that it is [`Delivery::First`] when Coze sends it again: for one whose handling failed, before
    /// a status is responded that asks for it.
    pub fn forget(&self, event: &Event) {
        let mut seen = self.seen();
        seen.deliveries.remove(&event.delivery);
        if let Some(id) = event.id() {
            seen.events.remove(&key(id));
        }
    }

    fn seen(&self) -> MutexGuard<'_, Before> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}

/// The signature of a delivery, as Coze computes it: for tests of a server that receives them.
pub fn sign(timestamp: &str, nonce: &str, token: &str, body: &[u8]) -> String {
    hex(&digest(timestamp, nonce, token, body))
}

fn digest(timestamp: &str, nonce: &str, token: &str, body: &[u8]) -> [u8; 20] {
    let mut hash = Sha1::new();
    for part in [
        timestamp.as_bytes(),
        nonce.as_bytes(),
        token.as_bytes(),
        body,
    ] {
        hash.update(part);
    }
    hash.finalize().into()
}

fn key(id: &str) -> [u8; 20] {
    Sha1::digest(id).into()
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The value of a header that must be there once: of two, another program may have looked at the other.
fn only<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<&'h str, Refused> {
    let mut values = headers.get_all(name).iter();
    match (values.next().map(http::HeaderValue::to_str), values.next()) {
        (Some(Ok(value)), None) if !value.is_empty() => Ok(value),
        _ => Err(Refused::Header(name)),
    }
}

/// Digits alone, and as many as times of our days have: whatever digits are moved from here to the nonce or back, the
/// instant stays the same.
fn instant(timestamp: &str) -> Option<SystemTime> {
    if !timestamp.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = timestamp.parse().ok()?;
    let since = match timestamp.len() {
        10 => Duration::from_secs(number),
        13 => Duration::from_millis(number),
        _ => return None,
    };
    SystemTime::UNIX_EPOCH.checked_add(since)
}
