//! Reads an upload piece by piece, so that only what is kept in memory takes memory.

use std::io;

use axum::{
    body::Body,
    extract::{
        FromRequest, Multipart, Request,
        multipart::{Field, MultipartError},
    },
};
use bytes::BytesMut;
use http::StatusCode;
use tokio::io::AsyncWriteExt;

use super::{
    context::Context,
    paced::Paced,
    problem::{Kind, Problem, Upload},
};
use crate::store::{Content, File, Keep};

impl From<MultipartError> for Problem {
    fn from(error: MultipartError) -> Self {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return refused(Upload::TooLarge, "the file is too large");
        }
        let message = format!("the form cannot be read: {}", error.body_text());
        refused(Upload::Broken, message)
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        refused(Upload::Store, format!("the file cannot be stored: {error}"))
    }
}

fn refused(why: Upload, message: impl Into<String>) -> Problem {
    Problem::new(Kind::Upload(why), message)
}

/// Takes the one file of a form; with `part` only parts of this name count.
pub(crate) async fn receive(
    context: &Context,
    request: Request,
    part: Option<&str>,
) -> Result<(String, File), Problem> {
    let request = request.map(|body| Body::new(Paced::new(body)));
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|error| {
            let cause = error.body_text();
            let message = format!("the body must be multipart/form-data: {cause}");
            refused(Upload::NoForm, message)
        })?;
    let files = &context.core.files;
    let mut found = None;
    while let Some(field) = form.next_field().await? {
        let Some(name) = field.file_name().map(str::to_owned) else {
            continue;
        };
        if part.is_some() && field.name() != part {
            continue;
        }
        if found.is_some() {
            return Err(refused(
                Upload::ManyFiles,
                "the form holds more than one file",
            ));
        }
        let id = context.core.ids.number();
        let (size, content) = store(field, &files.keep, &id).await?;
        let created = context.core.clock.seconds();
        let file = File {
            name,
            size,
            created,
            content,
        };
        found = Some((id, file));
    }
    let (id, file) = found.ok_or_else(|| refused(Upload::NoFile, "the form holds no file"))?;
    files.insert(id.clone(), file.clone());
    Ok((id, file))
}

/// Reads a file to its end; gives its size.
async fn store(mut field: Field<'_>, keep: &Keep, id: &str) -> Result<(u64, Content), Problem> {
    let mut size = 0;
    match keep {
        Keep::Memory => {
            let mut bytes = BytesMut::new();
            while let Some(chunk) = field.chunk().await? {
                bytes.extend_from_slice(&chunk);
            }
            Ok((bytes.len() as u64, Content::Memory(bytes.freeze())))
        }
        Keep::Folder(folder) => {
            // The name is the caller's, the id is not: it cannot lead out of the folder.
            let path = folder.join(id);
            tokio::fs::create_dir_all(folder).await?;
            let mut file = tokio::fs::File::create(&path).await?;
            while let Some(chunk) = field.chunk().await? {
                size += chunk.len() as u64;
                file.write_all(&chunk).await?;
            }
            file.flush().await?;
            Ok((size, Content::Path(path)))
        }
        Keep::Nowhere => {
            while let Some(chunk) = field.chunk().await? {
                size += chunk.len() as u64;
            }
            Ok((size, Content::Nowhere))
        }
    }
}
