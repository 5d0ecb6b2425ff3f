//! Who may use the control API: programs on this machine, and the emulator's own page. A page of another origin may not,
//! neither by CORS nor through a host name that it lets point to this machine (DNS rebinding).

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, Uri, header, uri::Authority};

use super::respond::Refused;
use crate::{
    connection::Call,
    current::Current,
    request::{auth::bearer, host},
};

pub(super) async fn guard(
    State(current): State<Current>,
    request: Request,
    next: Next,
) -> Response {
    let has_socket = request.extensions().get::<Call>().is_some();
    match check(&current, has_socket, request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into_response(),
    }
}

fn check(
    current: &Current,
    has_socket: bool,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), Refused> {
    let host = host(uri, headers).unwrap_or_default();
    if is_foreign(host, headers) {
        return Err(Refused(
            StatusCode::FORBIDDEN,
            "the control API responds to no web page of another origin; call it from a program or from the emulator's page".into(),
        ));
    }
    if current.settings().is_exposed() {
        // Here a token stands for the host: a page that made its name point here does not know one.
        return has_token(current, headers);
    }
    let base_url = current.settings().base_url.as_deref();
    if has_socket && !is_own(host) && !is_base(base_url, host) {
        return Err(Refused(
            StatusCode::FORBIDDEN,
            format!(
                "the control API does not respond to the host name '{host}'; use localhost or the IP address"
            ),
        ));
    }
    Ok(())
}

fn has_token(current: &Current, headers: &HeaderMap) -> Result<(), Refused> {
    let core = current.core();
    if bearer(headers).is_some_and(|token| core.tokens.fixed.iter().any(|fixed| fixed == token)) {
        return Ok(());
    }
    Err(Refused(
        StatusCode::UNAUTHORIZED,
        "other machines can reach this emulator, so that the control API wants a token that was accepted at its start; \
         send it as 'Authorization: Bearer …'"
            .into(),
    ))
}

/// Whether a page of another origin asks.
fn is_foreign(host: &str, headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN).is_some_and(|origin| {
        let authority = origin
            .to_str()
            .ok()
            .and_then(|origin| origin.split_once("://"));
        authority.is_none_or(|(_, authority)| !authority.eq_ignore_ascii_case(host))
    });
    let site = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site != "same-origin" && site != "none");
    origin || site
}

/// Whether no name server had a say in this host.
fn is_own(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host().to_ascii_lowercase();
    let inner = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<Ipv4Addr>().is_ok()
        || inner.parse::<Ipv6Addr>().is_ok()
}

fn is_base(base_url: Option<&str>, host: &str) -> bool {
    base_url
        .and_then(|url| url.split_once("://"))
        .is_some_and(|(_, base)| base.split('/').next() == Some(host))
}
