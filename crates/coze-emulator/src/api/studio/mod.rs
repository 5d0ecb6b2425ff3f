//! The self-hosted server: the calls that it shares with the cloud, in its own form.

mod card;
mod chat;
mod chat_events;
mod history;
mod refusal;
mod run;
mod stream;
mod upload;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, Request},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use http::StatusCode;
use serde_json::{Value, json};

use self::refusal::Refusal;
use super::{
    auth::{self, Pass},
    context::Context,
};
use crate::{Definition, runs::Run};

/// The routes. Whatever is not among them belongs to the web pages and wants a browser session.
pub(super) fn router() -> Router {
    Router::new()
        .route("/v1/workflow/run", post(run::run))
        .route("/v1/workflow/stream_run", post(stream::stream_run))
        .route("/v1/workflow/stream_resume", post(stream::stream_resume))
        .route("/v1/workflow/get_run_history", get(history::history))
        .route("/v1/workflows/chat", post(chat::chat))
        .route("/v1/workflows/{workflow_id}", get(role))
        .route("/v1/files/upload", post(upload::upload))
        .method_not_allowed_fallback(no_session)
        .layer(DefaultBodyLimit::max(upload::LIMIT))
        .layer(middleware::from_fn(require_token))
        .fallback(no_session)
}

async fn require_token(context: Context, request: Request, next: Next) -> Response {
    match auth::check(&context, request.headers()) {
        Pass::In => next.run(request).await,
        // With HTTP 200, unlike the cloud.
        Pass::Out(message) => Refusal::new(super::failure::INVALID_ACCESS_TOKEN, message).reply(),
    }
}

/// `GET /v1/workflows/:workflow_id`: here the role of a chatflow. Definitions have none, which is said by leaving `data` out.
async fn role(context: Context, Path(id): Path<String>) -> Response {
    // Anything but a number is not among the paths of the API.
    if id.bytes().any(|byte| !byte.is_ascii_digit()) {
        return no_session().await;
    }
    match published(&context, &id) {
        Ok(workflow) if workflow.is_chatflow() => {
            json_reply(StatusCode::OK, &json!({ "BaseResp": null }))
        }
        Ok(_) => Refusal::new(refusal::NOT_A_CHATFLOW, "not a chatflow").reply(),
        Err(refusal) => refusal.reply(),
    }
}

async fn no_session() -> Response {
    let body = json!({ "code": 401, "msg": "missing session_key in cookie" });
    json_reply(StatusCode::UNAUTHORIZED, &body)
}

fn json_reply(status: StatusCode, body: &Value) -> Response {
    super::context::json(status, body)
}

/// A published workflow by its number; names are not known here.
fn published<'c>(context: &'c Context, id: &str) -> Result<&'c Definition, Refusal> {
    if id.parse::<i64>().is_err() {
        return Err(Refusal::new(
            refusal::EXECUTION_FAILED,
            format!("'{id}' is not a number"),
        ));
    }
    let workflow = context
        .core
        .workflows
        .get(id)
        .filter(|workflow| workflow.id() == id);
    let workflow = workflow.ok_or_else(|| {
        Refusal::new(
            refusal::WORKFLOW_NOT_FOUND,
            format!("workflow {id} not found"),
        )
    })?;
    if !workflow.is_published() {
        return Err(Refusal::new(
            refusal::STUDIO_NOT_PUBLISHED,
            "workflow not published",
        ));
    }
    Ok(workflow)
}

/// The page of a run, with the query in the order of its keys.
fn debug_url(context: &Context, run: &Run) -> String {
    format!(
        "{}/work_flow?execute_id={}&execute_mode=2&space_id={}&workflow_id={}",
        context.base_url,
        run.execute_id,
        crate::SPACE_ID,
        run.workflow.id()
    )
}

/// The code of a failed run: what a `fail` node says, or the one for every other cause.
fn code_of(failure: &crate::runs::Failure, timed_out: bool) -> i64 {
    match failure.code {
        _ if timed_out => refusal::STUDIO_TIMED_OUT,
        crate::engine::INTERNAL_ERROR => refusal::EXECUTION_FAILED,
        code => code,
    }
}
