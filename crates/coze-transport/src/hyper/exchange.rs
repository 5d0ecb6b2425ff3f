//! One request over an HTTP/1.1 connection.

use std::sync::Arc;

use tokio::runtime;

use super::{
    body::{H1Body, HyperBody},
    fail,
    h1::Conn,
    head::{self, CloseDelimited},
    origin::Origin,
    pool::OriginPool,
    stream::Stream,
};
use crate::{Request, TransportError};

/// Speaks HTTP/1.1 over `stream`.
pub(super) async fn start(
    stream: Stream,
    runtime: runtime::Id,
    origin: &Origin,
) -> Result<Box<Conn>, TransportError> {
    let started = Conn::start(stream, runtime).await;
    started.map_err(|error| fail::exchange(origin, error, false, false, &[]))
}

/// Sends over a connection that nobody has used before.
pub(super) async fn send_new(
    conn: Box<Conn>,
    request: Request,
    pool: Arc<OriginPool>,
) -> Result<http::Response<HyperBody>, TransportError> {
    match conn.exchange(request, &pool.origin).await {
        Ok((response, conn)) => finish(response, conn, pool),
        Err(failed) => {
            pool.close_idle();
            Err(failed.error)
        }
    }
}

/// Checks the head and ties the body to its connection.
pub(super) fn finish(
    response: http::Response<hyper::body::Incoming>,
    conn: Box<Conn>,
    pool: Arc<OriginPool>,
) -> Result<http::Response<HyperBody>, TransportError> {
    let (mut parts, incoming) = response.into_parts();
    let framing = head::check(&pool.origin, &parts, &incoming)?;
    if framing.close_delimited {
        parts.extensions.insert(CloseDelimited);
    }
    let body = HyperBody::h1(H1Body::new(incoming, conn, pool, framing.reusable));
    Ok(http::Response::from_parts(parts, body))
}
