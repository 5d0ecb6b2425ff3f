//! Recorded exchanges as a file, and the server that replays them.

use std::{
    fs, io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use tower::Service;

use crate::{
    BoxError, ErrorKind, Outcome, Request, Response, ResponseBody, TransportError, redact,
};

/// Recorded exchanges. As a service it responds to each request with the first exchange of the same method, path
/// and query that was not used yet, and of the same body after [`match_bodies`](Self::match_bodies). Clones share
/// what is used.
///
/// The file is JSON, made to be read and reviewed: `{"version":1,"exchanges":[{"request":…,"response":…}]}`.
/// Bodies that are text stand there as text, others as a list of numbers. Secrets were masked when it was
/// recorded: the values of `authorization`, cookies and sensitive headers, tokens anywhere in a text, and
/// members named `access_token`, `refresh_token`, `client_secret`, `token`, `password`, `code_verifier`.
#[derive(Clone, Debug)]
pub struct Cassette {
    exchanges: Arc<[Entry]>,
    match_bodies: bool,
}

#[derive(Debug)]
struct Entry {
    exchange: Exchange,
    used: AtomicBool,
}

#[derive(Serialize, Deserialize)]
struct File<E> {
    version: u32,
    exchanges: E,
}

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
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Content {
    Text(String),
    Bytes(Vec<u8>),
}

impl Content {
    pub(super) fn new(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(redact(text).into_owned()),
            Err(_) => Self::Bytes(bytes.to_vec()),
        }
    }

    /// Whether the two are the same: as JSON, where both are, so that the order of members does not matter.
    fn is(&self, other: &Self) -> bool {
        let json = |content: &Self| match content {
            Self::Text(text) => serde_json::from_str::<serde_json::Value>(text).ok(),
            Self::Bytes(_) => None,
        };
        self == other || json(self).is_some_and(|value| json(other) == Some(value))
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Bytes(bytes) => bytes.clone(),
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

/// Why a cassette could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct CassetteError {
    what: String,
    source: Option<BoxError>,
}

impl CassetteError {
    fn new(what: impl Into<String>, source: impl Into<BoxError>) -> Self {
        Self {
            what: what.into(),
            source: Some(source.into()),
        }
    }
}

impl Cassette {
    pub(super) fn new(exchanges: impl IntoIterator<Item = Exchange>) -> Self {
        let entry = |exchange| Entry {
            exchange,
            used: AtomicBool::new(false),
        };
        Self {
            exchanges: exchanges.into_iter().map(entry).collect(),
            match_bodies: false,
        }
    }

    /// Lets an exchange stand for requests with the body that was recorded alone. JSON is compared as such, without
    /// regard to the order of members; other bodies byte by byte; secrets are masked before. A body that is not in
    /// memory, such as a file that is uploaded, matches none.
    #[must_use]
    pub fn match_bodies(mut self) -> Self {
        self.match_bodies = true;
        self
    }

    /// Reads the JSON text of a cassette.
    ///
    /// # Errors
    ///
    /// [`CassetteError`] when it is none.
    pub fn from_json(text: &str) -> Result<Self, CassetteError> {
        let file: File<Vec<Exchange>> = serde_json::from_str(text)
            .map_err(|error| CassetteError::new("the text is no cassette", error))?;
        if file.version != 1 {
            return Err(CassetteError {
                what: format!("cassettes of version {} are not known", file.version),
                source: None,
            });
        }
        Ok(Self::new(file.exchanges))
    }

    /// The cassette as JSON text.
    ///
    /// # Errors
    ///
    /// [`CassetteError`], which does not happen with what was recorded or read.
    pub fn to_json(&self) -> Result<String, CassetteError> {
        let exchanges: Vec<_> = self.exchanges.iter().map(|entry| &entry.exchange).collect();
        let file = File {
            version: 1,
            exchanges,
        };
        serde_json::to_string_pretty(&file)
            .map(|text| text + "\n")
            .map_err(|error| CassetteError::new("the cassette cannot be written", error))
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// [`CassetteError`], with the path.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, CassetteError> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|error: io::Error| {
            CassetteError::new(format!("cannot read {}", path.display()), error)
        })?;
        Self::from_json(&text)
    }

    /// Writes a file.
    ///
    /// # Errors
    ///
    /// [`CassetteError`], with the path.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), CassetteError> {
        let path = path.as_ref();
        fs::write(path, self.to_json()?)
            .map_err(|error| CassetteError::new(format!("cannot write {}", path.display()), error))
    }

    /// How many exchanges there are.
    pub fn len(&self) -> usize {
        self.exchanges.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.exchanges.is_empty()
    }

    /// How many were not asked for.
    pub fn unused(&self) -> usize {
        let unused = |entry: &&Entry| !entry.used.load(Ordering::Relaxed);
        self.exchanges.iter().filter(unused).count()
    }

    fn play(&self, request: &Request) -> Result<Response, BoxError> {
        let method = request.method().as_str();
        let path = request
            .uri()
            .path_and_query()
            .map_or("/", |path| path.as_str());
        let sent = request.body().as_bytes().map(|bytes| Content::new(bytes));
        let same = |recorded: &Content| sent.as_ref().is_some_and(|sent| sent.is(recorded));
        let found = self.exchanges.iter().find(|entry| {
            let asked = &entry.exchange.request;
            asked.method == method
                && asked.path == path
                && (!self.match_bodies || same(&asked.body))
                && !entry.used.swap(true, Ordering::Relaxed)
        });
        let Some(entry) = found else {
            return Err(TransportError::new(
                ErrorKind::Request,
                Outcome::NotAccepted,
                format!(
                    "the cassette has no response left for {method} {path}{}",
                    if self.match_bodies {
                        " with this body"
                    } else {
                        ""
                    }
                ),
            )
            .into());
        };
        let recorded = &entry.exchange.response;
        let mut response = Response::new(ResponseBody::full(recorded.body.bytes().into()));
        *response.status_mut() = StatusCode::from_u16(recorded.status)?;
        for (name, value) in &recorded.headers {
            let name = HeaderName::try_from(name.as_str())?;
            let value = HeaderValue::try_from(value.as_str())?;
            response.headers_mut().append(name, value);
        }
        Ok(response)
    }
}

/// The future of [`Cassette`].
pub type CassetteFuture = std::future::Ready<Result<Response, BoxError>>;

impl Service<Request> for Cassette {
    type Response = Response;
    type Error = BoxError;
    type Future = CassetteFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        std::future::ready(self.play(&request))
    }
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
