//! Formats A and B: an article copied as plain text, one cell or paragraph after the other.
//!
//! Both are headings, tables, examples and text in turn. They differ in how a row is told from the
//! next: in format A by lines that hold one TAB ([`tabs`]), in format B by its type ([`stacked`]).

mod stacked;
mod tabs;

use super::builder::Builder;
use super::examples;
use super::fault::{Fault, Refused};
use super::headings;
use super::model::{Cell, Format, Page};
use super::rows;
use super::text::Source;
use super::words::{self, Column};

/// The format of a text, when it is one of the two.
pub(crate) fn detect(source: &Source) -> Option<Format> {
    if tabs::detect(source) {
        Some(Format::A)
    } else {
        stacked::detect(source).then_some(Format::B)
    }
}

/// Reads a page.
pub(crate) fn read(source: &Source, format: Format) -> Result<Page, Refused> {
    let mut reader = Reader {
        b: Builder::new(source, format),
        at: 1,
        end: source.lines.len() + 1,
        start: 1,
        heading: String::new(),
        outline: Vec::new(),
        counted: 0,
    };
    let frame = match format {
        Format::A => reader.frame(),
        _ => Ok(()),
    };
    if let Err(fault) = frame.and_then(|()| reader.article()) {
        return reader.b.refuse(fault);
    }
    reader.count();
    reader.b.finish()
}

struct Reader<'a> {
    b: Builder<'a>,
    /// The next line.
    at: usize,
    /// The line behind the article.
    end: usize,
    /// The first line of the article.
    start: usize,
    /// The last heading.
    heading: String,
    /// Format A: the headings still to come, last one first, with the lines that announce them.
    outline: Vec<(String, usize)>,
    /// TAB lines or headers of tables that were read.
    counted: usize,
}

impl<'a> Reader<'a> {
    fn tabs(&self) -> bool {
        self.b.page.format == Format::A
    }

