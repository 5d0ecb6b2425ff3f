//! What could not be read, with its place.

use super::model::Page;
use super::text::Source;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

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

    /// The fault with its line, printed like rustc's messages.
    pub fn render(&self, source: &Source) -> String {
        let raw = source.raw.split('\n').nth(self.line.saturating_sub(1));
        let raw = raw.unwrap_or("").trim_end_matches('\r');
        // The mark of `annotate-snippets` is a byte range of the text it is given.
        let byte = |n: usize| raw.char_indices().nth(n).map_or(raw.len(), |(at, _)| at);
        let start = byte(self.column.saturating_sub(1));
        let end = byte(self.column.saturating_sub(1) + self.length).max(start);
        let snippet = Snippet::source(raw)
            .line_start(self.line)
            .path(source.name.as_str())
            .annotation(AnnotationKind::Primary.span(start..end));
        let mut group = Level::ERROR
            .primary_title(self.message.as_str())
            .element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        Renderer::plain().render(&[group])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_of_a_line_with_chinese_text_counts_characters() {
        let source =
            Source::new("page.txt", "# 标题\n工作流 的 Strnig 类型\n".as_bytes()).expect("UTF-8");
        let text = source
            .fault(2, "Strnig", "unknown type `Strnig`")
            .render(&source);
        assert!(text.contains("--> page.txt:2:7"), "{text}");
        assert!(text.contains("^^^^^^"), "{text}");
    }
}
