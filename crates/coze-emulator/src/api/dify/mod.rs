//! The calls of Dify's workflow API, and of the forms of its web pages.

mod app;
mod forms;
mod runs;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use http::StatusCode;

use crate::{
    definition::Definition,
    request::{Context, Kind, Problem, auth, body},
};

/// Largest file, in bytes.
const FILE: usize = 15 * 1024 * 1024;

pub(super) fn router() -> Router {
    let protected = Router::new()
        .route("/v1/workflows/run", post(runs::run))
        .route("/v1/workflows/{workflow_id}/run", post(runs::run_version))
        .route("/v1/workflows/run/{run_id}", get(runs::record))
        .route("/v1/workflows/tasks/{task_id}/stop", post(runs::stop))
        .route("/v1/workflows/logs", get(runs::logs))
        .route("/v1/parameters", get(app::parameters))
        .route("/v1/info", get(app::info))
        .route(
            "/v1/files/upload",
            post(app::upload).layer(DefaultBodyLimit::max(FILE)),
        )
        .layer(middleware::from_fn(require_app));
    let forms = Router::new().route(
        "/api/form/human_input/{form_token}",
        get(forms::read).post(forms::send),
    );
    protected
        .merge(forms)
        .method_not_allowed_fallback(not_allowed)
        .layer(DefaultBodyLimit::max(body::LIMIT))
        .fallback(not_found)
}

/// The app that a key belongs to.
#[derive(Clone, Debug)]
struct App {
    workflow: Definition,
    /// The key is that of all workflows, of which this is the first.
    of_all: bool,
}

impl App {
    /// `app-NAME` is the key of the workflow with this name or id; any other is that of all of them.
    fn of(context: &Context, key: &str) -> Option<Self> {
        let workflows = &context.core.workflows;
        let named = key
            .strip_prefix("app-")
            .and_then(|name| workflows.get(name));
        let (workflow, of_all) = match named {
            Some(workflow) => (workflow, false),
            None => (workflows.all().first()?, true),
        };
        Some(Self {
            workflow: workflow.clone(),
            of_all,
        })
    }

    /// Whether a run of the workflow is to be seen with the key.
    fn has(&self, workflow: &Definition) -> bool {
        self.of_all || self.workflow.id() == workflow.id()
    }

    /// Refuses what only a workflow can do.
    fn workflow(&self) -> Result<&Definition, Problem> {
        if self.workflow.is_chatflow() {
            let message = "Please check if your app mode matches the right API route.";
            return Err(Problem::new(Kind::NotAChatflow, message));
        }
        Ok(&self.workflow)
    }
}

/// Lets a request pass whose key is accepted, with its app.
async fn require_app(context: Context, mut request: Request, next: Next) -> Response {
    if let Err(problem) = auth::check(&context, request.headers()) {
        return context.respond(Err(problem));
    }
    let key = auth::bearer(request.headers()).unwrap_or_default();
    let Some(app) = App::of(&context, key) else {
        let message = "there is no workflow";
        return context.respond(Err(Problem::new(Kind::NotPublished, message)));
    };
    request.extensions_mut().insert(app);
    next.run(request).await
}

/// A page: the server has no failure for paths that it does not know.
async fn not_found(context: Context) -> Response {
    context.respond(Err(Problem::new(Kind::NoOperation, "Not Found")))
}

async fn not_allowed(context: Context) -> Response {
    let message = "The method is not allowed for the requested URL.";
    let problem = Problem::new(Kind::Value, message);
    context.respond(Err(problem.with_status(StatusCode::METHOD_NOT_ALLOWED)))
}
