//! The server's id of an exchange.

use alloc::{
    borrow::{Cow, ToOwned},
    string::String,
};

use http::{HeaderMap, HeaderName};

/// The headers that carry the log id: the cloud's, then the self-hosted server's.
pub const LOG_ID_HEADERS: [HeaderName; 2] = [
    HeaderName::from_static("x-tt-logid"),
    HeaderName::from_static("x-log-id"),
];

/// The log id in the headers of a response, if there is one.
///
/// Bytes that are not UTF-8 are replaced, so that a garbled id still helps a search.
pub fn log_id(headers: &HeaderMap) -> Option<String> {
    LOG_ID_HEADERS.iter().find_map(|wanted| {
        // A response has few headers: to go through them costs less than to hash a name.
        let named = headers.iter().find(|(name, _)| *name == wanted);
        let value = named?.1.as_bytes();
        let id = match core::str::from_utf8(value) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(value),
        };
        let id = id.trim();
        (!id.is_empty()).then(|| id.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_header_serves_and_the_cloud_one_goes_first() {
        let mut headers = HeaderMap::new();
        assert_eq!(log_id(&headers), None);
        headers.insert("X-Log-ID", "uuid".parse().unwrap());
        assert_eq!(log_id(&headers).as_deref(), Some("uuid"));
        headers.insert("X-Tt-Logid", "2026".parse().unwrap());
        assert_eq!(log_id(&headers).as_deref(), Some("2026"));
        headers.insert("X-Tt-Logid", " ".parse().unwrap());
        assert_eq!(log_id(&headers).as_deref(), Some("uuid"));
        headers.insert(
            "x-tt-logid",
            http::HeaderValue::from_bytes(b"a\xff").unwrap(),
        );
        assert_eq!(log_id(&headers).as_deref(), Some("a\u{fffd}"));
    }
}
