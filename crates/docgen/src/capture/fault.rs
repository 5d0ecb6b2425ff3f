//! What could not be read, with its place.

use super::model::Page;

/// A page that was not read whole: nothing of it is used.
#[derive(Clone, Debug)]
pub struct Refused {
    /// What was read of it; `None` for a text of no known format.
    pub page: Option<Box<Page>>,
    /// All that was not understood, in the order of the page.
    pub faults: Vec<Fault>,
}

/// A place of a capture that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters of the original line, from 1.
    pub column: usize,
    /// Characters to mark.
    pub length: usize,
    /// What is wrong, in one clause.
    pub message: String,
    /// How to go on.
    pub help: Option<String>,
}

impl Fault {
    /// A fault at a place.
    pub fn new(line: usize, column: usize, message: impl Into<String>) -> Self {
        Self {
            line,
            column,
            length: 1,
            message: message.into(),
            help: None,
        }
    }

    /// A fault behind the first part of a text.
    pub fn after(text: &str, message: impl Into<String>) -> Self {
        let line = text.split('\n').count();
        let column = text.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Self::new(line, column, message)
    }

    /// Adds advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// `file:line:column: message`.
    pub fn short(&self, name: &str) -> String {
        format!("{name}:{}:{}: {}", self.line, self.column, self.message)
    }
}
