//! The operations, one file each, over the shared request context.

mod catalog;
mod chat;
mod collaboration;
mod conversations;
mod dify;
mod files;
mod find;
mod fixtures;
mod gateway;
mod history;
mod oauth;
mod resume;
mod run;
mod run_records;
mod start;
mod stream;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, Request},
    middleware::{self, Next},
    response::Response,
    routing::{delete, get, post},
};
use http::{Method, Uri};

use crate::{
    core::Shared,
    dialect::Dialect,
    page,
    render::Members,
    request::{self, Context, Kind, Problem, auth, body},
};

/// All routes.
pub(crate) fn router(core: Shared) -> Router {
    let operations = match core.dialect {
        Dialect::Cloud => cloud(),
        Dialect::Studio => studio(),
        Dialect::Runs => runs(),
        Dialect::Dify => dify::router(),
    };
    let operations = operations
        .layer(middleware::from_fn(gateway::apply))
        .layer(middleware::from_fn_with_state(core.clone(), request::enter));
    page::router(core).fallback_service(operations)
}

/// The routes of the cloud service.
fn cloud() -> Router {
    let protected = Router::new()
        .route("/v1/workflow/run", post(run::run))
        .route("/v1/workflow/stream_run", post(stream::stream_run))
        .route("/v1/workflow/stream_resume", post(stream::stream_resume))
        .route("/v1/workflows/resume", post(run::resume))
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
        .layer(middleware::from_fn(require_token));
    protected
        .merge(oauth::router())
        .merge(fixtures::router())
        .fallback(no_such_operation)
}

/// The routes of the self-hosted server. Whatever is not among them belongs to the web pages and wants a browser session.
fn studio() -> Router {
    Router::new()
        .route("/v1/workflow/run", post(run::run))
        .route("/v1/workflow/stream_run", post(stream::stream_run))
        .route("/v1/workflow/stream_resume", post(stream::stream_resume))
        .route("/v1/workflow/get_run_history", get(history::by_query))
        .route("/v1/workflows/chat", post(chat::chat))
        .route("/v1/workflows/{workflow_id}", get(role))
        .route("/v1/files/upload", post(files::upload))
        .method_not_allowed_fallback(no_session)
        .layer(DefaultBodyLimit::max(files::STUDIO_LIMIT))
        .layer(middleware::from_fn(require_token))
        .merge(fixtures::router())
        .fallback(no_session)
}

/// The routes of the runs dialect.
fn runs() -> Router {
    run_records::router()
        .method_not_allowed_fallback(no_such_operation)
        .layer(DefaultBodyLimit::max(body::LIMIT))
        .layer(middleware::from_fn(require_token))
        .fallback(no_such_operation)
}

/// Lets a request pass whose token is accepted.
async fn require_token(context: Context, request: Request, next: Next) -> Response {
    match auth::check(&context, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => context.respond(Err(problem)),
    }
}

async fn no_such_operation(context: Context, method: Method, uri: Uri) -> Response {
    let message = format!("no such operation: {method} {}", uri.path());
    context.respond(Err(Problem::new(Kind::NoOperation, message)))
}

async fn no_session(context: Context) -> Response {
    let message = "missing session_key in cookie";
    context.respond(Err(Problem::new(Kind::NoOperation, message)))
}

/// `GET /v1/workflows/:workflow_id`: on the self-hosted server the role of a chatflow. Definitions have none, which is
/// said by leaving `data` out.
async fn role(context: Context, Path(id): Path<String>) -> Response {
    // Anything but a number is not among the paths of the API.
    if id.bytes().any(|byte| !byte.is_ascii_digit()) {
        return no_session(context).await;
    }
    context.respond(context.published(&id).and_then(|workflow| {
        if workflow.is_chatflow() {
            Ok(Members::new())
        } else {
            Err(Problem::new(Kind::NotAChatflow, "not a chatflow"))
        }
    }))
}
