//! Files that a workflow gives out by address.

use std::{fs, path::Path};

use bytes::Bytes;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::{
    Definition,
    at::At,
    error::Mistake,
    source::{FileSource, Source},
};

/// Largest file that is read, in bytes.
const LIMIT: u64 = 16 * 1024 * 1024;

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct Fixture {
    pub(crate) content_type: String,
    pub(crate) content: Bytes,
}

/// Path below which the files of all workflows are.
pub(crate) const FIXTURES: &str = "/fixtures";

/// The addresses of a workflow's files, by name.
pub(crate) fn fixture_urls(base_url: &str, workflow: &Definition) -> Value {
    let names = workflow.files().keys();
    let urls = names.map(|name| {
        let url = format!("{base_url}{FIXTURES}/{}/{name}", workflow.id());
        (name.clone(), url.into())
    });
    urls.collect::<Map<_, _>>().into()
}

/// Reads the files that a definition names; those that cannot be read are mistakes.
pub(super) fn load(
    source: &Source,
    definition: Option<&str>,
    mistakes: &mut Vec<Mistake>,
) -> IndexMap<String, Fixture> {
    let mut fixtures = IndexMap::new();
    for (name, At { value: file, place }) in &source.files {
        match read(file, definition) {
            Ok(fixture) => {
                fixtures.insert(name.clone(), fixture);
            }
            Err(message) => mistakes.push(Mistake::new(*place, message)),
        }
    }
    fixtures
}

fn read(file: &FileSource, definition: Option<&str>) -> Result<Fixture, String> {
    let (content, default) = match (&file.text, &file.path) {
        (Some(text), None) => (text.clone().into(), "text/plain; charset=utf-8"),
        (None, Some(path)) => (from_disk(path, definition)?, content_type(path)),
        _ => return Err("a file needs exactly one of 'path' and 'text'".into()),
    };
    let content_type = file.kind.clone().unwrap_or_else(|| default.to_owned());
    if http::HeaderValue::from_str(&content_type).is_err() {
        return Err(format!("'{content_type}' is not a content type"));
    }
    Ok(Fixture {
        content_type,
        content,
    })
}

fn from_disk(path: &str, definition: Option<&str>) -> Result<Bytes, String> {
    let definition = definition.ok_or("a path needs a definition that is a file; use 'text'")?;
    let relative = Path::new(path);
    let is_below = relative.components().all(|part| {
        matches!(
            part,
            std::path::Component::Normal(_) | std::path::Component::CurDir
        )
    });
    if !is_below {
        return Err(format!(
            "'{path}' is not below the folder of the definition"
        ));
    }
    let folder = Path::new(definition).parent().unwrap_or(Path::new(""));
    let full = folder.join(relative);
    let failed = |error: std::io::Error| format!("'{path}' cannot be read: {error}");
    let size = fs::metadata(&full).map_err(failed)?.len();
    if size > LIMIT {
        return Err(format!("'{path}' is larger than 16 MiB"));
    }
    fs::read(&full).map(Bytes::from).map_err(failed)
}

/// The content type that the ending of a path stands for.
fn content_type(path: &str) -> &'static str {
    let ending = Path::new(path)
        .extension()
        .and_then(|ending| ending.to_str());
    match ending.unwrap_or_default().to_ascii_lowercase().as_str() {
        "txt" | "md" | "yaml" | "yml" => "text/plain; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "json" => "application/json",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}
