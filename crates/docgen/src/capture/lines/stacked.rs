//! Format B: the article alone, one cell a line, blank lines without meaning.

use super::Reader;
use crate::capture::fault::Fault;
use crate::capture::model::Cell;
use crate::capture::rows;
use crate::capture::text::Source;
use crate::capture::types::{self, TypeExpr};
use crate::capture::words::{self, Column};

/// Headings of this format besides names of object tables.
const HEADINGS: &str = "接口说明 接口描述 接口限制 限制说明 使用限制 基础信息 请求参数 Header Path Query \
    Body 返回参数 返回结果 响应参数 示例 请求示例 返回示例 响应示例 正常返回示例 异常返回示例 错误码 注意事项 \
    常见问题";

/// Whether the text has the mark of this format: a header word above a word for types or values.
pub(super) fn detect(source: &Source) -> bool {
    (1..source.lines.len()).any(|line| header_at(source, line).is_some())
}

/// The header that starts at a line: its words and its last line.
pub(super) fn header_at(source: &Source, line: usize) -> Option<(Vec<String>, usize)> {
    let mut header = vec![source.text(line).trim().to_owned()];
    if !words::is_name_word(&header[0]) {
        return None;
    }
    let mut last = line;
    loop {
        let next = super::next_filled(source, last + 1, usize::MAX)?;
        let word = source.text(next).trim();
        let column = words::column(word);
        if column != Column::Other {
            header.push(word.to_owned());
            last = next;
        }
        if matches!(column, Column::Other | Column::Text) {
            let columns = words::columns(&header);
            let has = |column| columns.contains(&column);
            let whole = has(Column::Text) && (has(Column::Type) || has(Column::Example));
            return whole.then_some((header, last));
        }
    }
}

impl Reader<'_> {
    pub(super) fn is_header(&self, line: usize) -> bool {
        header_at(self.b.source, line).is_some()
    }

    fn stands_above_header(&self, line: usize) -> bool {
        self.filled(line + 1)
            .is_some_and(|next| self.is_header(next))
    }

    /// Whether a line is a heading: one of the list, or a name above a table.
    pub(super) fn is_known_heading(&self, line: usize) -> bool {
        let text = self.trimmed(line);
        HEADINGS.split(' ').any(|heading| heading == text)
            || words::object_name(text).is_some() && self.stands_above_header(line)
    }

    /// Whether a line is a key of an endpoint: `Query` is one, and the heading of a table too;
    /// `接口说明` is one here and a heading elsewhere.
    fn is_key(&self, line: usize) -> bool {
        words::endpoint_key(self.trimmed(line)).is_some() && !self.stands_above_header(line)
    }

    /// Lines from one on, as long as they fit.
    fn lines_while(&self, from: usize, fits: impl Fn(usize) -> bool) -> Vec<usize> {
        let next = |line: &usize| self.filled(line + 1);
        std::iter::successors(self.filled(from), next)
            .take_while(|line| fits(*line))
            .collect()
    }

    /// The next key of an endpoint and its value.
    pub(super) fn stacked_pair(&mut self) -> Option<Vec<Cell>> {
        let key = self.filled(self.at).filter(|line| self.is_key(*line))?;
        let value = self.lines_while(key + 1, |line| {
            !self.is_key(line) && !self.is_known_heading(line)
        });
        self.at = value.last().unwrap_or(&key) + 1;
        Some(vec![self.b.source.cell(key), self.joined(&value)])
    }

    /// The next row of a table; `None` at its end.
    pub(super) fn stacked_row(&mut self, columns: &[Column]) -> Result<Option<Vec<Cell>>, Fault> {
        let end = |line: &usize| !self.is_known_heading(*line);
        let Some(start) = self.filled(self.at).filter(end) else {
            return Ok(None);
        };
        if !self.starts_row(start, columns) {
            let message = format!(
                "`{}` does not start a row of this table",
                self.trimmed(start)
            );
            return Err(self
                .fault(start, message)
                .help("is its type or its word for required unknown?"));
        }
        self.at = start;
        let mut cells = Vec::new();
        for column in columns {
            if *column == Column::Text {
                let lines = self.description(columns)?;
                self.at = lines.last().map_or(self.at, |line| line + 1);
                cells.push(self.joined(&lines));
            } else {
                let Some(line) = self.filled(self.at) else {
                    return Err(self.fault(start, "the capture ends inside this row"));
                };
                cells.push(self.b.source.cell(line));
                self.at = line + 1;
            }
        }
        Ok(Some(cells))
    }

    /// The lines up to the next row, heading or table.
    fn description(&self, columns: &[Column]) -> Result<Vec<usize>, Fault> {
        let first = self.filled(self.at);
        let lines = self.lines_while(self.at, |line| {
            let row = if columns.contains(&Column::Type) {
                self.starts_row(line, columns)
            } else {
                Some(line) != first && is_header_name(self.trimmed(line))
            };
            !row && !self.is_known_heading(line) && !self.is_header(line)
        });
        for line in lines.iter().skip(1) {
            let text = self.trimmed(*line);
            if words::is_identifier(text) && !text.contains('.') {
                let message = format!("`{text}` stands alone in a description");
                return Err(self.fault(*line, message).help(
                    "a row whose type is not known? Capture the page with its separators instead",
                ));
            }
        }
        Ok(lines)
    }

    /// Whether name, type and presence stand here, one below the other.
    fn starts_row(&self, line: usize, columns: &[Column]) -> bool {
        let name = self.trimmed(line);
        if !columns.contains(&Column::Type) {
            return is_header_name(name)
                || words::is_identifier(name) && self.filled(line + 1).is_some();
        }
        let (clean, _) = rows::clean_name(name);
        if !words::is_identifier(&clean) || name.chars().count() > clean.len() + 20 {
            return false;
        }
        let mut at = line;
        for column in columns
            .iter()
            .skip(1)
            .take_while(|one| **one != Column::Text)
        {
            at = self.filled(at + 1).unwrap_or(self.end);
            let text = self.trimmed(at);
            let fits = match column {
                Column::Type => is_type(text),
                Column::Presence | Column::Absence => {
                    !text.is_empty() && words::presence(text, *column).is_some()
                }
                _ => true,
            };
            if !fits {
                return false;
            }
        }
        true
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
