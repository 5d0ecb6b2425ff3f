//! Files: upload as a form with one file, and what is known of it.

mod paced;
mod receive;
mod store;

use axum::{extract::Request, response::Response};
use serde_json::{Map, Value};

pub(crate) use self::store::{Files, Keep};
pub(super) use self::{
    receive::{UploadError, receive},
    store::File,
};
use super::{
    context::Context,
    failure::{self, Failure},
    query::{self, Pairs},
};

/// Largest file, in bytes.
pub(super) const LIMIT: usize = 512 * 1024 * 1024;

/// `POST /v1/files/upload`.
pub(super) async fn upload(context: Context, request: Request) -> Response {
    let uploaded = receive(&context, request, None).await;
    context.reply(
        uploaded
            .map(|(id, file)| query::data(describe(&id, &file)))
            .map_err(Failure::from),
    )
}

impl From<UploadError> for Failure {
    fn from(error: UploadError) -> Self {
        let code = match &error {
            UploadError::NoForm(_) | UploadError::NoFile => failure::NO_FILE,
            UploadError::ManyFiles => failure::SEVERAL_FILES,
            UploadError::TooLarge => failure::FILE_TOO_LARGE,
            UploadError::Broken(_) => failure::BROKEN_FILE,
            UploadError::Store(_) => failure::INTERNAL_ERROR,
        };
        Self::new(code, error.to_string())
    }
}

/// `GET /v1/files/retrieve`.
pub(super) async fn retrieve(context: Context, query: Pairs) -> Response {
    context.reply(query::required(&query, "file_id").and_then(|id| {
        let file = context.core.files.get(id).ok_or_else(|| {
            Failure::new(failure::NOT_FOUND, format!("file '{id}' does not exist"))
        })?;
        Ok(query::data(describe(id, &file)))
    }))
}

fn describe(id: &str, file: &File) -> Map<String, Value> {
    let mut described = Map::new();
    described.insert("id".into(), id.into());
    described.insert("bytes".into(), file.size.into());
    described.insert("file_name".into(), file.name.as_str().into());
    described.insert("created_at".into(), file.created.into());
    described
}
