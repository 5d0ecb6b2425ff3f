//! Event callbacks.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use coze_webhook::{Delivery, NONCE, Refused, SIGNATURE, TIMESTAMP, Verifier, sign};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::de::IgnoredAny;

use super::choices;

const TOKEN: &str = "token";
const TIME: &str = "1767225600123";

/// A body that is signed right, and the same without the token: it is taken once, if it is text and one document.
pub fn verify(input: &[u8]) {
    let Some(([at], body)) = choices::<1>(input) else {
        return;
    };
    let verifier = Verifier::new(TOKEN);
    let taken = deliver(&verifier, &signed(body), body);
    if let Ok(delivery) = &taken {
        assert!(matches!(delivery, Delivery::First(_)));
        assert!(std::str::from_utf8(body).is_ok());
        assert!(serde_json::from_slice::<IgnoredAny>(body).is_ok());
        let again = deliver(&verifier, &signed(body), body);
        assert!(matches!(again, Ok(Delivery::Again(_))), "{again:?}");
    }
    // A longer body, as who does not have the token can sign it.
    let longer = [body, b"\x80\0\0\x08", body].concat();
    assert!(deliver(&verifier, &signed(&longer), &longer).is_err());
    if let Some(place) = body.len().checked_rem(usize::from(at).max(1)) {
        let mut changed = body.to_vec();
        if let Some(byte) = changed.get_mut(place) {
            *byte ^= 1;
            let refused = deliver(&verifier, &signed(body), &changed);
            assert!(matches!(refused, Err(Refused::Signature)));
        }
    }
    // Anything as a header.
    for name in [TIMESTAMP, NONCE, SIGNATURE] {
        let mut headers = signed(body);
        if let Ok(value) = HeaderValue::from_bytes(body) {
            headers.insert(HeaderName::from_static(name), value);
            let odd = deliver(&Verifier::new(TOKEN), &headers, body);
            assert!(odd.is_err() || headers == signed(body), "{name}");
        }
    }
}

fn deliver(verifier: &Verifier, headers: &HeaderMap, body: &[u8]) -> Result<Delivery, Refused> {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    verifier.verify_at(now, headers, Bytes::copy_from_slice(body))
}

fn signed(body: &[u8]) -> HeaderMap {
    let signature = sign(TIME, "nonce", TOKEN, body);
    let values = [(TIMESTAMP, TIME), (NONCE, "nonce"), (SIGNATURE, &signature)];
    let headers = values.into_iter().map(|(name, value)| {
        let value = HeaderValue::from_str(value).unwrap_or_else(|_| HeaderValue::from_static(""));
        (HeaderName::from_static(name), value)
    });
    headers.collect()
}
