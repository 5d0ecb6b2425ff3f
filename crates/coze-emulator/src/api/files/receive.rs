//! Reads an upload piece by piece, so that only what is kept in memory takes memory.

use std::{fmt, io};

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
    super::context::Context,
    paced::Paced,
    store::{Content, File, Keep},
};

/// Why an upload is refused.
pub(in crate::api) enum UploadError {
    /// The body is no form.
    NoForm(String),
    NoFile,
    ManyFiles,
    TooLarge,
    /// The form cannot be read to its end.
    Broken(String),
    /// The folder of the files cannot be written to.
    Store(io::Error),
}

impl fmt::Display for UploadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoForm(cause) => write!(f, "the body must be multipart/form-data: {cause}"),
            Self::NoFile => f.write_str("the form holds no file"),
            Self::ManyFiles => f.write_str("the form holds more than one file"),
            Self::TooLarge => f.write_str("the file is too large"),
            Self::Broken(cause) => write!(f, "the form cannot be read: {cause}"),
            Self::Store(cause) => write!(f, "the file cannot be stored: {cause}"),
        }
    }
}

impl From<MultipartError> for UploadError {
    fn from(error: MultipartError) -> Self {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Self::TooLarge
        } else {
            Self::Broken(error.body_text())
        }
    }
}

impl From<io::Error> for UploadError {
    fn from(error: io::Error) -> Self {
        Self::Store(error)
    }
}

/// Takes the one file of a form; with `part` only parts of this name count.
pub(in crate::api) async fn receive(
    context: &Context,
    request: Request,
    part: Option<&str>,
) -> Result<(String, File), UploadError> {
    let request = request.map(|body| Body::new(Paced::new(body)));
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|error| UploadError::NoForm(error.body_text()))?;
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
            return Err(UploadError::ManyFiles);
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
    let (id, file) = found.ok_or(UploadError::NoFile)?;
    files.insert(id.clone(), file.clone());
    Ok((id, file))
}

/// Reads a file to its end; gives its size.
async fn store(mut field: Field<'_>, keep: &Keep, id: &str) -> Result<(u64, Content), UploadError> {
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
