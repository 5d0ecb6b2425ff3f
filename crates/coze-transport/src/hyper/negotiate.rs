//! Requests to https servers when HTTP/2 is on: the server chooses the protocol.

use std::sync::{Arc, atomic::Ordering};

use hyper_util::client::legacy::connect::Connection;
use tokio::runtime;

use super::{
    Inner, before,
    body::LeafBody,
    fail,
    h2::{Failed, H2Body, Shared},
    head, send_new,
    site::Site,
};
use crate::{Request, Response, ResponseBody, TransportError, timeout::PrepareLimit};

/// Sends over the shared connection, or over a new one of whatever kind the server chooses.
pub(super) async fn send(
    leaf: &Inner,
    mut request: Request,
    site: Arc<Site>,
    runtime: runtime::Id,
    limit: Option<PrepareLimit>,
) -> Result<Response, TransportError> {
    // Once more at most: after a connection that was found closed.
    let mut again = true;
    loop {
        let mut found = site.shared(runtime);
        let mut fresh = false;
        if found.is_none() {
            // The first one connects while the others wait for what it finds. If it finds nothing,
            // they all try on their own: waiting in turn would add up their timeouts.
            let mut first = None;
            if !site.chose_h1.load(Ordering::Relaxed) {
                match site.connecting.try_lock() {
                    Ok(guard) => first = Some(guard),
                    Err(_) => {
                        drop(before(limit, async { Ok(site.connecting.lock().await) }).await?);
                    }
                }
            }
            found = site.shared(runtime);
            if found.is_none() {
                let stream = before(limit, leaf.connect(&site)).await?;
                let is_h2 = stream.connected().is_negotiated_h2();
                site.chose_h1.store(!is_h2, Ordering::Relaxed);
                if !is_h2 {
                    drop(first);
                    return send_new(stream, request, site, runtime).await;
                }
                let new = Shared::start(stream, runtime)
                    .await
                    .map_err(|error| fail::exchange_h2(&site, error, false))?;
                site.share(new.clone());
                found = Some(new);
                fresh = true;
            }
        }
        let Some(shared) = found else { continue };
        match shared.exchange(request, &site).await {
            Ok(response) => return finish_h2(response, &site),
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

/// Checks the head of an answer over HTTP/2.
fn finish_h2(response: http::Response<H2Body>, site: &Site) -> Result<Response, TransportError> {
    let (parts, body) = response.into_parts();
    head::check(site, &parts, &body)?;
    Ok(Response::from_parts(
        parts,
        ResponseBody::leaf(LeafBody::H2(body)),
    ))
}
