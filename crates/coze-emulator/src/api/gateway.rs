//! What stands before the operations: counts, faults and the limit of calls a second.

use std::time::Duration;

use axum::{body::Body, extract::Request, middleware::Next, response::Response};
use coze_models::codes::SYSTEM_BUSY;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::time::Instant;

use crate::{
    connection::{Call, Refusal, Refused},
    dialect::Dialect,
    faults::{Fault, FaultyBody, Goaway, ParseFaultError, edit, gzip, is_limited},
    request::{Context, Problem},
};

/// Header of a request that asks for a fault.
const HEADER: &str = "x-emulator-fault";

/// Largest body that is buffered to be compressed, in bytes.
const BUFFERED: usize = 64 * 1024 * 1024;

/// Counts a call, gives it its fault, and keeps the limits of the gateway.
pub(crate) async fn apply(context: Context, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    context.core.traffic.count(&path);
    let call = request.extensions().get::<Call>().cloned();
    let fault = match asked(request.headers()) {
        Ok(Some(fault)) => fault,
        Ok(None) => context.core.plan.next(&path).unwrap_or_default(),
        Err(message) => return context.respond(Err(Problem::value(message))),
    };
    if !fault.text.is_empty() {
        context.note.hit(&fault.text);
    }
    if let Some(delay) = fault.delay {
        tokio::time::sleep_until(Instant::now() + delay).await;
    }
    if fault.close {
        return drop_connection(call).await;
    }
    if fault.goaway == Some(Goaway::Refuse) {
        return refuse(call).await;
    }
    if call.as_ref().is_some_and(|call| !call.begin()) {
        // The client was told that nobody looks at this call.
        return std::future::pending().await;
    }
    let page_token = edit::page_token(request.uri());
    let leaves = fault.goaway.is_some();
    if leaves && let Some(call) = &call {
        call.control().leave();
    }
    let instead = refused(&context, &fault).or_else(|| over_quota(&context, &path));
    let mut response = if let Some(response) = instead {
        response
    } else {
        // Dify's own server waits as long as the run takes.
        let gateway = match context.core.dialect {
            Dialect::Dify => Duration::MAX,
            _ => context.core.limits.gateway,
        };
        let Some(response) = context.core.clock.timeout(gateway, next.run(request)).await else {
            // The run goes on in its task.
            return drop_connection(call).await;
        };
        if fault.lose {
            return drop_connection(call).await;
        }
        let mut response = match (fault.recode, fault.replace) {
            (Some(code), _) => edit::recode(response, code).await,
            (None, Some(status)) => gateway_page(status),
            (None, None) => response,
        };
        if let Some(status) = fault.replace {
            *response.status_mut() = status;
            ask_to_wait(&mut response, &fault);
        }
        response
    };
    if leaves {
        close_after(&mut response, call.as_ref());
    }
    if let Some(kind) = fault.page {
        response = edit::page(response, kind, page_token).await;
    }
    if fault.older {
        response = edit::older(response).await;
    }
    spoil(response, fault, call).await
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
        .map_err(|error: ParseFaultError| error.to_string())
}

/// The response of a fault that stands in for the operation.
fn refused(context: &Context, fault: &Fault) -> Option<Response> {
    let mut response = match (fault.code, fault.status) {
        (Some(code), status) => {
            let problem = Problem::code(code, "a fault was asked for");
            context.respond(Err(problem.with_status(status.unwrap_or(StatusCode::OK))))
        }
        (None, Some(status)) => gateway_page(status),
        (None, None) => return None,
    };
    ask_to_wait(&mut response, fault);
    Some(response)
}

fn ask_to_wait(response: &mut Response, fault: &Fault) {
    if let Some(retry_after) = &fault.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, retry_after.clone());
    }
}

/// The response to a call that is one too many in this second.
fn over_quota(context: &Context, path: &str) -> Option<Response> {
    let per_second = context.core.limits.calls_per_second?;
    if !is_limited(path) || context.core.traffic.admits(per_second) {
        return None;
    }
    let problem = Problem::code(
        SYSTEM_BUSY,
        format!("more than {per_second} calls in a second"),
    );
    Some(context.respond(Err(problem.with_status(StatusCode::TOO_MANY_REQUESTS))))
}

/// What a gateway says.
fn gateway_page(status: StatusCode) -> Response {
    let reason = status.canonical_reason().unwrap_or("Error");
    let mut response = Response::new(Body::from(format!(
        "<html><head><title>{status}</title></head><body><h1>{reason}</h1></body></html>\n"
    )));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

/// Changes the head and wraps the body.
async fn spoil(mut response: Response, fault: Fault, call: Option<Call>) -> Response {
    if let Some(content_type) = &fault.content_type {
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, content_type.clone());
    }
    if fault.gzip {
        let (mut parts, body) = response.into_parts();
        parts
            .headers
            .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        let content = axum::body::to_bytes(body, BUFFERED)
            .await
            .unwrap_or_default();
        response = Response::from_parts(parts, Body::from(gzip(&content)));
    }
    if fault.end.is_none() && fault.drip.is_none() && !fault.changes_events() {
        return response;
    }
    let control = call.map(|call| call.control().clone());
    response.map(|body| Body::new(FaultyBody::new(body, fault, control)))
}

/// Closes the connection without a response. Without a socket the response is a body that fails at once.
async fn drop_connection(call: Option<Call>) -> Response {
    if let Some(call) = call {
        call.control().close();
        // The server drops this future together with the connection.
        std::future::pending::<()>().await;
    }
    let fault = Fault::cut_at_once();
    Response::new(Body::new(FaultyBody::new(Body::empty(), fault, None)))
}

/// Tells the client that the call was not accepted, and that its connection takes no more.
async fn refuse(call: Option<Call>) -> Response {
    match call.as_ref().map(Call::refuse) {
        Some(Refusal::Excluded) => std::future::pending().await,
        Some(Refusal::Reset) => {
            let mut response = Response::new(Body::empty());
            response.extensions_mut().insert(Refused);
            response
        }
        Some(Refusal::Unknown) | None => {
            let mut response = gateway_page(StatusCode::SERVICE_UNAVAILABLE);
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("0"));
            close_after(&mut response, call.as_ref());
            response
        }
    }
}

/// Says on HTTP/1 that the connection ends after this response.
fn close_after(response: &mut Response, call: Option<&Call>) {
    if call.is_some_and(|call| !call.is_http2()) {
        response
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
}
