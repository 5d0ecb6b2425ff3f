//! Rows of pipe tables.

use super::super::text::Source;

/// A cell of a row: its raw text and the byte offset in its line where it starts.
pub(crate) type Piece = (String, usize);

/// Offset of the first character behind indentation and marks of quotes.
pub(crate) fn content_start(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t', '>']).len()
}

/// Whether a line is the rule below a header; gives its number of columns.
pub(crate) fn delimiter(text: &str) -> Option<usize> {
    let text = text[content_start(text)..].trim();
    if !text.contains('-') || !text.contains('|') && !text.contains(':') {
        return None;
    }
    let inner = text.strip_prefix('|').unwrap_or(text);
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    let cells: Vec<&str> = inner.split('|').map(str::trim).collect();
    let good = cells.iter().all(|cell| {
        let dashes = cell.strip_prefix(':').unwrap_or(cell);
        let dashes = dashes.strip_suffix(':').unwrap_or(dashes);
        !dashes.is_empty() && dashes.bytes().all(|b| b == b'-')
    });
    good.then_some(cells.len())
}

/// Whether a line starts like a row.
pub(crate) fn starts_like_row(text: &str) -> bool {
    text[content_start(text)..].starts_with('|')
}

/// Splits a row. Pipes with a backslash are text; with `code`, so are those in code spans.
pub(crate) fn split(text: &str, code: bool) -> Vec<Piece> {
    let start = content_start(text);
    let body = text[start..].trim_end();
    let (body, offset) = body
        .strip_prefix('|')
        .map_or((body, start), |rest| (rest, start + 1));
    let body = if body.ends_with('|') && !body.ends_with("\\|") {
        &body[..body.len() - 1]
    } else {
        body
    };
    let mut pieces = Vec::new();
    let (mut from, mut escaped, mut span) = (0, false, false);
    for (at, c) in body.char_indices() {
        match c {
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            '`' if code && !escaped => span = !span && body[at + 1..].contains('`'),
            '|' if !escaped && !span => {
                pieces.push((body[from..at].to_owned(), offset + from));
                from = at + 1;
            }
            _ => {}
        }
        escaped = false;
    }
    pieces.push((body[from..].to_owned(), offset + from));
    pieces
}

/// The cells of a row with `width` columns, and the lines it takes.
///
/// A row may go on over lines that do not start with a pipe, when it is not closed before.
pub(crate) fn row(
    source: &Source,
    line: usize,
    width: usize,
) -> Result<(Vec<Piece>, usize), usize> {
    let text = source.text(line);
    let simple = split(text, false);
    if simple.len() == width && closed(text) {
        return Ok((simple, line));
    }
    if simple.len() > width {
        let careful = split(text, true);
        return if careful.len() == width {
            Ok((careful, line))
        } else {
            Err(simple.len())
        };
    }
    if closed(text) {
        return Err(simple.len());
    }
    let mut joined = text.to_owned();
    let mut last = line;
    while last < source.lines.len() && last - line < 200 {
        let next = source.text(last + 1);
        if starts_like_row(next) || next.trim_start().starts_with('#') {
            break;
        }
        last += 1;
        joined.push_str(" <br> ");
        joined.push_str(next.trim());
        let pieces = split(&joined, false);
        if pieces.len() == width && closed(next) && next.trim_end().ends_with('|') {
            return Ok((pieces, last));
        }
        if pieces.len() > width {
            break;
        }
    }
    // A row without a closing pipe is whole when its cells are.
    if simple.len() == width {
        Ok((simple, line))
    } else {
        Err(simple.len())
    }
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
        let cells: Vec<String> = split("| a \\| b | `c|d` |", true)
            .into_iter()
            .map(|(text, _)| text)
            .collect();
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
