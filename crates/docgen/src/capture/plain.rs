//! Format B: the article alone, one cell a line, blank lines without meaning.

use super::examples;
use super::fault::Fault;
use super::model::{Cell, Format, Page, Role, Row};
use super::rows;
use super::sections::{self, Builder, cell};
use super::text::Source;
use super::types::{self, TypeExpr};
use super::words::{self, Column};

/// Headings of this format besides names of object tables.
const HEADINGS: &[&str] = &[
    "接口说明",
    "接口描述",
    "接口限制",
    "限制说明",
    "使用限制",
    "基础信息",
    "请求参数",
    "Header",
    "Path",
    "Query",
    "Body",
    "返回参数",
    "返回结果",
    "响应参数",
    "示例",
    "请求示例",
    "返回示例",
    "响应示例",
    "正常返回示例",
    "异常返回示例",
    "错误码",
    "注意事项",
    "常见问题",
];

/// Whether the text has the mark of this format: a header word above a word for types or values.
pub(crate) fn detect(source: &Source) -> bool {
    (1..source.lines.len()).any(|line| header_at(source, line).is_some())
}

/// The header that starts at a line: its words and its last line.
fn header_at(source: &Source, line: usize) -> Option<(Vec<String>, usize)> {
    if !words::is_name_word(source.text(line).trim()) {
        return None;
    }
    let mut header = vec![source.text(line).trim().to_owned()];
    let mut last = line;
    loop {
        let next = (last + 1..=source.lines.len()).find(|at| !source.is_blank(*at))?;
        let column = words::column(source.text(next).trim(), false);
        let known = column != Column::Other;
        if known {
            header.push(source.text(next).trim().to_owned());
            last = next;
        }
        if !known || column == Column::Text {
            let columns = words::columns(&header);
            let whole = columns.contains(&Column::Text)
                && (columns.contains(&Column::Type) || columns.contains(&Column::Example));
            return whole.then_some((header, last));
        }
    }
}

struct Reader<'a> {
    b: Builder<'a>,
    lines: Vec<usize>,
    at: usize,
    heading: String,
    tables: usize,
}

/// Reads a page.
pub(crate) fn read(source: &Source) -> (Page, Vec<Fault>) {
    let lines = (1..=source.lines.len())
        .filter(|line| !source.is_blank(*line))
        .collect();
    let mut reader = Reader {
        b: Builder::new(source, Format::B),
        lines,
        at: 0,
        heading: String::new(),
        tables: 0,
    };
    reader.article();
    let Reader { mut b, tables, .. } = reader;
    let present = (1..=source.lines.len())
        .filter(|line| header_at(source, *line).is_some())
        .count();
    b.count("table headers", tables, present);
    b.finish()
}

