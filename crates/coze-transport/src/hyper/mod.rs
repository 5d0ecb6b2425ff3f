//! The leaf of the stack: connections over hyper and rustls.
//!
//! A [`HyperTransport`] is a [`tower::Service`] that sends one request and hands over its answer. It
//! repeats nothing, follows no redirect, sets no header but `host`, and waits for ever for an
//! answer; all of that is the business of the layers above.
//!
//! For HTTP/1.1 there is no background task: the task that awaits an answer moves its bytes, and the
//! body of an answer that is still arriving owns its connection. So a streamed event does not
//! cross from one task to another, and dropping a body closes its connection at once.
//!
//! ```
//! use coze_transport::{HttpStack, hyper::HyperTransport};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), coze_transport::BoxError> {
//! # use std::io::{Read, Write};
//! # let server = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let address = server.local_addr()?;
//! # std::thread::spawn(move || {
//! #     let (mut stream, _) = server.accept().unwrap();
//! #     let _ = stream.read(&mut [0; 1024]);
//! #     let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\npong");
//! # });
//! # let url = format!("http://{address}/ping");
//! use http_body_util::BodyExt;
//!
//! let stack = HttpStack::new(HyperTransport::builder().no_proxy().build()?);
//! let answer = stack.send(http::Request::get(url).body(Default::default())?).await?;
//! assert_eq!(answer.status(), 200);
//! assert_eq!(answer.into_body().collect().await?.to_bytes(), "pong");
//! # Ok(())
//! # }
//! ```
//!
//! Plain http goes to this machine only, unless
//! [`allow_plaintext`](HyperLeafBuilder::allow_plaintext) says otherwise. A TLS configuration is
//! made at the first https request. Proxies are taken from the environment. The feature `http2` adds
//! HTTP/2 to servers that offer it, over a connection that has a task of its own.
//!
//! # Errors
//!
//! Every failure is a [`TransportError`] that names the host. [`TransportError::outcome`] is
//! [`Outcome::NotAccepted`] only where no byte of the request can have been taken: the connection
//! could not be made, or was found closed before the request was written, or an HTTP/2 server said
//! that it did not process the stream. [`TransportError::is_permanent`] marks what another attempt
//! would meet again, such as a certificate that is not trusted.

mod body;
mod connect;
mod fail;
mod h1;
#[cfg(feature = "http2")]
mod h2;
mod head;
mod io;
mod link;
#[cfg(feature = "http2")]
mod negotiate;
mod proxy;
mod settings;
mod site;
mod stream;
mod tls;
mod tunnel;

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Uri, header::HOST};
use tokio::{runtime, time::timeout_at};
use tower::Service;

use self::body::H1Body;
pub(crate) use self::body::LeafBody;
use self::{
    h1::{Conn, Failed},
    settings::Settings,
    site::{Site, Sites},
    stream::Stream,
    tls::Tls,
};
pub use self::{
    head::CloseDelimited,
    settings::HyperLeafBuilder,
    tls::{TlsProvider, TlsRoots},
};
use crate::{
    CallOptions, ErrorKind, Outcome, Request, Response, ResponseBody, Stage, TransportError,
    timeout::PrepareLimit,
};

/// Connections over hyper and rustls.
///
/// Clones share one pool.
#[derive(Clone)]
pub struct HyperTransport(Arc<Inner>);

struct Inner {
    settings: Settings,
    sites: Sites,
    tls: Tls,
}

impl HyperTransport {
    /// A leaf with the default settings.
    pub fn new() -> Self {
        Self::with(Settings::default())
    }

    /// Settings other than the defaults.
    pub fn builder() -> HyperLeafBuilder {
        HyperLeafBuilder::default()
    }

    fn with(settings: Settings) -> Self {
        Self(Arc::new(Inner {
            sites: Sites::new(settings.limits),
            tls: Tls::new(settings.tls.clone()),
            settings,
        }))
    }

    /// Closes the idle connections. Those in use are not touched.
    pub fn close_idle(&self) {
        self.0.sites.clear();
    }
}

