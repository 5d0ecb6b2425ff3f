//! Markdown: format C and the vendor's own export.

mod count;
mod html;
mod inline;
mod marks;
mod pipes;

use self::marks::{bullet, fence_mark, heading_level, without_key};
use super::examples;
use super::fault::Fault;
use super::model::{Cell, Format, Page, Role, Row, Side};
use super::rows;
use super::sections::{self, Builder, cell};
use super::text::Source;
use super::words::{self, Column};

/// Which Markdown this is: a page that writes its method as a bullet and has no endpoint table
/// is a third party's.
pub(crate) fn detect(source: &Source) -> Option<Format> {
    let lines = || source.lines.iter().map(|line| line.text.as_str());
    let markdown = lines().any(|line| line.starts_with('#') || pipes::delimiter(line).is_some());
    let bullets = lines().any(|line| {
        bullet(line).is_some_and(|(key, value)| {
            words::endpoint_key(&key) == Some(words::EndpointKey::Method) && !value.is_empty()
        })
    });
    let tables = lines().any(|line| {
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
    headings: Vec<(usize, String)>,
    tabs: Vec<Option<String>>,
    label: String,
    fences: usize,
    pipe_lines: usize,
    html_rows: usize,
}

/// Reads a page.
pub(crate) fn read(source: &Source, format: Format) -> (Page, Vec<Fault>) {
    let mut reader = Reader {
        b: Builder::new(source, format),
        at: 1,
        headings: Vec::new(),
        tabs: Vec::new(),
        label: String::new(),
        fences: 0,
        pipe_lines: 0,
        html_rows: 0,
    };
    while reader.at <= source.lines.len() {
        if let Err(fault) = reader.block() {
            reader.b.faults.push(fault);
            let at = reader.at;
            reader.b.mark(at..=at);
            reader.at += 1;
        }
    }
    let Reader {
        mut b,
        fences,
        pipe_lines,
        html_rows,
        ..
    } = reader;
    let present = count::count(source);
    b.count("pipe lines", pipe_lines, present.pipes);
    b.count("fence lines", fences, present.fences);
    b.count("HTML rows", html_rows, present.html);
    b.finish()
}

impl Reader<'_> {
    fn block(&mut self) -> Result<(), Fault> {
        let source = self.b.source;
        let line = self.at;
        let text = source.text(line);
        let content = &text[pipes::content_start(text)..];
        if content.is_empty() {
            self.b.mark(line..=line);
            self.at += 1;
            return Ok(());
        }
        if let Some(mark) = fence_mark(content) {
            return self.fence(line, &mark);
        }
        if let Some(level) = heading_level(content) {
            let title = inline::plain(content[level..].trim().trim_end_matches('#'));
            self.headings.retain(|(depth, _)| *depth < level);
            if self.b.page.title.is_empty() {
                self.b.page.title.clone_from(&title);
            }
            self.b.prose(&title, line);
            // The condition of a heading needs its code spans.
            self.headings
                .push((level, content[level..].trim().to_owned()));
            self.label.clear();
            self.at += 1;
            return Ok(());
        }
        let rule = (line < source.lines.len())
            .then(|| pipes::delimiter(source.text(line + 1)))
            .flatten();
        if rule.is_some() && content.contains('|') {
            return self.table(line);
        }
        if content.starts_with('|') {
            return Err(source.fault(
                line,
                content,
                "a row outside a table: no rule line of dashes above or below it",
            ));
        }
        if content.to_ascii_lowercase().contains("<table") {
            return self.html_table(line);
        }
        self.text_line(content, line);
        Ok(())
    }

    fn text_line(&mut self, content: &str, line: usize) {
        self.at += 1;
        let lower = content.to_ascii_lowercase();
        if lower.starts_with("<div") {
            let title = content
                .split("title=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next());
            self.tabs.push(title.map(str::to_owned));
            self.b.prose(&without_key(content), line);
            for _ in lower.matches("</div>") {
                self.tabs.pop();
            }
            return;
        }
        if lower.starts_with("</div>") {
            self.tabs.pop();
            self.b.prose(content, line);
            return;
        }
        if let Some((key, value)) = bullet(content).filter(|_| self.b.page.format == Format::C) {
            let known = words::endpoint_key(&key);
            if known == Some(words::EndpointKey::Method) {
                self.b.open_operation(line);
            }
            if known.is_some()
                && let Some(last) = self.b.op()
            {
                let key = cell(&key, line, 1);
                let value = cell(&value, line, 1);
                let server = rows::endpoint(&mut self.b.page.operations[last], &key, &value);
                self.b.page.server = server.or(self.b.page.server.take());
            }
        }
        let plain = inline::plain(content);
        // Where a link or an image leads belongs to the fingerprint.
        let target = if content.contains("](") { content } else { "" };
        self.b.prose(&format!("{plain}{target}"), line);
        self.label = plain;
    }

    fn fence(&mut self, line: usize, mark: &str) -> Result<(), Fault> {
        let source = self.b.source;
        let indent = pipes::content_start(source.text(line));
        let closing = (line + 1..=source.lines.len()).find(|at| {
            let text = source.text(*at).trim_start_matches([' ', '\t', '>']).trim();
            text.starts_with(mark) && text.chars().all(|c| mark.starts_with(c))
        });
        let Some(end) = closing else {
            return Err(source.fault(line, mark, "a code fence that is not closed"));
        };
        self.fences += 2;
        let body: Vec<&str> = (line + 1..end)
            .map(|at| {
                let text = source.text(at);
                let strip = text.len() - text.trim_start_matches([' ', '\t', '>']).len();
                &text[strip.min(indent)..]
            })
            .collect();
        let headings: Vec<&str> = self
            .headings
            .iter()
            .map(|(_, text)| text.as_str())
            .collect();
        let below: Vec<&str> = headings.iter().skip(1).copied().collect();
        let headings = if below.is_empty() { headings } else { below };
        let tab = self
            .tabs
            .iter()
            .rev()
            .flatten()
            .next()
            .cloned()
            .unwrap_or_default();
        let side = sections::side(&headings, &tab, &self.label);
        let label = if tab.is_empty() {
            self.label.clone()
        } else {
            tab
        };
        let mut example = examples::read(&body.join("\n"), line + 1, side, self.b.op(), &label);
        let info = source.text(line).trim();
        example.body = format!("{info}\n{}", example.body);
        example.error_answer = example.side == Side::Response && sections::error_answer(&headings);
        self.b.example(example);
        self.b.mark(line..=end);
        self.at = end + 1;
        Ok(())
    }

    fn table(&mut self, line: usize) -> Result<(), Fault> {
        let source = self.b.source;
        let width = pipes::delimiter(source.text(line + 1)).unwrap_or(0);
        let mut taken = vec![(line, line)];
        let mut cells = Vec::new();
        let wrong = |line: usize, found: usize| {
            source.fault(
                line,
                source.text(line).trim(),
                format!("row has {found} cells, the table has {width} columns"),
            )
        };
        let (head, _) = pipes::row(source, line, width).map_err(|found| wrong(line, found))?;
        let piped = pipes::starts_like_row(source.text(line));
        let mut at = line + 2;
        while at <= source.lines.len() {
            let text = source.text(at);
            let row = if piped {
                pipes::starts_like_row(text)
            } else {
                text.contains('|')
            };
            // A rule below means that another table starts here, without a blank line between.
            if !row || pipes::delimiter(source.text(at + 1)).is_some() {
                break;
            }
            match pipes::row(source, at, width) {
                Ok((row, last)) => {
                    cells.push((row, at));
                    taken.push((at, last));
                    at = last + 1;
                }
                Err(found) => {
                    self.b.faults.push(wrong(at, found));
                    taken.push((at, at));
                    at += 1;
                }
            }
        }
        let piped_rows = taken
            .iter()
            .filter(|(first, _)| pipes::starts_like_row(source.text(*first)))
            .count();
        self.pipe_lines += piped_rows + usize::from(pipes::starts_like_row(source.text(line + 1)));
        for (first, last) in taken {
            self.b.mark(first..=last);
        }
        self.b.mark(line..=line + 1);
        self.at = at;
        let grid: Vec<Vec<(String, usize, usize)>> = std::iter::once((head, line))
            .chain(cells)
            .map(|(row, line)| {
                row.into_iter()
                    .map(|(raw, offset)| {
                        let indent = raw.len() - raw.trim_start().len();
                        let column = source.column(line, offset + indent);
                        (raw, line, column)
                    })
                    .collect()
            })
            .collect();
        self.grid(&grid);
        Ok(())
    }

    /// Takes the cells of a table, header first.
    fn grid(&mut self, grid: &[Vec<(String, usize, usize)>]) {
        let Some((head, body)) = grid.split_first() else {
            return;
        };
        let header: Vec<String> = head.iter().map(|(raw, ..)| inline::words(raw)).collect();
        let line = head.first().map_or(self.at, |(_, line, _)| *line);
        if header.len() == 2 && words::opens_endpoint(&header[0]) {
            self.endpoint(grid, line);
            return;
        }
        let columns = words::columns(&header);
        let mut rows = Vec::new();
        for raw in body {
            let cells: Vec<Cell> = raw
                .iter()
                .zip(&columns)
                .map(|((raw, line, column), meaning)| Cell {
                    text: if *meaning == Column::Example {
                        inline::value(raw)
                    } else {
                        inline::words(raw)
                    },
                    line: *line,
                    column: *column,
                })
                .collect();
            match rows::build(self.b.source, &columns, &cells, true) {
                Ok(mut row) => {
                    row.elsewhere = columns.iter().zip(raw).any(|(column, (raw, ..))| {
                        *column == Column::Type && inline::links_elsewhere(raw)
                    });
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
        let method = self
            .b
            .page
            .operations
            .last()
            .map_or(String::new(), |op| op.method.clone());
        let role = sections::role(&headings, &header, &columns, &method);
        let condition = headings.last().and_then(|text| sections::condition(text));
        self.b.table(role, columns, header, rows, line);
        if let Some(table) = self.b.page.tables.last_mut() {
            table.condition = condition;
        }
    }

    fn endpoint(&mut self, grid: &[Vec<(String, usize, usize)>], line: usize) {
        self.b.open_operation(line);
        let last = self.b.page.operations.len() - 1;
        let mut rows = Vec::new();
        for raw in grid {
            let cell = |index: usize| {
                raw.get(index)
                    .map(|(raw, line, column)| cell(&inline::words(raw), *line, *column))
                    .unwrap_or_default()
            };
            let (key, value) = (cell(0), cell(1));
            let server = rows::endpoint(&mut self.b.page.operations[last], &key, &value);
            self.b.page.server = server.or(self.b.page.server.take());
            let mut row = Row::named(key);
            row.text = value;
            rows.push(row);
        }
        self.b
            .table(Role::Endpoint, Vec::new(), Vec::new(), rows, line);
    }

    fn html_table(&mut self, line: usize) -> Result<(), Fault> {
        let source = self.b.source;
        let (mut depth, mut end) = (0_usize, None);
        for at in line..=source.lines.len() {
            let lower = source.text(at).to_ascii_lowercase();
            depth += lower.matches("<table").count();
            let closed = lower.matches("</table").count();
            if closed >= depth {
                end = Some(at);
                break;
            }
            depth -= closed;
        }
        let Some(end) = end else {
            return Err(source.fault(line, "<table", "an HTML table that is not closed"));
        };
        for grid in html::tables(source, line, end)? {
            self.html_rows += grid.rows;
            self.grid(&grid.cells);
        }
        self.b.mark(line..=end);
        self.at = end + 1;
        Ok(())
    }
}
