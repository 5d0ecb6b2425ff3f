//! The page for people: workflows, runs, requests and faults. It is a program of its own over the control API.

mod assets;
mod html;

use std::collections::HashMap;

use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::StatusCode;

pub(crate) use self::html::{escape, page};
use crate::{core::Shared, current::Current};

pub(crate) fn router(current: Current) -> Router {
    Router::new()
        .route("/", get(assets::document))
        .route("/work_flow", get(work_flow))
        .route("/_emulator/page/{file}", get(assets::file))
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

/// The page of a run, at its debug URL.
async fn work_flow(
    State(core): State<Shared>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let run = query
        .get("execute_id")
        .and_then(|execute_id| core.runs.get(execute_id));
    let mut response = assets::document().await;
    if run.is_none() {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}
