//! `POST /v1/files/upload`: stores a file and gives its address.

use axum::{extract::Request, response::Response};
use http::StatusCode;
use serde_json::json;

use super::{
    super::{
        context::Context,
        files::{UploadError, receive},
    },
    refusal::Refusal,
};

/// Largest file, in bytes.
pub(super) const LIMIT: usize = 200 * 1024 * 1024;

pub(super) async fn upload(context: Context, request: Request) -> Response {
    // Only this name counts here.
    let (id, file) = match receive(&context, request, Some("file")).await {
        Ok(received) => received,
        Err(error) => return Refusal::new(code_of(&error), error.to_string()).reply(),
    };
    let body = json!({
        "data": {
            "uri": format!("bot_files/{id}/{}", file.name),
            "bytes": file.size,
            "CreatedAt": file.created,
            "file_name": file.name,
            "url": url(&context, &id),
            "id": id,
        },
        "code": 0,
        "msg": "",
        "BaseResp": null,
    });
    super::json_reply(StatusCode::OK, &body)
}

/// Where the bytes of a file are.
pub(super) fn url(context: &Context, id: &str) -> String {
    format!("{}/uploaded/{id}", context.base_url)
}

fn code_of(error: &UploadError) -> i64 {
    match error {
        UploadError::NoForm(_) => 104_000_003,
        UploadError::TooLarge => 104_000_004,
        UploadError::Broken(_) => 104_000_005,
        UploadError::NoFile => 104_000_006,
        UploadError::ManyFiles => 104_000_007,
        UploadError::Store(_) => 104_000_008,
    }
}
