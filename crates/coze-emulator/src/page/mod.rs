//! The pages for people: all runs at `/`, one run at its debug URL.

mod html;
mod run;

use std::{collections::HashMap, fmt::Write as _};

use axum::{
    Router,
    extract::{Path, Query, State},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use http::StatusCode;

pub(crate) use self::html::{escape, page};
use crate::{core::Shared, current::Current, definition::Definition};

/// How many runs the front page lists.
const LISTED: usize = 200;

pub(crate) fn router(current: Current) -> Router {
    Router::new()
        .route("/", get(front))
        .route("/work_flow", get(work_flow))
        .route("/uploaded/{file_id}", get(uploaded))
        .with_state(current)
}

/// The bytes of an uploaded file, at the address that the self-hosted server gives out.
async fn uploaded(State(core): State<Shared>, Path(id): Path<String>) -> Response {
    match core.files.content(&id) {
        Some(content) => content.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

// Writing to a `String` cannot fail, so the results of `write!` are dropped on these pages.

async fn front(State(core): State<Shared>) -> Html<String> {
    let mut body =
        String::from("<h2>Workflows</h2><table><tr><th>Name<th>Id<th>Inputs<th>Description</tr>");
    for workflow in core.workflows.all() {
        let draft = if workflow.is_published() {
            ""
        } else {
            " (not published)"
        };
        let _ = write!(
            body,
            "<tr><td>{}{draft}<td>{}<td>{}<td>{}</tr>",
            escape(workflow.name()),
            escape(workflow.id()),
            inputs(workflow),
            escape(workflow.description())
        );
    }
    body.push_str("</table><h2>Runs</h2>");
    let runs = core.runs.newest(LISTED);
    if runs.is_empty() {
        body.push_str("<p>No run yet.</p>");
    } else {
        body.push_str("<table><tr><th>Execution<th>Workflow<th>Status</tr>");
        for run in runs {
            let _ = write!(
                body,
                "<tr><td><a href=\"/work_flow?execute_id={id}\">{id}</a><td>{}<td>{}</tr>",
                escape(run.workflow.name()),
                run.status().as_str(),
                id = escape(&run.execute_id),
            );
        }
        body.push_str("</table>");
    }
    Html(page("Coze emulator", &body))
}

/// One line for each input.
fn inputs(workflow: &Definition) -> String {
    let mut cell = String::new();
    for (name, param) in workflow.inputs() {
        let required = if param.required { ", required" } else { "" };
        let _ = write!(
            cell,
            "<b>{}</b> ({}{required}) {}<br>",
            escape(name),
            param.kind.as_str(),
            escape(&param.description)
        );
    }
    cell
}

async fn work_flow(
    State(core): State<Shared>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let run = query
        .get("execute_id")
        .and_then(|execute_id| core.runs.get(execute_id));
    if let Some(run) = run {
        return Html(run::page_of(&run)).into_response();
    }
    let body = "<p>This run is not known, or is no longer kept. <a href=\"/\">All runs</a></p>";
    (StatusCode::NOT_FOUND, Html(page("No such run", body))).into_response()
}
