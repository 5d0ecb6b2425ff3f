//! Where faults meet calls.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::time::Instant;

use super::{body::FaultyBody, fault::Fault, gzip::gzip};
use crate::{
    api::{BAD_REQUEST, Context, Failure, SYSTEM_BUSY},
    connection::Control,
};

/// Header of a request that asks for a fault.
const HEADER: &str = "x-emulator-fault";

/// Largest body that is buffered to be compressed, in bytes.
const BUFFERED: usize = 64 * 1024 * 1024;

/// Paths that are counted by themselves; so many ids are not in sight in a test.
const COUNTED: usize = 10_000;

/// What came in: counts by path, and the times of the last second.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    counts: Mutex<HashMap<String, u64>>,
    recent: Mutex<VecDeque<Instant>>,
}

impl Traffic {
    fn count(&self, path: &str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(path) {
            *count += 1;
        } else if counts.len() < COUNTED {
            counts.insert(path.to_owned(), 1);
        }
    }

    pub(crate) fn calls(&self, path: &str) -> u64 {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(path).copied().unwrap_or(0)
    }

    /// Whether one more call fits into this second.
    fn admits(&self, per_second: u32) -> bool {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        while recent
            .front()
            .is_some_and(|then| now.duration_since(*then) >= Duration::from_secs(1))
        {
            recent.pop_front();
        }
        let admitted = recent.len() < per_second as usize;
        if admitted {
            recent.push_back(now);
        }
        admitted
    }
}

/// The calls that share one quota.
fn is_limited(path: &str) -> bool {
    matches!(
        path,
        "/v1/workflow/run"
            | "/v1/workflow/stream_run"
            | "/v1/workflow/stream_resume"
            | "/v1/workflows/resume"
            | "/v1/workflows/chat"
    ) || path.contains("/run_histories/")
}

/// Counts a call, gives it its fault, and keeps the limits of the gateway.
pub(crate) async fn apply(context: Context, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    context.core.traffic.count(&path);
    let control = request
        .extensions()
        .get::<ConnectInfo<Control>>()
        .map(|ConnectInfo(control)| control.clone());
    let fault = match asked(request.headers()) {
        Ok(Some(fault)) => fault,
        Ok(None) => context.core.plan.next(&path).unwrap_or_default(),
        Err(message) => return context.reply(Err(Failure::new(BAD_REQUEST, message))),
    };
    if let Some(delay) = fault.delay {
        tokio::time::sleep_until(Instant::now() + delay).await;
    }
    if fault.close {
        return drop_connection(control).await;
    }
    if let Some(reply) = refused(&context, &fault) {
        return spoil(reply, fault, control).await;
    }
    if let Some(per_second) = context.core.limits.calls_per_second
        && is_limited(&path)
        && !context.core.traffic.admits(per_second)
    {
        let failure = Failure::new(
            SYSTEM_BUSY,
            format!("more than {per_second} calls in a second"),
        );
        return context.reply(Err(failure.with_status(StatusCode::TOO_MANY_REQUESTS)));
    }
    let gateway = context.core.limits.gateway;
    let Ok(mut reply) = tokio::time::timeout(gateway, next.run(request)).await else {
        // The run goes on in its task.
        return drop_connection(control).await;
    };
    if fault.lose {
        return drop_connection(control).await;
    }
    if let Some(status) = fault.replace {
        reply = page(status);
    }
    spoil(reply, fault, control).await
}

fn asked(headers: &HeaderMap) -> Result<Option<Fault>, String> {
    let Some(value) = headers.get(HEADER) else {
        return Ok(None);
    };
    let text = value
        .to_str()
        .map_err(|_| format!("header {HEADER} is not text"))?;
    text.parse()
        .map(Some)
        .map_err(|error: super::ParseFaultError| error.to_string())
}

/// The reply of a fault that stands in for the operation.
fn refused(context: &Context, fault: &Fault) -> Option<Response> {
    let mut reply = match (fault.code, fault.status) {
        (Some(code), status) => {
            let failure = Failure::new(code, "a fault was asked for");
            context.reply(Err(failure.with_status(status.unwrap_or(StatusCode::OK))))
        }
        (None, Some(status)) => page(status),
        (None, None) => return None,
    };
    if let Some(retry_after) = &fault.retry_after {
        reply
            .headers_mut()
            .insert(header::RETRY_AFTER, retry_after.clone());
    }
    Some(reply)
}

/// What a gateway says.
fn page(status: StatusCode) -> Response {
    let reason = status.canonical_reason().unwrap_or("Error");
    let mut reply = Response::new(Body::from(format!(
        "<html><head><title>{status}</title></head><body><h1>{reason}</h1></body></html>\n"
    )));
    *reply.status_mut() = status;
    reply
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    reply
}

/// Changes the head and wraps the body.
async fn spoil(mut reply: Response, fault: Fault, control: Option<Control>) -> Response {
    if let Some(content_type) = &fault.content_type {
        reply
            .headers_mut()
            .insert(header::CONTENT_TYPE, content_type.clone());
    }
    if fault.gzip {
        let (mut parts, body) = reply.into_parts();
        parts
            .headers
            .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        let content = axum::body::to_bytes(body, BUFFERED)
            .await
            .unwrap_or_default();
        reply = Response::from_parts(parts, Body::from(gzip(&content)));
    }
    let touches_body = fault.end.is_some()
        || fault.drip.is_some()
        || fault.duplicate.is_some()
        || fault.swap.is_some()
        || fault.drop.is_some()
        || fault.error_event.is_some();
    if !touches_body {
        return reply;
    }
    reply.map(|body| Body::new(FaultyBody::new(body, fault, control)))
}

/// Closes the connection without a reply. Without a socket the reply is a body that fails at once.
async fn drop_connection(control: Option<Control>) -> Response {
    if let Some(control) = control {
        control.close();
        // The server drops this future together with the connection.
        std::future::pending::<()>().await;
    }
    let fault = Fault::cut_at_once();
    Response::new(Body::new(FaultyBody::new(Body::empty(), fault, None)))
}
