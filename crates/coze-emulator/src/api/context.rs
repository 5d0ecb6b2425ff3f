//! The context of one request: the emulator, the log id and the address the caller used.

use axum::{
    body::Body,
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header, request::Parts};
use serde_json::{Map, Value, json};

use super::failure::{self, Failure};
use crate::{
    Definition, Dialect,
    core::{Core, Shared},
    runs::Run,
};

/// The log id of a request, and the header that carries it.
fn log_id(core: &Core) -> (HeaderName, String) {
    let [cloud, studio] = coze_wire::LOG_ID_HEADERS;
    match core.dialect {
        Dialect::Cloud => (cloud, core.ids.log_id(core.clock.seconds())),
        Dialect::Studio => (studio, core.ids.uuid()),
    }
}

/// What every handler gets.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) core: Shared,
    pub(super) log_id: String,
    /// What URLs of this emulator begin with.
    pub(crate) base_url: String,
}

/// The address that a request was sent to, without a path.
fn base_url_of(uri: &Uri, headers: &HeaderMap) -> String {
    // In process there is no Host header: there the URI is absolute.
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| uri.authority().map(http::uri::Authority::as_str))
        .unwrap_or("emulator.local");
    format!("http://{host}")
}

/// Makes the context and puts the log id on the reply.
pub(super) async fn enter(
    State(core): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let (header, log_id) = log_id(&core);
    let base_url = match &core.base_url {
        Some(base_url) => base_url.clone(),
        None => base_url_of(request.uri(), request.headers()),
    };
    request.extensions_mut().insert(Context {
        core,
        log_id: log_id.clone(),
        base_url,
    });
    let mut response = next.run(request).await;
    if let Ok(value) = HeaderValue::from_str(&log_id) {
        response.headers_mut().insert(header, value);
    }
    response
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

/// A JSON reply.
pub(super) fn json(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    response
}

/// Members beside `code` in a successful reply.
pub(crate) type Members = Map<String, Value>;

impl Context {
    /// Writes the envelope.
    pub(crate) fn reply(&self, result: Result<Members, Failure>) -> Response {
        let (status, mut body) = match result {
            Ok(members) => {
                let mut body = Map::new();
                body.insert("code".into(), json!(0));
                body.insert("msg".into(), json!(""));
                body.extend(members);
                (StatusCode::OK, body)
            }
            Err(failure) => {
                let mut body = Map::new();
                body.insert("code".into(), json!(failure.code));
                body.insert("msg".into(), json!(failure.message));
                if let Some(debug_url) = failure.debug_url {
                    body.insert("debug_url".into(), json!(debug_url));
                }
                (failure.status, body)
            }
        };
        body.insert("detail".into(), json!({ "logid": self.log_id }));
        json(status, &Value::Object(body))
    }

    /// The page of a run.
    pub(super) fn debug_url(&self, run: &Run) -> String {
        format!(
            "{}/work_flow?execute_id={}&space_id={}&workflow_id={}",
            self.base_url,
            run.execute_id,
            crate::SPACE_ID,
            run.workflow.id()
        )
    }

    /// A workflow that the API may run.
    pub(super) fn published(&self, id_or_name: &str) -> Result<&Definition, Failure> {
        match self.core.workflows.get(id_or_name) {
            Some(workflow) if workflow.is_published() => Ok(workflow),
            Some(workflow) => Err(Failure::new(
                failure::NOT_FOUND,
                format!("workflow '{}' has not been published", workflow.name()),
            )),
            None => Err(Failure::new(
                failure::NOT_FOUND,
                format!("workflow '{id_or_name}' does not exist"),
            )),
        }
    }
}
