//! Files: upload as a form with one file, and what is known of it.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::{
    extract::{FromRequest, Multipart, Request},
    response::Response,
};
use bytes::Bytes;
use serde_json::{Map, Value};

use super::{
    context::{Context, Members},
    failure::{self, Failure},
    query::{self, Pairs},
};

/// Largest file, in bytes.
pub(super) const LIMIT: usize = 512 * 1024 * 1024;

/// Bytes of all files that are kept; the oldest give way.
const KEPT: usize = 1024 * 1024 * 1024;

/// Uploaded files, in memory.
#[derive(Debug, Default)]
pub(crate) struct Files(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    files: HashMap<String, File>,
    order: VecDeque<String>,
    bytes: usize,
}

#[derive(Clone, Debug)]
struct File {
    name: String,
    content: Bytes,
    /// Unix seconds.
    created: i64,
}

impl Files {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn insert(&self, id: String, file: File) {
        let mut kept = self.lock();
        kept.bytes += file.content.len();
        kept.order.push_back(id.clone());
        kept.files.insert(id, file);
        while kept.bytes > KEPT {
            let Some(oldest) = kept.order.pop_front() else {
                break;
            };
            if let Some(file) = kept.files.remove(&oldest) {
                kept.bytes -= file.content.len();
            }
        }
    }

    /// The bytes of a file.
    pub(crate) fn content(&self, id: &str) -> Option<Bytes> {
        self.lock().files.get(id).map(|file| file.content.clone())
    }
}

/// `POST /v1/files/upload`.
pub(super) async fn upload(context: Context, request: Request) -> Response {
    context.reply(uploaded(&context, request).await)
}

async fn uploaded(context: &Context, request: Request) -> Result<Members, Failure> {
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|error| {
            Failure::new(
                failure::NO_FILE,
                format!(
                    "the body must be multipart/form-data: {}",
                    error.body_text()
                ),
            )
        })?;
    let unreadable = |error: &axum::extract::multipart::MultipartError| {
        if error.status() == http::StatusCode::PAYLOAD_TOO_LARGE {
            Failure::new(failure::FILE_TOO_LARGE, "the file is larger than 512 MB")
        } else {
            Failure::new(
                failure::FILE_BROKEN,
                format!("the form cannot be read: {}", error.body_text()),
            )
        }
    };
    let mut found: Option<File> = None;
    while let Some(part) = form
        .next_field()
        .await
        .map_err(|error| unreadable(&error))?
    {
        let Some(name) = part.file_name().map(str::to_owned) else {
            continue;
        };
        if found.is_some() {
            return Err(Failure::new(
                failure::MANY_FILES,
                "the form holds more than one file",
            ));
        }
        let bytes = part.bytes().await.map_err(|error| unreadable(&error))?;
        found = Some(File {
            name,
            content: bytes,
            created: context.core.clock.seconds(),
        });
    }
    let file = found.ok_or_else(|| Failure::new(failure::NO_FILE, "the form holds no file"))?;
    let id = context.core.ids.number();
    let described = describe(&id, &file);
    context.core.files.insert(id, file);
    Ok(query::data(described))
}

/// `GET /v1/files/retrieve`.
pub(super) async fn retrieve(context: Context, query: Pairs) -> Response {
    context.reply(query::required(&query, "file_id").and_then(|id| {
        let kept = context.core.files.lock();
        let file = kept.files.get(id).ok_or_else(|| {
            Failure::new(failure::NOT_FOUND, format!("file '{id}' does not exist"))
        })?;
        Ok(query::data(describe(id, file)))
    }))
}

fn describe(id: &str, file: &File) -> Map<String, Value> {
    let mut described = Map::new();
    described.insert("id".into(), id.into());
    described.insert("bytes".into(), file.content.len().into());
    described.insert("file_name".into(), file.name.as_str().into());
    described.insert("created_at".into(), file.created.into());
    described
}
