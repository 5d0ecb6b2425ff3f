//! A JSON error and its place.

use alloc::{
    borrow::ToOwned,
    boxed::Box,
    format,
    string::{String, ToString},
};
use core::{error::Error, fmt};

use crate::reason::reason;

/// A JSON error and where in the response it stands.
#[derive(Debug)]
pub(crate) struct PathError {
    pub(crate) path: String,
    pub(crate) source: Box<dyn Error + Send + Sync>,
    /// The text ended where more was due.
    pub(crate) cut: bool,
}

impl PathError {
    /// An error in what stands under `prefix`.
    pub(crate) fn new(prefix: &str, error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        let path = error.path().to_string();
        let path = match (prefix, path.as_str()) {
            (prefix, "." | "") => prefix.to_owned(),
            ("", path) => path.to_owned(),
            (prefix, path) if path.starts_with('[') => format!("{prefix}{path}"),
            (prefix, path) => format!("{prefix}.{path}"),
        };
        Self {
            path,
            ..Self::plain(&error.into_inner())
        }
    }

    pub(crate) fn plain(error: &serde_json::Error) -> Self {
        Self {
            cut: error.is_eof(),
            ..Self::of(RedactedJsonError::from(error))
        }
    }

    pub(crate) fn utf8(error: core::str::Utf8Error) -> Self {
        Self {
            cut: error.error_len().is_none(),
            ..Self::of(error)
        }
    }

    pub(crate) fn of(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            path: String::new(),
            source: source.into(),
            cut: false,
        }
    }
}

/// [`reason`] as a cause.
#[derive(Debug)]
pub(crate) struct RedactedJsonError(String);

impl From<&serde_json::Error> for RedactedJsonError {
    fn from(error: &serde_json::Error) -> Self {
        Self(reason(error))
    }
}

impl fmt::Display for RedactedJsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for RedactedJsonError {}
