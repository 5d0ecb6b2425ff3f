//! The receiver of completion POSTs.

mod inbox;
mod service;

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use coze_engine::{EngineError, http::json_object};
use coze_models::push_segment;
use coze_transport::{BearerToken, Secret, time::timeout};
use coze_webhook::{MAX_BODY, is_same_secret, read_body};
use http::{Method, Request, StatusCode, Uri};
use http_body::Body;

use self::inbox::{Expected, Inbox, Put};
use crate::{RunRecord, client::Found, decode, failure::build, judge::Survey};

/// The shortest secret that is taken: 22 characters of 64 are 128 bits.
const SHORTEST_SECRET: usize = 22;
const LONGEST_SECRET: usize = 128;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Receives the POSTs by which a server tells that runs have ended, and hands them to the waits of a [`Runs`](crate::Runs).
///
/// It is a tower service, to be served under its URL by axum or any other server. A clone is a reference count.
///
/// ```
/// use axum::{Router, routing::any_service};
/// use coze_adapter_runs::{CallbackReceiver, Runs};
///
/// # fn main() -> Result<(), coze_engine::EngineError> {
/// let secret = "Yx3dC0-kTQ8vJm2b_R7sWa"; // random, and kept where tokens are
/// let receiver = CallbackReceiver::new("https://me.example/runs/done", secret)?;
/// let app: Router = Router::new().route("/runs/done", any_service(receiver.clone()));
/// let runs = Runs::builder()
///     .base_url("https://gateway.example")
///     .token("token")
///     .receiver(receiver)
///     .build()?;
/// # let _ = (app, runs);
/// # Ok(())
/// # }
/// ```
///
/// The dialect has no signature, so the secret is what tells the server from others: it stands in the URL that runs are started
/// with, as the parameter `key`, and is compared in constant time. Keep the URL out of logs. The dialect does not document
/// what is posted either; the record of the run is expected, with `outputs` or `output`. A POST that says only
/// that the run is over makes the wait poll at once.
///
/// | the POST | the response |
/// |---|---|
/// | ends a run that is waited for | 200 |
/// | ends a run that was ended before | 200; nothing happens |
/// | ends a run that nobody waits for, such as one whose start has not returned yet | 202; kept for 10 minutes |
/// | tells another status | 202; nothing happens |
/// | has no key, or a wrong one | 401 |
/// | is no POST | 405 |
/// | has a body of more than 1 MiB, or one that takes more than 10 s | 413, 408 |
/// | has no record of a run | 400 |
///
/// Of the POSTs that nobody waits for, the latest 1,000 are kept, and 64 MiB at most.
#[derive(Clone)]
pub struct CallbackReceiver(Arc<Inner>);

struct Inner {
    /// What runs are started with: the address and the key.
    url: Secret,
    secret: Secret,
    /// A token that lives is taken out of every text of a server, which may repeat the URL.
    _scrubbed: BearerToken,
    inbox: Arc<Inbox>,
}

impl CallbackReceiver {
    /// A receiver under a public address, to which the secret is added. Let the secret be random and the same after a restart, so
    /// that runs which were started before can still tell their end.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](coze_engine::ErrorKind::Build) when the address is no `https` URL (`http` is for this machine alone) without
    /// user info, fragment and a parameter `key`, or the secret is not 22 to 128 characters of `A-Z`, `a-z`, `0-9`, `-` and `_`.
    pub fn new(public_url: &str, secret: impl Into<Secret>) -> Result<Self, EngineError> {
        let secret = secret.into();
        let text = secret.expose();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !(SHORTEST_SECRET..=LONGEST_SECRET).contains(&text.len()) || !text.bytes().all(is_plain)
        {
            return Err(build(format!(
                "the secret of the receiver must be {SHORTEST_SECRET} to {LONGEST_SECRET} characters of A-Z, a-z, 0-9, `-` \
                 and `_`"
            )));
        }
        let url = address(public_url).ok_or_else(|| {
            build(
                "the address of the receiver cannot be used: it must be an https URL (http for this machine) without user \
                 name, fragment and parameter `key`",
            )
        })?;
        let scrubbed = BearerToken::new(secret.clone()).map_err(|error| {
            build("the secret of the receiver cannot be used").with_source(error)
        })?;
        let separator = if url.query().is_some() { '&' } else { '?' };
        Ok(Self(Arc::new(Inner {
            url: Secret::new(format!("{url}{separator}key={text}")),
            secret,
            _scrubbed: scrubbed,
            inbox: Arc::default(),
        })))
    }

