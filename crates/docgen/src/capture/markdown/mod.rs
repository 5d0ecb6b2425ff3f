//! Markdown: format C and the service's own export.

mod count;
mod html;
mod inline;
mod marks;
mod pipes;

use self::count::Counts;
use self::marks::{bullet, fence_mark, heading_level, without_key};
use super::builder::Builder;
use super::examples;
use super::fault::{Fault, Refused};
use super::headings;
use super::model::{Cell, Format, Page, Side};
use super::rows;
use super::text::Source;
use super::words::{self, Column, EndpointKey};

/// The cells of a table, their markup still in them, header first.
type Grid = Vec<Vec<Cell>>;

/// Which Markdown this is: a page that writes its method as a bullet and has no endpoint table
/// is a third party's.
pub(crate) fn detect(source: &Source) -> Option<Format> {
    let has = |fits: &dyn Fn(&str) -> bool| source.lines.iter().any(|line| fits(&line.text));
    let markdown = has(&|line| line.starts_with('#') || pipes::delimiter(line).is_some());
    let bullets = has(&|line| {
        bullet(line).is_some_and(|(key, value)| {
            words::endpoint_key(&key) == Some(EndpointKey::Method) && !value.is_empty()
        })
    });
    let tables = has(&|line| {
        pipes::starts_like_row(line) && words::opens_endpoint(pipes::split(line, false)[0].0.trim())
    });
    markdown.then_some(if bullets && !tables {
        Format::C
    } else {
        Format::Official
    })
}

struct Reader<'a> {
    b: Builder<'a>,
    at: usize,
    /// The headings that hold here, outer to inner, with their levels.
    headings: Vec<(usize, String)>,
    /// Titles of the tabs that are open.
    tabs: Vec<Option<String>>,
    /// The line of text above.
    label: String,
    /// A table without pipes at the ends of its rows was read.
    bare: bool,
    counts: Counts,
}

/// Reads a page.
pub(crate) fn read(source: &Source, format: Format) -> Result<Page, Refused> {
    let mut reader = Reader {
        b: Builder::new(source, format),
        at: 1,
        headings: Vec::new(),
        tabs: Vec::new(),
        label: String::new(),
        bare: false,
        counts: Counts::default(),
    };
    while reader.at <= source.lines.len() {
        let at = reader.at;
        if let Err(fault) = reader.block(source.text(at)) {
            reader.b.faults.push(fault);
            reader.b.mark(at..=at);
            reader.at = at + 1;
        }
    }
    let (read, present) = (reader.counts, count::count(source));
    reader.b.count("pipe lines", read.pipes, present.pipes);
    reader.b.count("fence lines", read.fences, present.fences);
    reader.b.count("HTML rows", read.html, present.html);
    reader.b.finish()
}

