//! The operations, one file each, over the shared request context.

mod account;
mod agent_chat;
mod agents;
mod catalog;
mod chat;
mod collaboration;
mod conversations;
mod cors;
mod dify;
mod files;
mod find;
mod fixtures;
mod gateway;
mod history;
mod messages;
mod oauth;
mod resume;
mod routes;
mod run;
mod run_records;
mod start;
mod stream;
mod variables;

use std::{
    future::{Ready, ready},
    sync::Arc,
};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, Request},
    middleware::{self, Next},
    response::Response,
    routing::post,
};
use http::{Method, StatusCode, Uri};

use self::routes::Routes;
use crate::{
    control,
    current::Current,
    dialect::Dialect,
    page,
    render::Members,
    request::{self, Context, Kind, Problem, auth, body},
};

/// All routes.
pub(crate) fn router(current: &Current) -> Router {
    let settings = current.settings();
    let operations = match (&settings.upstream, settings.dialect) {
        (Some(upstream), _) => upstream.router(),
        (None, Dialect::Cloud) => cloud(),
        (None, Dialect::Studio) => studio(),
        (None, Dialect::Runs) => runs(),
        (None, Dialect::Dify) => dify::router(),
    };
    let operations = operations
        .layer(middleware::from_fn(gateway::apply))
        .layer(middleware::from_fn_with_state(
            current.clone(),
            request::enter,
        ))
        .layer(cors::layer(current.settings()));
    page::router(current.clone())
        .merge(control::router(current))
        .fallback_service(operations)
}

/// The routes of the cloud service.
fn cloud() -> Router {
    let protected = Routes::default()
        .post("/v1/workflow/run", run::run)
        .post("/v1/workflow/stream_run", stream::stream_run)
        .post("/v1/workflow/stream_resume", stream::stream_resume)
        .post("/v1/workflows/resume", run::resume)
        .post("/v1/workflows/chat", chat::chat)
        .get("/v1/workflows", catalog::list)
        .get("/v1/workflows/{workflow_id}", catalog::info)
        .get("/v1/workflows/{workflow_id}/versions", catalog::versions)
        .post(
            "/v1/workflows/{workflow_id}/collaboration_mode",
            collaboration::mode,
        )
        .post(
            "/v1/workflows/{workflow_id}/collaborators",
            collaboration::add,
        )
        .delete(
            "/v1/workflows/{workflow_id}/collaborators/{user_id}",
            collaboration::remove,
        )
        .on(
            "POST",
            "/v1/files/upload",
            post(files::upload).layer(DefaultBodyLimit::max(files::LIMIT)),
        )
        .get("/v1/files/retrieve", files::retrieve)
        .post("/v1/conversation/create", conversations::create)
        .get("/v1/conversation/retrieve", conversations::retrieve)
        .get("/v1/conversations", conversations::list)
        .delete("/v1/conversations/{conversation_id}", conversations::delete)
        .put("/v1/conversations/{conversation_id}", conversations::edit)
        .post("/v1/conversation/message/create", messages::create)
        .post("/v1/conversation/message/list", messages::list)
        .get("/v1/conversation/message/retrieve", messages::retrieve)
        .post("/v1/conversation/message/modify", messages::modify)
        .post("/v1/conversation/message/delete", messages::delete)
        .post("/v3/chat", agent_chat::chat)
        // The pages say GET, the official SDKs send POST.
        .get("/v3/chat/retrieve", agent_chat::retrieve)
        .post("/v3/chat/retrieve", agent_chat::retrieve)
        .post("/v3/chat/cancel", agent_chat::cancel)
        .get("/v3/chat/message/list", agent_chat::list_messages)
        .get("/v1/bots", agents::bots)
        .get("/v1/bots/{bot_id}", agents::bot)
        .get("/v1/bot/get_online_info", agents::online)
        .get("/v1/space/published_bots_list", agents::published)
        .get("/v1/variables", variables::read)
        .put("/v1/variables", variables::update)
        .get("/v1/apps", agents::apps)
        .get("/v1/users/me", account::me)
        .get("/v1/workspaces/{workspace_id}/members", account::members)
        .post(
            "/v1/conversations/{conversation_id}/clear",
            conversations::clear,
        )
        .get("/v1/workspaces", account::workspaces)
        .get(
            "/v1/workflows/{workflow_id}/run_histories/{execute_id}",
            history::history,
        )
        .get(
            "/v1/workflows/{workflow_id}/run_histories/{execute_id}/execute_nodes/{uuid}",
            history::node,
        );
    let open = oauth::routes();
    let refuse = no_such_operation(&[protected.names, open.names].concat());
    protected
        .router
        .method_not_allowed_fallback(refuse.clone())
        .layer(DefaultBodyLimit::max(body::LIMIT))
        .layer(middleware::from_fn(require_token))
        .merge(open.router)
        .merge(fixtures::router())
        .fallback(refuse)
}

/// The routes of the self-hosted server. Whatever is not among them belongs to the web pages and wants a browser session.
fn studio() -> Router {
    Routes::default()
        .post("/v1/workflow/run", run::run)
        .post("/v1/workflow/stream_run", stream::stream_run)
        .post("/v1/workflow/stream_resume", stream::stream_resume)
        .get("/v1/workflow/get_run_history", history::by_query)
        .post("/v1/workflows/chat", chat::chat)
        .get("/v1/workflows/{workflow_id}", role)
        .post("/v1/files/upload", files::upload)
        .router
        .method_not_allowed_fallback(no_session)
        .layer(DefaultBodyLimit::max(files::STUDIO_LIMIT))
        .layer(middleware::from_fn(require_token))
        .merge(fixtures::router())
        .fallback(no_session)
}

/// The routes of the runs dialect.
fn runs() -> Router {
    let routes = run_records::routes();
    let refuse = no_such_operation(&routes.names);
    routes
        .router
        .method_not_allowed_fallback(refuse.clone())
        .layer(DefaultBodyLimit::max(body::LIMIT))
        .layer(middleware::from_fn(require_token))
        .fallback(refuse)
}

/// Lets a request pass whose token is accepted.
async fn require_token(context: Context, request: Request, next: Next) -> Response {
    match auth::check(&context, request.headers()) {
        Ok(()) => next.run(request).await,
        // A stream that cannot begin is told with HTTP 200, as every other failure is.
        Err(problem) if is_stream(request.uri().path()) => {
            context.respond(Err(problem.with_status(StatusCode::OK)))
        }
        Err(problem) => context.respond(Err(problem)),
    }
}

/// Whether a call responds with a stream.
fn is_stream(path: &str) -> bool {
    matches!(
        path,
        "/v1/workflow/stream_run" | "/v1/workflow/stream_resume" | "/v1/workflows/chat"
    )
}

/// Tells what there is instead of what was asked for.
fn no_such_operation(
    played: &[String],
) -> impl Fn(Context, Method, Uri) -> Ready<Response> + Clone + Send + Sync + use<> {
    let played: Arc<str> = played.join(", ").into();
    move |context, method, uri| {
        let path = uri.path();
        let message = format!("the emulator has no operation {method} {path}; it has: {played}");
        ready(context.respond(Err(Problem::new(Kind::NoOperation, message))))
    }
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