impl Default for HyperTransport {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for HyperTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperTransport").finish_non_exhaustive()
    }
}

impl Service<Request> for HyperTransport {
    type Response = Response;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        Box::pin(send(Arc::clone(&self.0), request))
    }
}

/// Sends over a connection that is there, or a new one.
#[expect(
    clippy::manual_async_fn,
    reason = "an async fn would hold its arguments twice, and the future be too large for the allocator's fast path"
)]
fn send(
    leaf: Arc<Inner>,
    mut request: Request,
) -> impl Future<Output = Result<Response, TransportError>> + Send {
    async move {
        let runtime = runtime::Handle::try_current()
            .map_err(|error| {
                TransportError::new(
                    ErrorKind::Request,
                    Outcome::NotAccepted,
                    "a request over a socket must be sent within a tokio runtime",
                )
                .permanent()
                .with_source(error)
            })?
            .id();
        let site = leaf.sites.of(request.uri())?;
        make_origin_form(&mut request, &site);

        while let Some(mut conn) = site.take(runtime) {
            if !conn.is_open().await {
                continue;
            }
            match conn.exchange(request, &site).await {
                Ok((response, conn)) => return finish(response, conn, site),
                // Closed by the server since it was last used, and hyper has not begun to write.
                Err(Failed {
                    unsent: Some(unsent),
                    ..
                }) => request = unsent,
                Err(failed) => {
                    site.poison();
                    return Err(failed.error);
                }
            }
        }
        let limit = PrepareLimit::of(&CallOptions::resolve(request.extensions()));
        #[cfg(feature = "http2")]
        if site.https {
            return Box::pin(negotiate::send(&leaf, request, site, runtime, limit)).await;
        }
        // In boxes of their own, so that a call over a connection that is there does not carry their room along.
        let stream = Box::pin(before(limit, leaf.connect(&site))).await?;
        Box::pin(send_new(stream, request, site, runtime)).await
    }
}

/// What comes before anything is sent, within the limits of the call.
async fn before<T>(
    limit: Option<PrepareLimit>,
    what: impl Future<Output = Result<T, TransportError>>,
) -> Result<T, TransportError> {
    match limit {
        None => what.await,
        Some(limit) => match timeout_at(limit.at, what).await {
            Ok(done) => done,
            Err(_) => Err(limit.error("a connection").at(Stage::Connect)),
        },
    }
}

/// Sends over a connection that nobody has used before.
async fn send_new(
    stream: Stream,
    request: Request,
    site: Arc<Site>,
    runtime: runtime::Id,
) -> Result<Response, TransportError> {
    let conn = Conn::start(stream, runtime)
        .await
        .map_err(|error| fail::exchange(&site, error, false, false, &[]))?;
    match conn.exchange(request, &site).await {
        Ok((response, conn)) => finish(response, conn, site),
        Err(failed) => {
            site.poison();
            Err(failed.error)
        }
    }
}

/// `POST https://host/path` becomes `POST /path` with a `host` header.
fn make_origin_form(request: &mut Request, site: &Site) {
    let parts = std::mem::take(request.uri_mut()).into_parts();
    if let Some(path) = parts.path_and_query {
        *request.uri_mut() = Uri::from(path);
    }
    request
        .headers_mut()
        .entry(HOST)
        .or_insert_with(|| site.host_header.clone());
}

/// Checks the head and ties the body to its connection.
fn finish(
    response: http::Response<hyper::body::Incoming>,
    conn: Box<Conn>,
    site: Arc<Site>,
) -> Result<Response, TransportError> {
    let (mut parts, incoming) = response.into_parts();
    let verdict = head::check(&site, &parts, &incoming)?;
    if verdict.close_delimited {
        parts.extensions.insert(CloseDelimited);
    }
    let body = LeafBody::H1(H1Body::new(incoming, conn, site, verdict.reusable));
    Ok(Response::from_parts(parts, ResponseBody::leaf(body)))
}

impl Inner {
    /// A new connection, with TLS for https.
    async fn connect(&self, site: &Site) -> Result<Stream, TransportError> {
        connect::open(&self.settings, &self.tls, site).await
    }
}