impl Reader<'_> {
    fn block(&mut self, text: &str) -> Result<(), Fault> {
        let (source, line) = (self.b.source, self.at);
        let content = &text[pipes::content_start(text)..];
        if content.is_empty() {
            self.b.mark(line..=line);
        } else if let Some(mark) = fence_mark(content) {
            return self.fence(line, mark);
        } else if let Some(level) = heading_level(content) {
            self.heading(level, content[level..].trim(), line);
        } else if content.contains('|') && pipes::delimiter(source.text(line + 1)).is_some() {
            return self.table(line);
        } else if content.starts_with('|') || self.looks_like_row(content) {
            let message = "a row outside a table: no rule line of dashes above or below it";
            return Err(source.fault(line, content, message));
        } else if content.to_ascii_lowercase().contains("<table") {
            return self.html_table(line);
        } else {
            self.text_line(content, line);
        }
        self.at = line + 1;
        Ok(())
    }

    /// A row whose table ended above it, at a list in a cell for instance: such pages have rows without
    /// a pipe before the first cell.
    fn looks_like_row(&self, content: &str) -> bool {
        let cells = pipes::split(content, true).len();
        cells > 2 || self.bare && cells > 1
    }

    fn heading(&mut self, level: usize, text: &str, line: usize) {
        let title = inline::plain(text.trim_end_matches('#'));
        if self.b.page.title.is_empty() {
            self.b.page.title.clone_from(&title);
        }
        self.b.prose(title, line);
        self.headings.retain(|(depth, _)| *depth < level);
        // The condition of a heading needs its code spans.
        self.headings.push((level, text.to_owned()));
        self.label.clear();
    }

    fn text_line(&mut self, content: &str, line: usize) {
        let lower = content.to_ascii_lowercase();
        if lower.starts_with("<div") {
            let title = content.split("title=\"").nth(1);
            let title = title.and_then(|rest| rest.split('"').next());
            self.tabs.push(title.map(str::to_owned));
        }
        if lower.starts_with("<div") || lower.starts_with("</div>") {
            for _ in lower.matches("</div>") {
                self.tabs.pop();
            }
            self.b.prose(without_key(content), line);
            return;
        }
        if let Some((key, value)) = bullet(content).filter(|_| self.b.page.format == Format::C) {
            if words::endpoint_key(&key) == Some(EndpointKey::Method) {
                self.b.open_operation(line);
            }
            let (key, value) = (Cell::new(key, line, 1), Cell::new(value, line, 1));
            self.b.how_to_call(&key, &value);
        }
        let plain = inline::plain(content);
        // Where a link or an image leads belongs to the fingerprint.
        let target = if content.contains("](") { content } else { "" };
        self.b.prose(format!("{plain}{target}"), line);
        self.label = plain;
    }

    fn fence(&mut self, line: usize, mark: &str) -> Result<(), Fault> {
        let source = self.b.source;
        let indent = pipes::content_start(source.text(line));
        let closing = (line + 1..=source.lines.len()).find(|at| {
            let text = source.text(*at);
            let text = text[pipes::content_start(text)..].trim();
            text.starts_with(mark) && text.chars().all(|c| mark.starts_with(c))
        });
        let Some(end) = closing else {
            return Err(source.fault(line, mark, "a code fence that is not closed"));
        };
        self.counts.fences += 2;
        let body = (line + 1..end).map(|at| {
            let text = source.text(at);
            &text[pipes::content_start(text).min(indent)..]
        });
        let body = body.collect::<Vec<_>>().join("\n");
        let headings: Vec<&str> = self
            .headings
            .iter()
            .map(|(_, text)| text.as_str())
            .collect();
        // The title of the page says nothing about its parts.
        let headings = &headings[usize::from(headings.len() > 1)..];
        let tab = self.tabs.iter().rev().flatten().next();
        let side = headings::side(headings, tab.map_or("", String::as_str), &self.label);
        let label = tab.unwrap_or(&self.label);
        let mut example = examples::read(&body, line + 1, side, self.b.op(), label);
        example.body = format!("{}\n{body}", source.text(line).trim());
        example.error_response =
            example.side == Side::Response && headings::error_response(headings);
        self.b.page.examples.push(example);
        self.b.mark(line..=end);
        self.at = end + 1;
        Ok(())
    }

    fn table(&mut self, line: usize) -> Result<(), Fault> {
        let source = self.b.source;
        let width = pipes::delimiter(source.text(line + 1)).unwrap_or(0);
        let row = |line: usize| {
            pipes::row(source, line, width).map_err(|found| {
                let message = format!("row has {found} cells, the table has {width} columns");
                source.fault(line, source.text(line).trim(), message)
            })
        };
        let piped = |line: usize| usize::from(pipes::starts_like_row(source.text(line)));
        let (head, _) = row(line)?;
        self.bare |= piped(line) == 0;
        self.counts.pipes += piped(line) + piped(line + 1);
        let mut grid = vec![head];
        self.at = line + 2;
        while self.at <= source.lines.len() {
            let at = self.at;
            let goes_on = piped(at) == 1 || piped(line) == 0 && source.text(at).contains('|');
            // A rule below means that another table starts here, without a blank line between.
            if !goes_on || pipes::delimiter(source.text(at + 1)).is_some() {
                break;
            }
            self.counts.pipes += piped(at);
            match row(at) {
                Ok((cells, last)) => {
                    grid.push(cells);
                    self.at = last + 1;
                }
                Err(fault) => {
                    self.b.faults.push(fault);
                    self.at = at + 1;
                }
            }
        }
        self.b.mark(line..=self.at - 1);
        self.grid(grid);
        Ok(())
    }

    /// Takes the cells of a table.
    fn grid(&mut self, mut grid: Grid) {
        let Some(line) = grid.first().and_then(|head| Some(head.first()?.line)) else {
            return;
        };
        let plain = |cell: &Cell| Cell {
            text: inline::words(&cell.text),
            ..cell.clone()
        };
        let header: Vec<String> = grid[0].iter().map(|cell| plain(cell).text).collect();
        if header.len() == 2 && words::opens_endpoint(&header[0]) {
            let pairs = grid.iter().map(|row| (plain(&row[0]), plain(&row[1])));
            self.b.endpoint(pairs.collect(), line);
            return;
        }
        let columns = words::columns(&header);
        let mut rows = Vec::new();
        for raw in grid.drain(1..) {
            let cells: Vec<Cell> = raw
                .iter()
                .zip(&columns)
                .map(|(cell, column)| match column {
                    Column::Example => Cell {
                        text: inline::value(&cell.text),
                        ..cell.clone()
                    },
                    _ => plain(cell),
                })
                .collect();
            match rows::build(self.b.source, &columns, &cells, true) {
                Ok(mut row) => {
                    let mut types = columns
                        .iter()
                        .zip(&raw)
                        .filter(|(c, _)| **c == Column::Type);
                    row.elsewhere = types.any(|(_, cell)| inline::links_elsewhere(&cell.text));
                    rows.push(row);
                }
                Err(fault) => self.b.faults.push(fault),
            }
        }
        let headings: Vec<&str> = self
            .headings
            .iter()
            .map(|(_, text)| text.as_str())
            .collect();
        self.b.headed(&headings, header, &columns, rows, line);
        if let Some(table) = self.b.page.tables.last_mut() {
            table.condition = headings.last().and_then(|text| headings::condition(text));
        }
    }

    fn html_table(&mut self, line: usize) -> Result<(), Fault> {
        let source = self.b.source;
        let mut depth = 0;
        let end = (line..=source.lines.len()).find(|at| {
            let lower = source.text(*at).to_ascii_lowercase();
            depth += lower.matches("<table").count();
            depth = depth.saturating_sub(lower.matches("</table").count());
            depth == 0
        });
        let Some(end) = end else {
            return Err(source.fault(line, "<table", "an HTML table that is not closed"));
        };
        for (rows, grid) in html::tables(source, line, end)? {
            self.counts.html += rows;
            self.grid(grid);
        }
        self.b.mark(line..=end);
        self.at = end + 1;
        Ok(())
    }
}
