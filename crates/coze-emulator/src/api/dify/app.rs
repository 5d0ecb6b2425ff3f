//! What is known of the app, and its files.

use axum::{Extension, extract::Request, response::Response};
use serde_json::{Map, Value, json};

use super::App;
use crate::{
    render::dify::inputs,
    request::{Context, receive},
};

/// `GET /v1/parameters`.
pub(super) async fn parameters(context: Context, Extension(app): Extension<App>) -> Response {
    let off = json!({ "enabled": false });
    let members = json!({
        "opening_statement": null,
        "suggested_questions": [],
        "suggested_questions_after_answer": off,
        "speech_to_text": off,
        "text_to_speech": off,
        "retriever_resource": off,
        "annotation_reply": off,
        "more_like_this": off,
        "user_input_form": inputs(app.workflow.inputs()),
        "sensitive_word_avoidance": off,
        "file_upload": off,
        "system_parameters": { "file_size_limit": super::FILE / 1024 / 1024, "workflow_file_upload_limit": 10 },
    });
    context.respond(Ok(members_of(members)))
}

/// `GET /v1/info`.
pub(super) async fn info(context: Context, Extension(app): Extension<App>) -> Response {
    let mode = if app.workflow.is_chatflow() {
        "advanced-chat"
    } else {
        "workflow"
    };
    let members = json!({
        "name": app.workflow.name(),
        "description": app.workflow.description(),
        "tags": [],
        "mode": mode,
        "author_name": "emulator",
    });
    context.respond(Ok(members_of(members)))
}

/// `POST /v1/files/upload`.
pub(super) async fn upload(context: Context, request: Request) -> Response {
    let received = receive(&context, request, Some("file")).await;
    context.render().file(&context, received)
}

pub(super) fn members_of(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
