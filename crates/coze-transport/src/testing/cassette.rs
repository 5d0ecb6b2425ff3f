//! Recorded exchanges as a file, and the server that replays them.

use std::{
    fs, io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use tower::Service;

use super::{
    Reply,
    exchange::{Content, Event, Exchange},
};
use crate::{BoxError, ErrorKind, Outcome, Request, Response, TransportError};

/// Recorded exchanges. As a service it responds to each request with the first exchange of the same method, path
/// and query that was not used yet, and of the same body after [`match_bodies`](Self::match_bodies). Clones share
/// what is used.
///
/// The file is JSON, made to be read and reviewed: `{"version":1,"exchanges":[{"request":…,"response":…}]}`.
/// Bodies that are text stand there as text, streams as a list of their events with the time of each, others as a
/// list of numbers. A stream that broke off, or was not read further, fails at the same place when it is replayed.
/// Secrets were masked when it was
/// recorded: the values of `authorization`, cookies and sensitive headers, tokens anywhere in a text, and
/// members named `access_token`, `refresh_token`, `client_secret`, `token`, `password`, `code_verifier`.
#[derive(Clone, Debug)]
pub struct Cassette {
    exchanges: Arc<[Entry]>,
    match_bodies: bool,
    cycle: bool,
    /// Times the recorded one; `None` is at once.
    speed: Option<f64>,
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

/// One exchange of a [`Cassette`], secrets masked; what is no text in a body is replaced.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExchangeText {
    /// The method of the request.
    pub method: String,
    /// Its path and query.
    pub path: String,
    /// Its body.
    pub request: String,
    /// The body of the response; all events of a stream.
    pub response: String,
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

fn exchanges_of(text: &str) -> Result<Vec<Exchange>, CassetteError> {
    let file: File<Vec<Exchange>> = serde_json::from_str(text)
        .map_err(|error| CassetteError::new("the text is no cassette", error))?;
    if file.version != 1 {
        return Err(CassetteError {
            what: format!("cassettes of version {} are not known", file.version),
            source: None,
        });
    }
    Ok(file.exchanges)
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
            cycle: false,
            speed: None,
        }
    }

    /// Begins again with the first exchange of a method, path and query, and of a body where bodies are matched, once
    /// all of them were used.
    #[must_use]
    pub fn cycle(mut self) -> Self {
        self.cycle = true;
        self
    }

    /// Sends the events of streams when they came, `speed` times as fast; without this all come at once.
    ///
    /// # Panics
    ///
    /// If `speed` is not above 0.
    #[must_use]
    pub fn paced(mut self, speed: f64) -> Self {
        assert!(speed > 0.0, "a pace is above 0");
        self.speed = Some(speed);
        self
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
        exchanges_of(text).map(Self::new)
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

    /// Reads all `.json` files of a folder, in the order of their names, as one cassette.
    ///
    /// # Errors
    ///
    /// [`CassetteError`], with the path; also where there is no such file.
    pub fn load_dir(path: impl AsRef<Path>) -> Result<Self, CassetteError> {
        let path = path.as_ref();
        let unreadable =
            |error| CassetteError::new(format!("cannot read {}", path.display()), error);
        let mut files = fs::read_dir(path)
            .map_err(unreadable)?
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<Vec<_>>>()
            .map_err(unreadable)?;
        files.retain(|file| {
            file.extension()
                .is_some_and(|extension| extension == "json")
        });
        if files.is_empty() {
            let what = format!("{} holds no .json file", path.display());
            return Err(CassetteError { what, source: None });
        }
        files.sort();
        let mut exchanges = Vec::new();
        for file in files {
            let text = fs::read_to_string(&file).map_err(|error| {
                CassetteError::new(format!("cannot read {}", file.display()), error)
            })?;
            exchanges.extend(exchanges_of(&text).map_err(|error| {
                CassetteError::new(format!("cannot read {}", file.display()), error)
            })?);
        }
        Ok(Self::new(exchanges))
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

    /// The exchanges in their order, as text.
    pub fn exchanges(&self) -> impl Iterator<Item = ExchangeText> {
        let text = |content: &Content| String::from_utf8_lossy(&content.bytes()).into_owned();
        self.exchanges.iter().map(move |entry| {
            let Exchange { request, response } = &entry.exchange;
            ExchangeText {
                method: request.method.clone(),
                path: request.path.clone(),
                request: text(&request.body),
                response: text(&response.body),
            }
        })
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

    /// Each event with what passes before it.
    fn pauses(&self, events: &[Event]) -> Vec<(Duration, String)> {
        let mut last = 0;
        let pause = |event: &Event| {
            let pause = Duration::from_millis(event.after_ms.saturating_sub(last));
            last = event.after_ms;
            let pause = self
                .speed
                .map_or(Duration::ZERO, |speed| pause.div_f64(speed));
            (pause, event.text.clone())
        };
        events.iter().map(pause).collect()
    }

    fn play(&self, request: &Request) -> Result<Response, BoxError> {
        let method = request.method().as_str();
        let path = request
            .uri()
            .path_and_query()
            .map_or("/", |path| path.as_str());
        let sent = request.body().as_bytes().map(|bytes| Content::new(bytes));
        let same = |recorded: &Content| sent.as_ref().is_some_and(|sent| sent.is(recorded));
        let fits = |entry: &&Entry| {
            let asked = &entry.exchange.request;
            asked.method == method
                && asked.path == path
                && (!self.match_bodies || same(&asked.body))
        };
        let fitting = || self.exchanges.iter().filter(fits);
        let unused = |entry: &&Entry| !entry.used.swap(true, Ordering::Relaxed);
        let mut found = fitting().find(unused);
        if found.is_none() && self.cycle {
            fitting().for_each(|entry| entry.used.store(false, Ordering::Relaxed));
            found = fitting().find(unused);
        }
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
        let mut reply = match &recorded.body {
            Content::Events(events) => Reply::stream(self.pauses(events)),
            content => Reply::body(recorded.status, content.bytes()),
        };
        if recorded.truncated {
            reply = reply.broken();
        }
        // Only a reply that never comes plays nothing.
        let Some(response) = reply.play() else {
            return Err("the exchange has no response".into());
        };
        let mut response = response?;
        response.headers_mut().clear();
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
