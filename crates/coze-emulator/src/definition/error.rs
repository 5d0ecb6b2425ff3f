//! What is wrong with definitions, and where.

use std::{error, fmt};

use super::at::Place;

/// One mistake in a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    file: Option<String>,
    place: Option<Place>,
    message: String,
}

impl Mistake {
    pub(crate) fn new(place: Option<Place>, message: impl Into<String>) -> Self {
        Self {
            file: None,
            place,
            message: message.into(),
        }
    }

    pub(crate) fn in_file(mut self, file: Option<&str>) -> Self {
        if let Some(file) = file {
            self.file = Some(file.to_owned());
        }
        self
    }

    /// Names the node whose template is wrong.
    pub(crate) fn in_node(mut self, title: &str) -> Self {
        self.message = format!("node '{title}': {}", self.message);
        self
    }

    /// The file of the definition, if it was read from one.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The line, from 1; none for a definition that was described in Rust.
    pub fn line(&self) -> Option<u64> {
        self.place.map(|place| place.line)
    }

    /// The column in characters, from 1.
    pub fn column(&self) -> Option<u64> {
        self.place.map(|place| place.column)
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.place) {
            (Some(file), Some(at)) => write!(f, "{file}:{}:{}: ", at.line, at.column)?,
            (Some(file), None) => write!(f, "{file}: ")?,
            (None, Some(at)) => write!(f, "line {}, column {}: ", at.line, at.column)?,
            (None, None) => {}
        }
        f.write_str(&self.message)
    }
}

/// Workflow definitions that cannot be used: every mistake that was found, one a line when it is shown.
#[derive(Debug)]
pub struct DefinitionError {
    /// At least one, in the order of their places.
    mistakes: Vec<Mistake>,
}

impl DefinitionError {
    /// An error when there are mistakes.
    pub(crate) fn of(mut mistakes: Vec<Mistake>) -> Result<(), Self> {
        if mistakes.is_empty() {
            return Ok(());
        }
        mistakes.sort_by(|a, b| (&a.file, a.place).cmp(&(&b.file, b.place)));
        mistakes.dedup();
        Err(Self { mistakes })
    }

    pub(crate) fn in_file(mut self, file: &str) -> Self {
        for mistake in &mut self.mistakes {
            mistake.file = Some(file.to_owned());
        }
        self
    }

    pub(super) fn into_mistakes(self) -> Vec<Mistake> {
        self.mistakes
    }

    /// All mistakes, at least one.
    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }

    /// The file of the first mistake, if it was read from one.
    pub fn file(&self) -> Option<&str> {
        self.mistakes.first()?.file()
    }

    /// The line of the first mistake, from 1.
    pub fn line(&self) -> Option<u64> {
        self.mistakes.first()?.line()
    }
}

impl fmt::Display for DefinitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.mistakes.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            mistake.fmt(f)?;
        }
        Ok(())
    }
}

impl error::Error for DefinitionError {}

impl From<Mistake> for DefinitionError {
    fn from(mistake: Mistake) -> Self {
        Self {
            mistakes: vec![mistake],
        }
    }
}