    /// The address with its secret, which runs are started with. Another process that starts runs for this one needs it.
    pub fn url(&self) -> &str {
        self.0.url.expose()
    }

    /// Takes one request, whatever its path: for servers that take no tower service.
    pub async fn receive<B>(&self, request: Request<B>) -> StatusCode
    where
        B: Body,
        B::Error: Into<coze_transport::BoxError>,
    {
        if request.method() != Method::POST {
            return StatusCode::METHOD_NOT_ALLOWED;
        }
        let key = key(request.uri().query().unwrap_or_default());
        if !key.is_some_and(|key| is_same_secret(key, self.0.secret.expose())) {
            return StatusCode::UNAUTHORIZED;
        }
        let body = match timeout(BODY_TIMEOUT, read_body(request.into_body(), MAX_BODY)).await {
            Ok(Ok(body)) => body,
            Ok(Err(refused)) => return refused.status(),
            Err(_) => return StatusCode::REQUEST_TIMEOUT,
        };
        self.take(body)
    }

    fn take(&self, body: Bytes) -> StatusCode {
        let Ok(record) = json_object::<RunRecord>(&body) else {
            return StatusCode::BAD_REQUEST;
        };
        let (Some(run), Some(_)) = (&record.run_id, &record.status) else {
            return StatusCode::BAD_REQUEST;
        };
        if push_segment(&mut String::new(), "run_id", run).is_err() {
            return StatusCode::BAD_REQUEST;
        }
        if !record.is_over() {
            return StatusCode::ACCEPTED;
        }
        match self.0.inbox.put(run.as_str(), body) {
            Put::Awaited | Put::Again => StatusCode::OK,
            Put::Kept => StatusCode::ACCEPTED,
        }
    }

    /// The POST of a run, which may have arrived already.
    pub(crate) fn expect(&self, run: &str) -> Expected {
        Inbox::expect(&self.0.inbox, run)
    }
}

impl fmt::Debug for CallbackReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url();
        f.debug_struct("CallbackReceiver")
            .field("url", &url.rsplit_once("key=").map_or("", |(url, _)| url))
            .finish_non_exhaustive()
    }
}

/// The record that was posted; `None` when it does not tell how the run ended.
pub(crate) fn record(body: &Bytes) -> Option<Found> {
    if !Survey::of(body).has_result {
        return None;
    }
    Some(Found {
        record: decode::record(body).ok()?,
        body: body.clone(),
        log_id: None,
        retry_after: None,
    })
}

fn address(url: &str) -> Option<Uri> {
    if url.contains('#') {
        return None;
    }
    let uri: Uri = url.parse().ok()?;
    let authority = uri.authority()?;
    let host = authority.host().trim_matches(['[', ']']);
    let is_here = host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    let scheme = uri.scheme_str()?;
    let is_allowed = scheme == "https" || (scheme == "http" && is_here);
    let query = uri.query().unwrap_or_default();
    let has_key = query.split('&').any(|pair| pair.starts_with("key="));
    (is_allowed && !has_key && !authority.as_str().contains('@')).then_some(uri)
}

/// The parameter `key`, which stands there once.
fn key(query: &str) -> Option<&str> {
    let mut keys = query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("key="));
    keys.next().filter(|_| keys.next().is_none())
}
