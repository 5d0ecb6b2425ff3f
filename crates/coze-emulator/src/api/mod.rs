//! The operations, one file each, over the shared request context.

mod auth;
mod body;
mod catalog;
mod chat;
mod chat_events;
mod collaboration;
mod context;
mod conversations;
mod failure;
mod files;
mod history;
mod query;
mod resume;
mod run;
mod sse;
mod start;
mod stream;
mod studio;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{delete, get, post},
};
use http::{Method, StatusCode, Uri};

pub(crate) use self::{
    auth::bearer,
    body::read_object,
    collaboration::Collaborations,
    context::Context,
    conversations::Conversations,
    failure::{Failure, INVALID_REQUEST, SYSTEM_BUSY},
    files::{Files, Keep},
};
use crate::{Dialect, core::Shared, faults, oauth, page};

/// All routes.
pub(crate) fn router(core: Shared) -> Router {
    let operations = match core.dialect {
        Dialect::Cloud => cloud(),
        Dialect::Studio => studio::router(),
    };
    let operations = operations
        .layer(middleware::from_fn(faults::apply))
        .layer(middleware::from_fn_with_state(core.clone(), context::enter));
    page::router(core).fallback_service(operations)
}

/// The routes of the cloud service.
fn cloud() -> Router {
    let protected = Router::new()
        .route("/v1/workflow/run", post(run::run))
        .route("/v1/workflow/stream_run", post(stream::stream_run))
        .route("/v1/workflow/stream_resume", post(stream::stream_resume))
        .route("/v1/workflows/resume", post(resume::resume))
        .route("/v1/workflows/chat", post(chat::chat))
        .route("/v1/workflows", get(catalog::list))
        .route("/v1/workflows/{workflow_id}", get(catalog::info))
        .route(
            "/v1/workflows/{workflow_id}/versions",
            get(catalog::versions),
        )
        .route(
            "/v1/workflows/{workflow_id}/collaboration_mode",
            post(collaboration::mode),
        )
        .route(
            "/v1/workflows/{workflow_id}/collaborators",
            post(collaboration::add),
        )
        .route(
            "/v1/workflows/{workflow_id}/collaborators/{user_id}",
            delete(collaboration::remove),
        )
        .route(
            "/v1/files/upload",
            post(files::upload).layer(DefaultBodyLimit::max(files::LIMIT)),
        )
        .route("/v1/files/retrieve", get(files::retrieve))
        .route("/v1/conversation/create", post(conversations::create))
        .route("/v1/conversation/retrieve", get(conversations::retrieve))
        .route("/v1/conversations", get(conversations::list))
        .route(
            "/v1/conversations/{conversation_id}",
            delete(conversations::delete),
        )
        .route(
            "/v1/conversations/{conversation_id}/clear",
            post(conversations::clear),
        )
        .route("/v1/workspaces", get(conversations::workspaces))
        .route(
            "/v1/workflows/{workflow_id}/run_histories/{execute_id}",
            get(history::history),
        )
        .route(
            "/v1/workflows/{workflow_id}/run_histories/{execute_id}/execute_nodes/{uuid}",
            get(history::node),
        )
        .method_not_allowed_fallback(no_such_operation)
        .layer(DefaultBodyLimit::max(body::LIMIT))
        .layer(middleware::from_fn(auth::require_token));
    protected.merge(oauth::router()).fallback(no_such_operation)
}

async fn no_such_operation(context: Context, method: Method, uri: Uri) -> axum::response::Response {
    let message = format!("no such operation: {method} {}", uri.path());
    let failure =
        Failure::new(failure::INVALID_REQUEST, message).with_status(StatusCode::NOT_FOUND);
    context.reply(Err(failure))
}
