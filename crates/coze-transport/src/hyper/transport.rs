//! The leaf as a service.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Uri, header::HOST};
use tokio::runtime;
use tower::Service;

#[cfg(feature = "http2")]
use super::negotiate;
use super::{
    body::HyperBody,
    connect::{Connector, within},
    exchange::{finish, send_new, start},
    h1::Failed,
    origin::Origin,
    pool::Pools,
    settings::Settings,
};
use crate::{CallOptions, ErrorKind, Outcome, Request, TransportError, timeout::PrepareLimit};

/// Connections over hyper and rustls.
///
/// Clones share one pool.
#[derive(Clone)]
pub struct HyperTransport(Arc<Inner>);

struct Inner {
    pools: Pools,
    connector: Connector,
}

impl HyperTransport {
    /// A leaf with the default settings.
    pub fn new() -> Self {
        Self::with(Settings::default())
    }

    pub(super) fn with(settings: Settings) -> Self {
        Self(Arc::new(Inner {
            pools: Pools::new(settings.limits),
            connector: Connector::new(settings),
        }))
    }

    /// Closes the idle connections. Those in use are not touched.
    pub fn close_idle(&self) {
        self.0.pools.clear();
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
    type Response = http::Response<HyperBody>;
    type Error = TransportError;
    type Future =
        Pin<Box<dyn Future<Output = Result<http::Response<HyperBody>, TransportError>> + Send>>;

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
) -> impl Future<Output = Result<http::Response<HyperBody>, TransportError>> + Send {
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
        let pool = leaf.pools.of(request.uri())?;
        make_origin_form(&mut request, &pool.origin);

        while let Some(mut conn) = pool.take(runtime) {
            if !conn.is_open().await {
                continue;
            }
            match conn.exchange(request, &pool.origin).await {
                Ok((response, conn)) => return finish(response, conn, pool),
                // Closed by the server since it was last used, and hyper has not begun to write.
                Err(Failed {
                    unsent: Some(unsent),
                    ..
                }) => request = unsent,
                Err(failed) => {
                    pool.close_idle();
                    return Err(failed.error);
                }
            }
        }
        let limit = PrepareLimit::of(&CallOptions::resolve(request.extensions()));
        #[cfg(feature = "http2")]
        if pool.origin.https {
            return Box::pin(negotiate::send(
                &leaf.connector,
                request,
                pool,
                runtime,
                limit,
            ))
            .await;
        }
        // In boxes of their own, so that a call over a connection that is there does not carry their room along.
        let start = |stream| start(stream, runtime, &pool.origin);
        let conn = within(limit, leaf.connector.open(&pool.origin, start));
        let conn = Box::pin(conn).await?;
        Box::pin(send_new(conn, request, pool)).await
    }
}

/// `POST https://host/path` becomes `POST /path` with a `host` header.
fn make_origin_form(request: &mut Request, origin: &Origin) {
    let parts = std::mem::take(request.uri_mut()).into_parts();
    if let Some(path) = parts.path_and_query {
        *request.uri_mut() = Uri::from(path);
    }
    request
        .headers_mut()
        .entry(HOST)
        .or_insert_with(|| origin.host_header.clone());
}
