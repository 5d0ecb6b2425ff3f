//! Texts of nodes that come in pieces.

use std::io::{self, IsTerminal as _};

use super::{dim, styled};
use crate::{failure::Failure, session::Session};

/// Prints pieces of text as they come, each node on lines of its own; on a terminal under its title.
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

    /// Prints a piece of what a node says.
    pub(crate) fn piece(&mut self, node: &str, title: &str, text: &str) -> Result<(), Failure> {
        if text.is_empty() {
            return Ok(());
        }
        if self.node.as_deref() != Some(node) {
            self.end()?;
            self.node = Some(node.to_owned());
            if self.titles && !title.is_empty() {
                styled(&dim(), title);
            }
        }
        super::piece(text)?;
        self.within = !text.ends_with('\n');
        Ok(())
    }

    /// Ends the line that was begun.
    pub(crate) fn end(&mut self) -> Result<(), Failure> {
        if std::mem::take(&mut self.within) {
            super::line("")?;
        }
        self.node = None;
        Ok(())
    }
}
