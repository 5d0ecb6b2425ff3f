//! Format A: a whole page, cells separated by lines that hold one TAB.

mod endpoint;
mod frame;

use crate::capture::examples;
use crate::capture::fault::Fault;
use crate::capture::model::{Cell, Format, Page, Row};
use crate::capture::rows;
use crate::capture::sections::{self, Builder, cell};
use crate::capture::text::Source;
use crate::capture::words::{self, Column};

/// Whether the text has the mark of this format.
pub(crate) fn detect(source: &Source) -> bool {
    (1..source.lines.len()).any(|line| {
        words::is_name_word(source.text(line))
            && next_filled(source, line + 1, usize::MAX).is_some_and(|at| source.text(at) == "\t")
    })
}

/// The next line that is not blank, before `end`.
fn next_filled(source: &Source, from: usize, end: usize) -> Option<usize> {
    (from..=source.lines.len().min(end.saturating_sub(1))).find(|line| !source.is_blank(*line))
}

struct Reader<'a> {
    b: Builder<'a>,
    at: usize,
    end: usize,
    outline: Vec<(String, usize)>,
    next_heading: usize,
    headings: Vec<String>,
    tabs: usize,
}

/// Reads a page.
pub(crate) fn read(source: &Source) -> (Page, Vec<Fault>) {
    let mut b = Builder::new(source, Format::A);
    let last = |word: &str| {
        (1..=source.lines.len())
            .rev()
            .find(|line| source.text(*line).trim() == word)
    };
    let Some(outline_word) = last("大纲") else {
        b.faults.push(
            Fault::new(1, 1, "no line `大纲` ends the navigation")
                .help("capture the whole page, with its outline"),
        );
        return b.finish();
    };
    let Some(footer) = last("上一篇")
        .or_else(|| last("下一篇"))
        .filter(|line| *line > outline_word)
    else {
        let fault = source.fault(source.line_count(), "", "no line `上一篇` ends the article");
        b.faults
            .push(fault.help("capture the whole page, down to the links to its neighbours"));
        return b.finish();
    };
    frame::navigation(&mut b, outline_word);
    let outline = frame::outline(&mut b, footer);
    let mut reader = Reader {
        b,
        at: outline_word + 1,
        end: footer,
        outline,
        next_heading: 0,
        headings: Vec::new(),
        tabs: 0,
    };
    reader.article();
    let Reader {
        mut b,
        outline,
        next_heading,
        tabs,
        ..
    } = reader;
    for (heading, line) in outline.iter().skip(next_heading).take(1) {
        let message = format!(
            "`{heading}` stands in the outline and is not found in the article from here on"
        );
        b.faults.push(source.fault(*line, heading, message));
    }
    let present = (outline_word..footer)
        .filter(|line| source.text(*line) == "\t")
        .count();
    b.count("TAB lines", tabs, present);
    b.finish()
}

