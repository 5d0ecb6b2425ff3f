//! The operations, one file each, over the shared request context.

mod auth;
mod body;
mod context;
mod failure;
mod history;
mod run;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use http::{Method, StatusCode, Uri};

use self::{context::Context, failure::Failure};
use crate::{core::Shared, page};

/// All routes.
pub(crate) fn router(core: Shared) -> Router {
    let operations = Router::new()
        .route("/v1/workflow/run", post(run::run))
        .route(
            "/v1/workflows/{workflow_id}/run_histories/{execute_id}",
            get(history::history),
        )
        .fallback(no_such_operation)
        .method_not_allowed_fallback(no_such_operation)
        .layer(DefaultBodyLimit::max(body::LIMIT))
        .layer(middleware::from_fn(auth::require_token))
        .layer(middleware::from_fn_with_state(core.clone(), context::enter));
    page::router(core).fallback_service(operations)
}

async fn no_such_operation(context: Context, method: Method, uri: Uri) -> axum::response::Response {
    let message = format!("no such operation: {method} {}", uri.path());
    let failure = Failure::new(failure::BAD_REQUEST, message).with_status(StatusCode::NOT_FOUND);
    context.reply(Err(failure))
}
