//! Files that workflows give out, without a token, as the service's own addresses of files are.

use axum::{Router, extract::Path, response::Response, routing::get};
use http::{HeaderValue, StatusCode, header};

use crate::{definition::FIXTURES, request::Context};

pub(super) fn router() -> Router {
    Router::new().route(
        &format!("{FIXTURES}/{{workflow_id}}/{{name}}"),
        get(fixture),
    )
}

async fn fixture(context: Context, Path((workflow_id, name)): Path<(String, String)>) -> Response {
    let workflow = context.core.workflows.get(&workflow_id);
    let file = workflow.and_then(|workflow| workflow.files().get(&name).cloned());
    let Some(file) = file else {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    let mut response = Response::new(file.content.into());
    if let Ok(kind) = HeaderValue::from_str(&file.content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}