impl Reader<'_> {
    fn text(&self, line: usize) -> &str {
        if line < self.end {
            self.b.source.text(line)
        } else {
            ""
        }
    }

    fn filled(&self, from: usize) -> Option<usize> {
        next_filled(self.b.source, from, self.end)
    }

    /// Whether a line is followed by a separator: it starts a row or a header.
    fn starts_row(&self, line: usize) -> bool {
        self.text(line) != "\t"
            && self
                .filled(line + 1)
                .is_some_and(|next| self.text(next) == "\t")
    }

    /// Whether a row is a header: `name`, `parameters` and the like are names of fields as well.
    fn starts_header(&self, line: usize) -> bool {
        let second = self.filled(line + 1).and_then(|tab| self.filled(tab + 1));
        words::is_name_word(self.text(line))
            && second
                .is_some_and(|line| words::column(self.text(line).trim(), false) != Column::Other)
    }

    fn article(&mut self) {
        if let Some(line) = self.filled(self.at) {
            self.b.page.title = self.text(line).trim().to_owned();
            let title = self.b.page.title.clone();
            self.b.prose(&title, line);
            self.at = line + 1;
        }
        while let Some(line) = self.filled(self.at) {
            if self.text(line) == "\t" {
                let fault = self
                    .b
                    .source
                    .fault(line, "\t", "a separator outside a table");
                self.b.faults.push(
                    fault.help("the name of its row, or the separator before it, is missing"),
                );
                self.b.mark(line..=line);
                self.at = line + 1;
            } else if self.starts_row(line) {
                self.at = line;
                if let Err(fault) = self.table() {
                    self.b.faults.push(fault);
                    self.b.mark(line..=line);
                    self.at = self.at.max(line + 1);
                    self.skip_table();
                }
            } else if self
                .outline
                .get(self.next_heading)
                .is_some_and(|(text, _)| text == self.text(line).trim())
            {
                self.heading(line);
            } else if self
                .headings
                .last()
                .is_some_and(|text| words::is_example_heading(text))
                && self
                    .text(line)
                    .starts_with(['{', '[', 'c', 'G', 'P', 'D', 'H'])
                && is_example_start(self.text(line))
            {
                self.example(line);
            } else {
                let text = self.text(line).trim().to_owned();
                self.b.prose(&text, line);
                self.at = line + 1;
            }
        }
    }

    fn heading(&mut self, line: usize) {
        let text = self.text(line).trim().to_owned();
        self.b.prose(&text, line);
        self.headings.push(text);
        self.next_heading += 1;
        self.at = line + 1;
    }

    fn example(&mut self, line: usize) {
        let next = self
            .outline
            .get(self.next_heading)
            .map(|(text, _)| text.clone());
        let mut end = line;
        let mut at = line;
        while at < self.end && next.as_deref() != Some(self.text(at).trim()) {
            if !self.text(at).is_empty() {
                end = at;
            }
            at += 1;
        }
        let body: Vec<&str> = (line..=end).map(|at| self.text(at)).collect();
        let body = body.join("\n");
        let heading = self.headings.last().cloned().unwrap_or_default();
        let side = sections::side(&[heading.as_str()], "", "");
        let example = examples::read(&body, line, side, self.b.op(), &heading);
        self.b.example(example);
        self.b.mark(line..=end);
        self.at = end + 1;
    }

    /// After a fault: on to the next heading, so that one fault does not hide the others.
    fn skip_table(&mut self) {
        let next = self
            .outline
            .get(self.next_heading)
            .map(|(text, _)| text.clone());
        while self.at < self.end && next.as_deref() != Some(self.text(self.at).trim()) {
            self.b.mark(self.at..=self.at);
            self.at += 1;
        }
    }

    fn cell_at(&self, line: usize) -> Cell {
        let text = self.text(line);
        let indent = text.len() - text.trim_start().len();
        cell(text.trim(), line, self.b.source.column(line, indent))
    }

    fn table(&mut self) -> Result<(), Fault> {
        let first = self.at;
        if words::opens_endpoint(self.text(first)) {
            return self.endpoint_table();
        }
        if !words::is_name_word(self.text(first)) {
            let text = self.text(first).trim().to_owned();
            return Err(self.b.source.fault(
                first,
                &text,
                format!("`{text}` starts a table without a header"),
            ));
        }
        let mut header = vec![self.text(first).trim().to_owned()];
        let mut at = first;
        while let Some(tab) = self.filled(at + 1).filter(|line| self.text(*line) == "\t") {
            let Some(word) = self.filled(tab + 1).filter(|line| self.text(*line) != "\t") else {
                return Err(self.b.source.fault(tab, "\t", "an empty header cell"));
            };
            header.push(self.text(word).trim().to_owned());
            at = word;
        }
        self.tabs += header.len() - 1;
        self.b.mark(first..=at);
        let columns = words::columns(&header);
        for (word, column) in header.iter().zip(&columns) {
            if *column == Column::Other {
                return Err(self.b.source.fault(
                    first,
                    header[0].as_str(),
                    format!("`{word}` is no known column"),
                ));
            }
        }
        self.at = at + 1;
        let mut rows: Vec<Row> = Vec::new();
        while let Some(cells) = self.row(header.len(), rows.is_empty())? {
            rows.push(rows::build(self.b.source, &columns, &cells, false)?);
        }
        if rows.is_empty() {
            return Err(self.b.source.fault(first, "", "a table without rows"));
        }
        let headings: Vec<&str> = self.headings.iter().map(String::as_str).collect();
        let method = self
            .b
            .page
            .operations
            .last()
            .map_or(String::new(), |op| op.method.clone());
        let role = sections::role(
            &headings[headings.len().saturating_sub(1)..],
            &header,
            &columns,
            &method,
        );
        self.b.table(role, columns, header, rows, first);
        Ok(())
    }

    /// The next row of a table with so many columns; `None` at its end.
    fn row(&mut self, width: usize, first: bool) -> Result<Option<Vec<Cell>>, Fault> {
        let Some(start) = self.filled(self.at) else {
            return Ok(None);
        };
        let closed = start - self.at >= 3 && !first;
        if !self.starts_row(start) {
            if closed || first {
                return Ok(None);
            }
            let text = self.text(start).trim().to_owned();
            return Err(self.b.source.fault(
                start,
                &text,
                "neither a row nor the end of the table",
            ));
        }
        if self.starts_header(start) {
            if closed {
                return Ok(None);
            }
            let text = self.text(start).trim().to_owned();
            return Err(self.b.source.fault(
                start,
                &text,
                "a header inside a table: the table above is not closed",
            ));
        }
        let mut cells = vec![self.cell_at(start)];
        let mut at = start;
        while cells.len() < width {
            let Some(tab) = self.filled(at + 1).filter(|line| self.text(*line) == "\t") else {
                let text = self.text(start).trim().to_owned();
                let message = format!(
                    "row `{text}` has {} cells, the header has {width}",
                    cells.len()
                );
                return Err(self.b.source.fault(start, &text, message));
            };
            self.tabs += 1;
            let last = cells.len() + 1 == width;
            let (cell, end) = self.cell(tab + 1, last, start)?;
            cells.push(cell);
            at = end;
        }
        self.b.mark(start..=at);
        self.at = at + 1;
        Ok(Some(cells))
    }

    /// A cell from a line on, and its last line.
    fn cell(&mut self, from: usize, last: bool, row: usize) -> Result<(Cell, usize), Fault> {
        let mut lines: Vec<usize> = Vec::new();
        let mut at = from;
        let mut blanks = 0;
        while at < self.end {
            let text = self.text(at);
            if text == "\t" {
                break;
            }
            if text.is_empty() {
                blanks += 1;
                at += 1;
                continue;
            }
            if last && (blanks >= 3 || (self.starts_row(at) && !lines.is_empty())) {
                break;
            }
            if !last && blanks >= 2 && !lines.is_empty() {
                let name = self.text(row).trim().to_owned();
                return Err(self.b.source.fault(
                    row,
                    &name,
                    format!("row `{name}` lacks a separator"),
                ));
            }
            if last && self.starts_row(at) && blanks >= 2 {
                break;
            }
            blanks = 0;
            lines.push(at);
            at += 1;
        }
        let Some((&head, &tail)) = lines.first().zip(lines.last()) else {
            return Ok((cell("", from, 1), from.saturating_sub(1)));
        };
        let mut cell = self.cell_at(head);
        let texts: Vec<&str> = lines.iter().map(|line| self.text(*line).trim()).collect();
        cell.text = texts.join("\n");
        Ok((cell, tail))
    }
}

fn is_example_start(text: &str) -> bool {
    text.starts_with(['{', '['])
        || text.starts_with("curl")
        || text.starts_with("HTTP/")
        || ["GET ", "POST ", "PUT ", "DELETE "]
            .iter()
            .any(|word| text.starts_with(word))
}
