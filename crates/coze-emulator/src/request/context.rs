//! The context of one request: the emulator, the log id and the address the caller used.

use axum::{
    body::Body,
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header, request::Parts};

use super::noted;
use crate::{
    core::{Core, Shared},
    current::Current,
    dialect::Dialect,
    store::Note,
};

/// What every handler gets.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) core: Shared,
    pub(crate) log_id: String,
    /// What is noted of the call.
    pub(crate) note: Note,
    /// What URLs of this emulator begin with.
    pub(crate) base_url: String,
}

impl Context {
    pub(crate) fn is_studio(&self) -> bool {
        self.core.dialect == Dialect::Studio
    }

    /// Where the bytes of an uploaded file are.
    pub(crate) fn file_url(&self, id: &str) -> String {
        format!("{}/uploaded/{id}", self.base_url)
    }
}

/// The log id of a request, and the header that carries it, if one does.
fn log_id(core: &Core) -> (Option<HeaderName>, String) {
    let [cloud, studio] = coze_wire::LOG_ID_HEADERS;
    match core.dialect {
        Dialect::Cloud | Dialect::Runs => (Some(cloud), core.ids.log_id(core.clock.seconds())),
        Dialect::Studio => (Some(studio), core.ids.uuid()),
        Dialect::Dify => (None, core.ids.uuid()),
    }
}

/// The host that a request was sent to.
pub(crate) fn host<'r>(uri: &'r Uri, headers: &'r HeaderMap) -> Option<&'r str> {
    // In process there is no Host header: there the URI is absolute.
    headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| uri.authority().map(http::uri::Authority::as_str))
}

/// Makes the context and puts the log id on the response.
pub(crate) async fn enter(
    State(current): State<Current>,
    request: Request,
    next: Next,
) -> Response {
    let core = current.refreshed();
    let (header, log_id) = log_id(&core);
    let base_url = core.base_url.clone().unwrap_or_else(|| {
        let host = host(request.uri(), request.headers());
        format!("http://{}", host.unwrap_or("emulator.local"))
    });
    let (parts, body) = request.into_parts();
    let open = core.journal.begin(core.clock.millis(), &log_id, &parts);
    let note = open.note.clone();
    let mut request = noted::request(&note, Request::from_parts(parts, body));
    request.extensions_mut().insert(Context {
        core,
        log_id: log_id.clone(),
        note,
        base_url,
    });
    let mut response = next.run(request).await;
    open.note.responded(&response);
    if let (Some(header), Ok(value)) = (header, HeaderValue::from_str(&log_id)) {
        // A server behind this one gave it an id of its own.
        response.headers_mut().entry(header).or_insert(value);
    }
    noted::response(open, response)
}

impl<S: Send + Sync> FromRequestParts<S> for Context {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        // The middleware above stands in front of every handler that asks for this.
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
    }
}
