//! Texts of nodes that arrive in pieces.

use std::io::{self, IsTerminal as _};

use crate::{
    output::{self, WriteError},
    session::Session,
};

/// Prints pieces of text as they arrive, each node on lines of its own; on a terminal under its title.
#[derive(Debug)]
pub(crate) struct NodeText {
    titles: bool,
    node: Option<String>,
    /// Whether a line has begun and not ended.
    within: bool,
}

impl NodeText {
    pub(crate) fn new(session: &Session) -> Self {
        Self {
            titles: session.verbose > 0 || io::stderr().is_terminal(),
            node: None,
            within: false,
        }
    }

    /// Prints a piece of a node's text.
    pub(crate) fn piece(&mut self, node: &str, title: &str, text: &str) -> Result<(), WriteError> {
        if text.is_empty() {
            return Ok(());
        }
        if self.node.as_deref() != Some(node) {
            self.end()?;
            self.node = Some(node.to_owned());
            if self.titles && !title.is_empty() {
                output::styled(&output::dim(), title);
            }
        }
        output::piece(text)?;
        self.within = !text.ends_with('\n');
        Ok(())
    }

    /// Ends the line that was begun.
    pub(crate) fn end(&mut self) -> Result<(), WriteError> {
        if std::mem::take(&mut self.within) {
            output::line("")?;
        }
        self.node = None;
        Ok(())
    }
}
