//! Files: upload as a form with one file, and what is known of it.

use axum::{extract::Request, response::Response};
use coze_models::codes::NOT_FOUND;

use crate::request::{
    Context, Problem,
    query::{self, Pairs},
    receive,
};

/// Largest file of the cloud service, in bytes.
pub(super) const LIMIT: usize = 512 * 1024 * 1024;
/// Largest file of the self-hosted server, in bytes.
pub(super) const STUDIO_LIMIT: usize = 200 * 1024 * 1024;

/// `POST /v1/files/upload`.
pub(super) async fn upload(context: Context, request: Request) -> Response {
    // On the self-hosted server only this name counts.
    let part = context.is_studio().then_some("file");
    let received = receive(&context, request, part).await;
    context.render().file(&context, received)
}

/// `GET /v1/files/retrieve`.
pub(super) async fn retrieve(context: Context, query: Pairs) -> Response {
    let found = query::required(&query, "file_id").and_then(|id| {
        let file = context.core.files.get(id);
        file.map(|file| (id.to_owned(), file))
            .ok_or_else(|| Problem::code(NOT_FOUND, format!("file '{id}' does not exist")))
    });
    context.render().file(&context, found)
}
