//! What is wrong with a definition, and where.

use std::{error, fmt};

/// A workflow definition that cannot be used, with the file and line where they are known.
#[derive(Debug)]
pub struct DefinitionError {
    pub(super) file: Option<String>,
    pub(super) line: Option<u64>,
    pub(super) message: String,
}

impl DefinitionError {
    pub(crate) fn new(line: Option<u64>, message: impl Into<String>) -> Self {
        Self {
            file: None,
            line,
            message: message.into(),
        }
    }

    pub(crate) fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// The file of the definition, if it was read from one.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The line of the mistake, from 1.
    pub fn line(&self) -> Option<u64> {
        self.line
    }
}

impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}:{line}: ")?,
            (Some(file), None) => write!(f, "{file}: ")?,
            (None, Some(line)) => write!(f, "line {line}: ")?,
            (None, None) => {}
        }
        f.write_str(&self.message)
    }
}

impl error::Error for DefinitionError {}

impl From<serde_saphyr::Error> for DefinitionError {
    fn from(error: serde_saphyr::Error) -> Self {
        // The snippet is several lines long and repeats the place that `line` tells.
        let error = error.without_snippet();
        let line = error
            .location()
            .map(|at| at.line())
            .filter(|line| *line > 0);
        Self::new(line, error.to_string())
    }
}
