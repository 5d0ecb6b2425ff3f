//! The control API under `/_emulator/`: what tests and the page use to see and steer the emulator.

mod access;
mod changes;
mod events;
mod reading;
mod respond;
mod runs;

use axum::{
    Json, Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{delete, get, post},
};
use serde_json::Value;

use self::respond::Refused;
use crate::current::Current;

/// Every route with its methods, as `openapi.yaml` describes them.
pub(crate) fn router(current: &Current) -> Router {
    Router::new()
        .route("/_emulator/health", get(reading::health))
        .route("/_emulator/openapi.json", get(openapi))
        .route("/_emulator/events", get(events::stream))
        .route("/_emulator/workflows", get(reading::workflows))
        .route("/_emulator/runs", get(reading::runs).post(runs::start))
        .route("/_emulator/runs/{execute_id}", get(reading::run))
        .route("/_emulator/runs/{execute_id}/cancel", post(changes::cancel))
        .route("/_emulator/runs/{execute_id}/resume", post(runs::resume))
        .route("/_emulator/calls", get(reading::calls))
        .route("/_emulator/conversations", get(reading::conversations))
        .route("/_emulator/reset", post(changes::reset))
        .route(
            "/_emulator/faults",
            get(reading::faults)
                .post(changes::arm)
                .delete(changes::disarm),
        )
        .route("/_emulator/clock", get(reading::clock).post(changes::clock))
        .route(
            "/_emulator/limits",
            get(reading::limits).patch(changes::limits),
        )
        .route(
            "/_emulator/tokens",
            get(reading::tokens).post(changes::tokens),
        )
        .route("/_emulator/tokens/expire", post(changes::expire))
        .route("/_emulator/devices", post(changes::device))
        .route("/_emulator/apps", get(reading::apps).post(changes::app))
        .route("/_emulator/apps/{client_id}", delete(changes::remove_app))
        .route(
            "/_emulator/snapshot",
            get(reading::snapshot)
                .put(changes::restore)
                .layer(DefaultBodyLimit::disable()),
        )
        .route("/_emulator/{*rest}", axum::routing::any(nothing))
        .method_not_allowed_fallback(nothing)
        .layer(middleware::from_fn_with_state(
            current.clone(),
            access::guard,
        ))
        .with_state(current.clone())
}

/// The description of this API, as YAML.
const OPENAPI: &str = include_str!("openapi.yaml");

async fn openapi() -> Result<Json<Value>, Refused> {
    serde_saphyr::from_str(OPENAPI)
        .map(Json)
        .map_err(|error| Refused::wrong(error.to_string()))
}

async fn nothing() -> Refused {
    Refused::missing(
        "the control API has no such operation; GET /_emulator/openapi.json lists them",
    )
}