    /// A line of the article; empty behind its end.
    fn text(&self, line: usize) -> &'a str {
        if line < self.end {
            self.b.source.text(line)
        } else {
            ""
        }
    }

    fn trimmed(&self, line: usize) -> &'a str {
        self.text(line).trim()
    }

    /// The next line that is not blank.
    fn filled(&self, from: usize) -> Option<usize> {
        next_filled(self.b.source, from, self.end)
    }

    fn fault(&self, line: usize, message: impl Into<String>) -> Fault {
        self.b.source.fault(line, self.trimmed(line), message)
    }

    fn article(&mut self) -> Result<(), Fault> {
        if let Some(line) = self.filled(self.at) {
            self.trimmed(line).clone_into(&mut self.b.page.title);
            self.prose(line);
        }
        while let Some(line) = self.filled(self.at) {
            if self.opens_table(line) {
                self.at = line;
                self.table()?;
            } else if self.is_heading(line) {
                self.trimmed(line).clone_into(&mut self.heading);
                self.outline.pop();
                self.prose(line);
            } else if self.opens_example(line) {
                self.example(line);
            } else {
                self.prose(line);
            }
        }
        match self.outline.last() {
            None => Ok(()),
            Some((heading, line)) => Err(self.b.source.fault(
                *line,
                heading,
                format!(
                    "`{heading}` stands in the outline and is not found in the article from here on"
                ),
            )),
        }
    }

    fn prose(&mut self, line: usize) {
        self.b.prose(self.trimmed(line), line);
        self.at = line + 1;
    }

    fn is_heading(&self, line: usize) -> bool {
        if self.tabs() {
            let next = self.outline.last();
            next.is_some_and(|(text, _)| text == self.trimmed(line))
        } else {
            self.is_known_heading(line)
        }
    }

    fn opens_table(&self, line: usize) -> bool {
        if self.tabs() {
            self.text(line) == "\t" || self.starts_tab_row(line)
        } else {
            self.is_header(line)
                || words::opens_endpoint(self.trimmed(line)) && !self.is_known_heading(line)
        }
    }

    fn opens_example(&self, line: usize) -> bool {
        words::is_example_heading(&self.heading)
            && (!self.tabs() || examples::starts(self.text(line)))
    }

    /// An example goes on to the next heading.
    fn example(&mut self, line: usize) {
        let mut last = line;
        let mut next = Some(line);
        while let Some(at) = next.filter(|at| !self.is_heading(*at)) {
            last = at;
            next = self.filled(at + 1);
        }
        let body: Vec<&str> = (line..=last).map(|at| self.text(at)).collect();
        let side = headings::side(&[&self.heading], "", "");
        let example = examples::read(&body.join("\n"), line, side, self.b.op(), &self.heading);
        self.b.page.examples.push(example);
        self.b.mark(line..=last);
        self.at = last + 1;
    }

    fn table(&mut self) -> Result<(), Fault> {
        let first = self.at;
        if words::opens_endpoint(self.trimmed(first)) {
            return self.endpoint(first);
        }
        let (header, last) = if self.tabs() {
            self.tab_header(first)?
        } else {
            stacked::header_at(self.b.source, first).unwrap_or_default()
        };
        let columns = words::columns(&header);
        self.b.mark(first..=last);
        self.at = last + 1;
        self.counted += if self.tabs() { header.len() - 1 } else { 1 };
        let mut rows = Vec::new();
        while let Some(cells) = self.row(&columns, rows.is_empty())? {
            rows.push(rows::build(self.b.source, &columns, &cells, false)?);
        }
        if rows.is_empty() {
            return Err(self.fault(first, "a table without rows"));
        }
        let heading = self.heading.clone();
        self.b.headed(&[&heading], header, &columns, rows, first);
        Ok(())
    }

    fn row(&mut self, columns: &[Column], first: bool) -> Result<Option<Vec<Cell>>, Fault> {
        let from = self.filled(self.at).unwrap_or(self.at);
        let cells = if self.tabs() {
            self.tab_row(columns.len(), first)?
        } else {
            self.stacked_row(columns)?
        };
        if cells.is_some() {
            self.b.mark(from..=self.at - 1);
        }
        Ok(cells)
    }

    /// The table without a header: method, address, scope.
    fn endpoint(&mut self, first: usize) -> Result<(), Fault> {
        let mut pairs = Vec::new();
        loop {
            let from = self.filled(self.at).unwrap_or(self.at);
            let pair = if self.tabs() {
                self.tab_row(2, pairs.is_empty())?
            } else {
                self.stacked_pair()
            };
            let Some(cells) = pair else { break };
            self.b.mark(from..=self.at - 1);
            let (key, value) = (cells[0].clone(), cells[1].clone());
            let wrong = if words::endpoint_key(&key.text).is_none() {
                "is no known key of an endpoint"
            } else if value.text.is_empty() {
                "has no value"
            } else {
                pairs.push((key, value));
                continue;
            };
            let message = format!("`{}` {wrong}", key.text);
            return Err(rows::place(self.b.source, &key, &message));
        }
        self.b.endpoint(pairs, first);
        Ok(())
    }

    /// Lines as one cell, without the blank ones between them.
    fn joined(&self, lines: &[usize]) -> Cell {
        let Some(first) = lines.first() else {
            return Cell::default();
        };
        let texts: Vec<&str> = lines.iter().map(|line| self.trimmed(*line)).collect();
        Cell {
            text: texts.join("\n"),
            ..self.b.source.cell(*first)
        }
    }

    /// The second count: it knows nothing of rows and columns.
    fn count(&mut self) {
        let (source, lines) = (self.b.source, self.start..self.end);
        let (what, present) = if self.tabs() {
            (
                "TAB lines",
                lines.filter(|line| source.text(*line) == "\t").count(),
            )
        } else {
            (
                "table headers",
                lines.filter(|line| self.is_header(*line)).count(),
            )
        };
        self.b.count(what, self.counted, present);
    }
}

/// The next line that is not blank, before `end`.
fn next_filled(source: &Source, from: usize, end: usize) -> Option<usize> {
    (from..=source.lines.len().min(end.saturating_sub(1))).find(|line| !source.is_blank(*line))
}
