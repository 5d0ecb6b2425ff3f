//! One recorded exchange, as it stands in a file.

use http::HeaderMap;
use serde::{Deserialize, Serialize};

use crate::redact;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Exchange {
    pub(super) request: RecordedRequest,
    pub(super) response: RecordedResponse,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RecordedRequest {
    pub(super) method: String,
    /// Path and query; the host says nothing when it is replayed.
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Content,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RecordedResponse {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Content,
    /// Whether the body broke off, or was not read further.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) truncated: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Content {
    Text(String),
    Bytes(Vec<u8>),
    Events(Vec<Event>),
}

/// An event of a stream, with the blank line behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Event {
    /// Milliseconds from the head of the response to the last byte of the event.
    pub(super) after_ms: u64,
    pub(super) text: String,
}

impl Content {
    pub(super) fn new(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(redact(text).into_owned()),
            Err(_) => Self::Bytes(bytes.to_vec()),
        }
    }

    /// Whether the two are the same: as JSON, where both are, so that the order of members does not matter.
    pub(super) fn is(&self, other: &Self) -> bool {
        let json = |content: &Self| match content {
            Self::Text(text) => serde_json::from_str::<serde_json::Value>(text).ok(),
            Self::Bytes(_) | Self::Events(_) => None,
        };
        self == other || json(self).is_some_and(|value| json(other) == Some(value))
    }

    /// All bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Bytes(bytes) => bytes.clone(),
            Self::Events(events) => events
                .iter()
                .map(|event| event.text.as_str())
                .collect::<String>()
                .into(),
        }
    }
}

/// Headers as they go into a file. The lengths are left out: masking may change them.
pub(super) fn headers(map: &HeaderMap) -> Vec<(String, String)> {
    map.iter()
        .filter(|(name, _)| !matches!(name.as_str(), "content-length" | "transfer-encoding"))
        .map(|(name, value)| {
            let secret = value.is_sensitive()
                || matches!(
                    name.as_str(),
                    "authorization" | "proxy-authorization" | "cookie" | "set-cookie"
                );
            let text = if secret {
                "***".to_owned()
            } else {
                redact(&String::from_utf8_lossy(value.as_bytes())).into_owned()
            };
            (name.as_str().to_owned(), text)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_bodies_are_masked_and_the_rest_stays() {
        let body = "{\"access_token\" : \"q\\\"w\",\n\"x\":\"pat_1 a\",\"token\":null,\"refresh_token\":\"r\"}\r\n";
        let masked = "{\"access_token\" : \"***\",\n\"x\":\"*** a\",\"token\":null,\"refresh_token\":\"***\"}\r\n";
        assert_eq!(redact(body), masked);
        assert_eq!(redact(masked), masked);
    }
}
