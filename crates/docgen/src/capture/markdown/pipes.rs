//! Rows of pipe tables.

use crate::capture::model::Cell;
use crate::capture::text::Source;

/// Offset of the first character behind indentation and marks of quotes.
pub(crate) fn content_start(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t', '>']).len()
}

/// Whether a line is the rule below a header; gives its number of columns.
pub(crate) fn delimiter(text: &str) -> Option<usize> {
    let text = text[content_start(text)..].trim();
    if !text.contains(['|', ':']) {
        return None;
    }
    let inner = text.strip_prefix('|').unwrap_or(text);
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    let cells: Vec<&str> = inner.split('|').map(str::trim).collect();
    let is_rule = |cell: &&str| {
        let dashes = cell.strip_prefix(':').unwrap_or(cell);
        let dashes = dashes.strip_suffix(':').unwrap_or(dashes);
        !dashes.is_empty() && dashes.bytes().all(|b| b == b'-')
    };
    cells.iter().all(is_rule).then_some(cells.len())
}

/// Whether a line starts like a row.
pub(crate) fn starts_like_row(text: &str) -> bool {
    text[content_start(text)..].starts_with('|')
}

/// Splits a row into cells and their byte offsets. Pipes with a backslash are text; with `code`, so
/// are those in code spans.
pub(crate) fn split(text: &str, code: bool) -> Vec<(&str, usize)> {
    let start = content_start(text);
    let body = text[start..].trim_end();
    let (body, offset) = body
        .strip_prefix('|')
        .map_or((body, start), |rest| (rest, start + 1));
    let open = body.strip_suffix('|').filter(|rest| !rest.ends_with('\\'));
    let body = open.unwrap_or(body);
    let mut pieces = Vec::new();
    let (mut from, mut escaped, mut span) = (0, false, false);
    for (at, c) in body.char_indices() {
        match c {
            '`' if code && !escaped => span = !span && body[at + 1..].contains('`'),
            '|' if !escaped && !span => {
                pieces.push((&body[from..at], offset + from));
                from = at + 1;
            }
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    pieces.push((&body[from..], offset + from));
    pieces
}

/// The cells of a row with `width` columns, and the last line it takes; `Err` has the number of
/// cells of a row with fewer or more.
///
/// A row may go on over lines that do not start with a pipe, when it is not closed before.
pub(crate) fn row(source: &Source, line: usize, width: usize) -> Result<(Vec<Cell>, usize), usize> {
    let text = source.text(line);
    let cells = |pieces: Vec<(&str, usize)>| {
        let cell = |(raw, offset): (&str, usize)| {
            let indent = raw.len() - raw.trim_start().len();
            Cell::new(raw, line, source.column(line, offset + indent))
        };
        pieces.into_iter().map(cell).collect()
    };
    let simple = split(text, false);
    if simple.len() > width {
        let careful = split(text, true);
        let same = careful.len() == width;
        return same.then(|| (cells(careful), line)).ok_or(simple.len());
    }
    let mut joined = text.to_owned();
    let mut last = line;
    while !closed(text) && last < source.lines.len() && last - line < 200 {
        let next = source.text(last + 1);
        if starts_like_row(next) || next.trim_start().starts_with('#') {
            break;
        }
        last += 1;
        joined = format!("{joined} <br> {}", next.trim());
        let pieces = split(&joined, false);
        if pieces.len() == width && closed(next) && next.trim_end().ends_with('|') {
            return Ok((cells(pieces), last));
        }
        if pieces.len() > width {
            break;
        }
    }
    // A row without a closing pipe is whole when its cells are.
    let same = simple.len() == width;
    same.then(|| (cells(simple.clone()), line))
        .ok_or(simple.len())
}

fn closed(text: &str) -> bool {
    let text = text.trim_end();
    text.ends_with('|') && !text.ends_with("\\|") || !starts_like_row(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pipes_in_cells() {
        let cells = split("| a \\| b | `c|d` |", true).into_iter();
        let cells: Vec<&str> = cells.map(|(text, _)| text).collect();
        assert_eq!(cells, [" a \\| b ", " `c|d` "]);
        assert_eq!(split("  > | a | b |", false).len(), 2);
        assert_eq!(split("| a |  |", false).len(), 2);
    }

    #[test]
    fn rules_below_headers() {
        assert_eq!(delimiter("   | --- | :-: |"), Some(2));
        assert_eq!(delimiter("| a | --- |"), None);
        assert_eq!(delimiter("---"), None);
        assert_eq!(delimiter("| --- |"), Some(1));
    }

    #[test]
    fn rows_over_several_lines() {
        let source = Source::new("x", b"| a | {\n  1\n} |\n| b | c |").expect("UTF-8");
        let (cells, last) = row(&source, 1, 2).expect("a row");
        assert_eq!((cells.len(), last), (2, 3));
        assert_eq!(row(&source, 4, 3).expect_err("too short"), 2);
    }
}