impl Reader<'_> {
    fn text(&self, index: usize) -> &str {
        self.lines
            .get(index)
            .map_or("", |line| self.b.source.text(*line).trim())
    }

    fn cell(&self, index: usize) -> Cell {
        let line = self.lines[index];
        let text = self.b.source.text(line);
        let indent = text.len() - text.trim_start().len();
        cell(text.trim(), line, self.b.source.column(line, indent))
    }

    /// Whether a line is a heading: one of the list, or a name above a table.
    fn is_heading(&self, index: usize) -> bool {
        let text = self.text(index);
        if HEADINGS.contains(&text) {
            return true;
        }
        words::object_name(text).is_some()
            && self
                .lines
                .get(index + 1)
                .is_some_and(|line| header_at(self.b.source, *line).is_some())
    }

    fn article(&mut self) {
        if !self.lines.is_empty() {
            self.b.page.title = self.text(0).to_owned();
            let title = self.b.page.title.clone();
            self.b.prose(&title, self.lines[0]);
            self.at = 1;
        }
        while self.at < self.lines.len() {
            let line = self.lines[self.at];
            let text = self.text(self.at).to_owned();
            if let Some((header, last)) = header_at(self.b.source, line) {
                self.tables += 1;
                if let Err(fault) = self.table(&header, line, last) {
                    self.b.faults.push(fault);
                    self.skip();
                }
            } else if self.is_heading(self.at) {
                self.b.prose(&text, line);
                self.heading = text;
                self.at += 1;
            } else if words::opens_endpoint(&text) {
                if let Err(fault) = self.endpoint() {
                    self.b.faults.push(fault);
                    self.skip();
                }
            } else if words::is_example_heading(&self.heading) {
                self.example();
            } else {
                self.b.prose(&text, line);
                self.at += 1;
            }
        }
    }

    fn skip(&mut self) {
        while self.at < self.lines.len() && !self.is_heading(self.at) {
            let line = self.lines[self.at];
            if header_at(self.b.source, line).is_some() {
                self.tables += 1;
            }
            self.b.mark(line..=line);
            self.at += 1;
        }
    }

    fn example(&mut self) {
        let first = self.at;
        while self.at < self.lines.len() && !self.is_heading(self.at) {
            self.at += 1;
        }
        let (from, to) = (self.lines[first], self.lines[self.at - 1]);
        let body: Vec<&str> = (from..=to).map(|line| self.b.source.text(line)).collect();
        let body = body.join("\n");
        let side = sections::side(&[self.heading.as_str()], "", "");
        let example = examples::read(&body, from, side, self.b.op(), &self.heading);
        self.b.example(example);
        self.b.mark(from..=to);
    }

    fn endpoint(&mut self) -> Result<(), Fault> {
        let line = self.lines[self.at];
        self.b.open_operation(line);
        let last = self.b.page.operations.len() - 1;
        let mut rows = Vec::new();
        // `接口说明` is a key here and a heading elsewhere.
        while self.at < self.lines.len() && self.is_key(self.at) {
            let key = self.cell(self.at);
            self.at += 1;
            let first = self.at;
            while self.at < self.lines.len() && !self.is_key(self.at) && !self.is_heading(self.at) {
                self.at += 1;
            }
            if first == self.at {
                return Err(rows::place(
                    self.b.source,
                    &key,
                    &format!("`{}` has no value", key.text),
                ));
            }
            let value = self.joined(first, self.at);
            let server = rows::endpoint(&mut self.b.page.operations[last], &key, &value);
            self.b.page.server = server.or(self.b.page.server.take());
            self.b.mark(key.line..=self.lines[self.at - 1]);
            let mut row = Row::named(key);
            row.text = value;
            rows.push(row);
        }
        self.b
            .table(Role::Endpoint, Vec::new(), Vec::new(), rows, line);
        Ok(())
    }

    /// Whether a line is a key of an endpoint: `Query` is one, and the heading of a table too.
    fn is_key(&self, index: usize) -> bool {
        let table = self
            .lines
            .get(index + 1)
            .is_some_and(|line| header_at(self.b.source, *line).is_some());
        words::endpoint_key(self.text(index)).is_some() && !table
    }

    fn joined(&self, from: usize, to: usize) -> Cell {
        let mut cell = self.cell(from);
        let texts: Vec<&str> = (from..to).map(|index| self.text(index)).collect();
        cell.text = texts.join("\n");
        cell
    }

    fn table(&mut self, header: &[String], first: usize, last: usize) -> Result<(), Fault> {
        let columns = words::columns(header);
        self.b.mark(first..=last);
        self.at = self
            .lines
            .iter()
            .position(|line| *line > last)
            .unwrap_or(self.lines.len());
        let mut rows = Vec::new();
        while self.at < self.lines.len() && !self.is_heading(self.at) {
            if !self.starts_row(self.at, &columns) {
                let cell = self.cell(self.at);
                let message = format!("`{}` does not start a row of this table", cell.text);
                return Err(rows::place(self.b.source, &cell, &message)
                    .help("is its type or its word for required unknown?"));
            }
            rows.push(self.row(&columns)?);
        }
        if rows.is_empty() {
            return Err(self.b.source.fault(first, "", "a table without rows"));
        }
        let heading = self.heading.clone();
        let method = self
            .b
            .page
            .operations
            .last()
            .map_or(String::new(), |op| op.method.clone());
        let role = sections::role(&[heading.as_str()], header, &columns, &method);
        self.b.table(role, columns, header.to_vec(), rows, first);
        Ok(())
    }

    /// Whether name, type and presence stand here, one below the other.
    fn starts_row(&self, index: usize, columns: &[Column]) -> bool {
        let name = self.text(index);
        if !columns.contains(&Column::Type) {
            return is_header_name(name)
                || words::is_identifier(name) && index + 1 < self.lines.len();
        }
        let (clean, _) = rows::clean_name(name);
        if !words::is_identifier(&clean) || name.chars().count() > clean.len() + 20 {
            return false;
        }
        for (at, column) in (index + 1..).zip(&columns[1..]) {
            let text = self.text(at);
            match column {
                Column::Type if !is_type(text) => return false,
                Column::Presence | Column::Absence
                    if text.is_empty() || words::presence(text, *column).is_none() =>
                {
                    return false;
                }
                Column::Text => break,
                _ => {}
            }
        }
        true
    }

    fn row(&mut self, columns: &[Column]) -> Result<Row, Fault> {
        let start = self.at;
        let mut cells = Vec::new();
        for column in columns {
            if *column == Column::Text {
                let from = self.at;
                while self.at < self.lines.len()
                    && !self.is_heading(self.at)
                    && header_at(self.b.source, self.lines[self.at]).is_none()
                    && !self.next_row(self.at, columns, self.at > from)
                {
                    let text = self.text(self.at);
                    if self.at > from && words::is_identifier(text) && !text.contains('.') {
                        let cell = self.cell(self.at);
                        let message = format!("`{text}` stands alone in a description");
                        return Err(rows::place(self.b.source, &cell, &message)
                            .help("a row whose type is not known? Capture the page with its separators instead"));
                    }
                    self.at += 1;
                }
                cells.push(if self.at > from {
                    self.joined(from, self.at)
                } else {
                    Cell::default()
                });
            } else {
                if self.at >= self.lines.len() {
                    let cell = self.cell(start);
                    return Err(rows::place(
                        self.b.source,
                        &cell,
                        "the capture ends inside this row",
                    ));
                }
                cells.push(self.cell(self.at));
                self.at += 1;
            }
        }
        self.b.mark(self.lines[start]..=self.lines[self.at - 1]);
        rows::build(self.b.source, columns, &cells, false)
    }

    fn next_row(&self, index: usize, columns: &[Column], inside: bool) -> bool {
        if columns.contains(&Column::Type) {
            self.starts_row(index, columns)
        } else {
            inside && is_header_name(self.text(index))
        }
    }
}

/// `Content-Type`, `Authorization`
fn is_header_name(text: &str) -> bool {
    words::is_identifier(text)
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && !text.contains('.')
}

/// A type this format can tell from a description: scalars and the forms with `of` and `Map[…]`.
fn is_type(text: &str) -> bool {
    match types::parse(text, false) {
        Some(TypeExpr::Any) => text.trim().eq_ignore_ascii_case("any"),
        Some(_) => text.is_ascii(),
        None => false,
    }
}
