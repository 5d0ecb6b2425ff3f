//! Requests to https servers when HTTP/2 is on: the server chooses the protocol.

use std::{
    future::ready,
    sync::{Arc, atomic::Ordering},
};

use hyper_util::client::legacy::connect::Connection;
use tokio::runtime;

use super::{
    body::HyperBody,
    connect::{Connector, within},
    exchange::{send_new, start},
    fail,
    h2::{Failed, H2Body},
    head,
    origin::Origin,
    pool::OriginPool,
    shared::Shared,
    stream::Stream,
};
use crate::{Request, TransportError, timeout::PrepareLimit};

/// Sends over the shared connection, or over a new one of whatever kind the server chooses.
pub(super) async fn send(
    connector: &Connector,
    mut request: Request,
    pool: Arc<OriginPool>,
    runtime: runtime::Id,
    limit: Option<PrepareLimit>,
) -> Result<http::Response<HyperBody>, TransportError> {
    // Once more at most: after a connection that was found closed.
    let mut again = true;
    loop {
        let mut found = pool.shared(runtime);
        let mut fresh = false;
        if found.is_none() {
            // The first one connects while the others wait for what it finds. If it finds nothing,
            // they all try on their own: waiting in turn would add up their timeouts.
            let mut first = None;
            if !pool.chose_h1.load(Ordering::Relaxed) {
                match pool.connecting.try_lock() {
                    Ok(guard) => first = Some(guard),
                    Err(_) => {
                        drop(within(limit, async { Ok(pool.connecting.lock().await) }).await?);
                    }
                }
            }
            found = pool.shared(runtime);
            if found.is_none() {
                let stream = connector.open(&pool.origin, |stream| ready(Ok(stream)));
                let stream = within(limit, stream).await?;
                let tls = match stream {
                    Stream::Tls(tls) if tls.connected().is_negotiated_h2() => tls,
                    stream => {
                        pool.chose_h1.store(true, Ordering::Relaxed);
                        drop(first);
                        let conn = start(stream, runtime, &pool.origin).await?;
                        return send_new(conn, request, pool).await;
                    }
                };
                pool.chose_h1.store(false, Ordering::Relaxed);
                let new = Shared::start(tls, runtime)
                    .await
                    .map_err(|error| fail::exchange_h2(&pool.origin, error, false))?;
                pool.share(new.clone());
                found = Some(new);
                fresh = true;
            }
        }
        let Some(shared) = found else { continue };
        match shared.exchange(request, &pool).await {
            Ok(response) => return finish_h2(response, &pool.origin),
            // The connection is forgotten already.
            Err(Failed {
                unsent: Some(unsent),
                ..
            }) if again && !fresh => request = unsent,
            Err(failed) => return Err(failed.error),
        }
        again = false;
    }
}

/// Checks the head of a response over HTTP/2.
fn finish_h2(
    response: http::Response<H2Body>,
    origin: &Origin,
) -> Result<http::Response<HyperBody>, TransportError> {
    let (parts, body) = response.into_parts();
    head::check(origin, &parts, &body)?;
    Ok(http::Response::from_parts(parts, HyperBody::h2(body)))
}
