//! The files of the page. No build step makes them, and they name no other server.

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};

/// What is served below `/_emulator/page/`.
macro_rules! files {
    ($($name:literal => $kind:literal,)*) => {
        const FILES: &[(&str, &str, &str)] = &[$(($name, $kind, include_str!(concat!("static/", $name))),)*];
    };
}

files! {
    "api.js" => "text/javascript; charset=utf-8",
    "app.js" => "text/javascript; charset=utf-8",
    "dom.js" => "text/javascript; charset=utf-8",
    "faults.js" => "text/javascript; charset=utf-8",
    "form.js" => "text/javascript; charset=utf-8",
    "graph.js" => "text/javascript; charset=utf-8",
    "lists.js" => "text/javascript; charset=utf-8",
    "question.js" => "text/javascript; charset=utf-8",
    "requests.js" => "text/javascript; charset=utf-8",
    "run.js" => "text/javascript; charset=utf-8",
    "style.css" => "text/css; charset=utf-8",
    "timeline.js" => "text/javascript; charset=utf-8",
    "words.js" => "text/javascript; charset=utf-8",
    "workflow.js" => "text/javascript; charset=utf-8",
}

/// Nothing but what this server gives out is loaded, run or shown in a frame, whatever a workflow says.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The document of all views.
pub(super) async fn document() -> Response {
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    with(html, include_str!("static/index.html"))
}

pub(super) async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(known, ..)| *known == name) {
        Some((_, kind, text)) => with(HeaderValue::from_static(kind), text),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn with(kind: HeaderValue, text: &'static str) -> Response {
    const FRAME: HeaderName = header::CONTENT_SECURITY_POLICY;
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (FRAME, POLICY),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    (headers, text).into_response()
}
