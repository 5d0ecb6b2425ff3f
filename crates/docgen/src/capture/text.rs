//! The text of a capture, normalised for reading, with a way back to the original columns.

use super::fault::Fault;
use super::model::Cell;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// One line of a capture.
#[derive(Clone, Debug)]
pub struct Line {
    /// The line as it is read: no carriage return, no byte order mark or zero-width space, plain
    /// spaces for the wide ones, nothing at the end. A line that held one TAB keeps it.
    pub text: String,
    raw: String,
}

/// Bytes of the longest page.
pub(super) const LONGEST: usize = 5_000_000;

/// A capture as text.
#[derive(Clone, Debug)]
pub struct Source {
    /// Name shown in messages.
    pub name: String,
    /// The text as it was given.
    pub raw: String,
    /// Its lines; line 1 is element 0.
    pub lines: Vec<Line>,
}

/// What a character is read as; `None` drops it.
fn read_as(c: char) -> Option<char> {
    match c {
        '\r' | '\u{feff}' | '\u{200b}' | '\u{200c}' | '\u{200d}' => None,
        '\u{a0}' | '\u{3000}' | '\u{2002}' | '\u{2003}' | '\u{2009}' => Some(' '),
        other => Some(other),
    }
}

fn normalise(raw: &str) -> String {
    let text: String = raw.chars().filter_map(read_as).collect();
    let end = text.trim_end();
    if end.is_empty() && text.trim_matches(' ') == "\t" {
        return "\t".to_owned();
    }
    end.to_owned()
}

impl Source {
    /// Reads the bytes of a capture.
    ///
    /// # Errors
    ///
    /// When they are more than 5,000,000, are not UTF-8, or have lines that end with CR alone; with
    /// the place of the first byte that is wrong.
    pub fn new(name: &str, bytes: &[u8]) -> Result<Self, Fault> {
        if bytes.len() > LONGEST {
            let message = format!("{} bytes, a page has at most {LONGEST}", bytes.len());
            return Err(Fault::new(1, 1, message));
        }
        let raw = std::str::from_utf8(bytes).map_err(|error| {
            let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            Fault::after(&good, "the capture is not UTF-8")
                .help("save the page as UTF-8 and import it again")
        })?;
        let lone = |at: &usize| !raw[at + 1..].starts_with('\n') && at + 1 < raw.len();
        if let Some(at) = raw.match_indices('\r').map(|(at, _)| at).find(lone) {
            return Err(Fault::after(&raw[..at], "a line ends with CR alone")
                .help("save the page with LF or CRLF as line ends"));
        }
        let raw = raw.to_owned();
        let lines = raw
            .split('\n')
            .map(|line| Line {
                text: normalise(line),
                raw: line.to_owned(),
            })
            .collect();
        Ok(Self {
            name: name.to_owned(),
            raw,
            lines,
        })
    }

    /// Number of lines; a final line break does not start another one.
    pub fn line_count(&self) -> usize {
        self.lines.len() - usize::from(self.lines.last().is_some_and(|line| line.raw.is_empty()))
    }

    /// The text of a line, numbered from 1; empty beyond the end.
    pub fn text(&self, line: usize) -> &str {
        self.lines
            .get(line.wrapping_sub(1))
            .map_or("", |line| line.text.as_str())
    }

    /// Whether a line holds nothing but blanks. A lone TAB is not blank: it separates cells.
    pub fn is_blank(&self, line: usize) -> bool {
        self.text(line).is_empty()
    }

    /// Column in the original line, in characters from 1, of a byte offset in the line as read.
    pub fn column(&self, line: usize, offset: usize) -> usize {
        let Some(entry) = self.lines.get(line.wrapping_sub(1)) else {
            return 1;
        };
        let mut read = 0;
        for (index, c) in entry.raw.chars().enumerate() {
            if let Some(kept) = read_as(c) {
                if read >= offset {
                    return index + 1;
                }
                read += kept.len_utf8();
            }
        }
        entry.raw.trim_end_matches('\r').chars().count() + 1
    }

    /// A fault that marks the first occurrence of `part` in a line, or the start of the line.
    pub fn fault(&self, line: usize, part: &str, message: impl Into<String>) -> Fault {
        let text = self.text(line);
        let start = text
            .find(part)
            .unwrap_or(text.len() - text.trim_start().len());
        let mut fault = Fault::new(line, self.column(line, start), message);
        fault.length = part.chars().count().max(1);
        fault
    }

    /// A fault with its line, printed like rustc's messages.
    pub fn render(&self, fault: &Fault) -> String {
        let line = self.lines.get(fault.line.wrapping_sub(1));
        let raw = line.map_or("", |line| line.raw.trim_end_matches('\r'));
        // The mark of `annotate-snippets` is a byte range of the text it is given.
        let byte = |n: usize| raw.char_indices().nth(n).map_or(raw.len(), |(at, _)| at);
        let start = byte(fault.column.saturating_sub(1));
        let end = byte(fault.column.saturating_sub(1) + fault.length).max(start);
        let snippet = Snippet::source(raw)
            .line_start(fault.line)
            .path(self.name.as_str())
            .annotation(AnnotationKind::Primary.span(start..end));
        let mut group = Level::ERROR
            .primary_title(fault.message.as_str())
            .element(snippet);
        if let Some(help) = &fault.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        Renderer::plain().render(&[group])
    }

    /// The place of a line's text, blanks at its sides left out.
    pub fn cell(&self, line: usize) -> Cell {
        let text = self.text(line);
        let indent = text.len() - text.trim_start().len();
        Cell::new(text.trim(), line, self.column(line, indent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_the_characters_of_the_original_line() {
        let source = Source::new("x", "\u{feff}工作流\u{a0}id\r\n".as_bytes()).expect("UTF-8");
        assert_eq!(source.text(1), "工作流 id");
        let offset = source.text(1).find("id").expect("there");
        assert_eq!(source.column(1, offset), 6);
        assert_eq!(source.line_count(), 1);
    }

    #[test]
    fn a_lone_tab_is_kept_and_other_blanks_are_not() {
        let source = Source::new("x", b" \t \n\t\t\n  \n").expect("UTF-8");
        assert_eq!(source.text(1), "\t");
        assert_eq!(source.text(2), "");
        assert!(source.is_blank(3));
    }

    #[test]
    fn lines_that_end_with_cr_alone_and_texts_too_long_for_a_page_are_refused() {
        let fault = Source::new("x", b"# a\r\nb\rc\r").expect_err("CR alone");
        assert_eq!((fault.line, fault.column), (2, 2));
        assert!(Source::new("x", b"# a\r\nb\r\n\r").is_ok());
        assert!(Source::new("x", &vec![b'x'; LONGEST]).is_ok());
        let fault = Source::new("x", &vec![b'x'; LONGEST + 1]).expect_err("too long");
        assert!(fault.message.contains("5000001 bytes"), "{}", fault.message);
    }

    #[test]
    fn bytes_that_are_not_utf8_have_a_place() {
        let fault = Source::new("x", b"ab\nc\xff").expect_err("not UTF-8");
        assert_eq!((fault.line, fault.column), (2, 2));
    }

    #[test]
    fn the_column_of_a_line_with_chinese_text_counts_characters() {
        let source =
            Source::new("page.txt", "# 标题\n工作流 的 Strnig 类型\n".as_bytes()).expect("UTF-8");
        let text = source.render(&source.fault(2, "Strnig", "unknown type `Strnig`"));
        assert!(text.contains("--> page.txt:2:7"), "{text}");
        assert!(text.contains("^^^^^^"), "{text}");
    }
}
