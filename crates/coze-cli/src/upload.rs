//! Uploading files, with a bar on a terminal.

use std::path::{Path, PathBuf};

use coze_workflow::{
    Client, Reply, Upload,
    engine::{Engine, UploadFile},
    models::UploadedFile,
};
use serde_json::Value;

use crate::{failure::Failure, progress::Progress, session::Session};

/// Uploads one file after another.
pub(crate) async fn each(
    session: &Session,
    client: &Client,
    paths: &[PathBuf],
) -> Result<Vec<Reply<UploadedFile>>, Failure> {
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        files.push(one(session, client, path).await?);
    }
    Ok(files)
}

/// Uploads one file.
pub(crate) async fn one(
    session: &Session,
    client: &Client,
    path: &Path,
) -> Result<Reply<UploadedFile>, Failure> {
    let shown = path.display();
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Err(Failure::usage(format!("{shown} is not a file"))),
        Err(error) => return Err(Failure::usage(format!("{shown} cannot be read: {error}"))),
    }
    let name = path.file_name().unwrap_or(path.as_os_str());
    let progress = Progress::start(session, &name.to_string_lossy());
    let bytes = progress.bytes();
    let upload = client
        .upload(path)
        .on_progress(move |now| bytes(now.sent, now.total));
    Ok(session.bounded(upload, Upload::deadline).await?)
}

/// Uploads one file to an engine that is not Coze; what an input takes for it.
pub(crate) async fn to(
    engine: &dyn Engine,
    path: &Path,
    user: Option<&str>,
) -> Result<Value, Failure> {
    let content = std::fs::read(path)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?;
    let name = path.file_name().unwrap_or(path.as_os_str());
    let mut file = UploadFile::new(name.to_string_lossy(), content);
    file.user = user.map(str::to_owned);
    Ok(engine.upload(file).await?.value)
}
