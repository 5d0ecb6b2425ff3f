//! Files.

use bytes::Bytes;
use coze_engine::{EngineError, ErrorKind, FileRef, Outcome, UploadFile};
use coze_models::Operation;
use http::HeaderValue;
use serde_json::json;

use crate::{
    Dify, UploadDifyFile,
    error::context,
    exchange::{self, Limits},
};

/// Kinds of files by the endings that the server knows; any other is `custom`.
const KINDS: [(&str, &[&str]); 4] = [
    ("image", &["jpg", "jpeg", "png", "webp", "gif", "svg"]),
    ("audio", &["mp3", "m4a", "wav", "amr", "mpga"]),
    ("video", &["mp4", "mov", "mpeg", "webm"]),
    (
        "document",
        &[
            "txt",
            "markdown",
            "md",
            "mdx",
            "pdf",
            "html",
            "htm",
            "xlsx",
            "xls",
            "vtt",
            "properties",
            "doc",
            "docx",
            "csv",
            "eml",
            "msg",
            "pptx",
            "ppt",
            "xml",
            "epub",
        ],
    ),
];

impl Dify {
    pub(crate) async fn send_file(&self, file: UploadFile) -> Result<FileRef, EngineError> {
        let user = file.user.as_deref().unwrap_or(&self.0.settings.user);
        let content_type = file
            .content_type
            .as_deref()
            .unwrap_or("application/octet-stream");
        let form = form(&file.name, content_type, user, &file.content).map_err(|message| {
            context(UploadDifyFile::META).error(ErrorKind::Build, message, Outcome::NotAccepted)
        })?;
        let operation = UploadDifyFile::new();
        let exchange = exchange::send(&self.0, &operation, Some(form), Limits::default()).await?;
        let reply = exchange::read::<UploadDifyFile>(exchange).await?;
        let Some(id) = reply.value.id else {
            let message = "the response names no file";
            return Err(reply
                .context
                .error(ErrorKind::Decode, message, Outcome::Accepted));
        };
        let value = json!({
            "type": kind(&file.name),
            "transfer_method": "local_file",
            "upload_file_id": id.as_str(),
        });
        let mut stored = FileRef::new(Some(id.into()), value);
        stored.url = reply.value.source_url;
        Ok(stored)
    }
}

fn kind(name: &str) -> &'static str {
    let ending = name
        .rsplit_once('.')
        .map_or("", |(_, ending)| ending)
        .to_ascii_lowercase();
    let known = KINDS
        .iter()
        .find(|(_, endings)| endings.contains(&ending.as_str()));
    known.map_or("custom", |(kind, _)| kind)
}

/// The body of a form with a file and its user.
fn form(
    name: &str,
    content_type: &str,
    user: &str,
    content: &Bytes,
) -> Result<(HeaderValue, Bytes), &'static str> {
    if name.is_empty() {
        return Err("the file has no name: give it one, with its extension");
    }
    let plain = content_type
        .bytes()
        .all(|byte| (b' '..=b'~').contains(&byte));
    if !plain || !content_type.contains('/') {
        return Err("the content type is not valid: write it as in image/png");
    }
    // No file holds it but by a chance of 1 in 2^128.
    let boundary = format!("dify-{:032x}", fastrand::u128(..));
    let (file_part, user_part) = (UploadDifyFile::PART_FILE, UploadDifyFile::PART_USER);
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{user_part}\"\r\n\r\n{user}\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"{file_part}\"; filename=\"{}\"\r\n\
         Content-Type: {content_type}\r\n\r\n",
        quoted(name)
    );
    let tail = format!("\r\n--{boundary}--\r\n");
    let mut body = Vec::with_capacity(head.len() + content.len() + tail.len());
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(content);
    body.extend_from_slice(tail.as_bytes());
    let value = format!("multipart/form-data; boundary={boundary}");
    let value = HeaderValue::try_from(value).map_err(|_| "the content type cannot be written")?;
    Ok((value, body.into()))
}

/// A name that can neither leave its quotes nor its line.
fn quoted(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for sign in name.chars() {
        match sign {
            '"' | '\\' => out.extend(['\\', sign]),
            sign if sign.is_ascii_control() => out.push('_'),
            sign => out.push(sign),
        }
    }
    out
}
