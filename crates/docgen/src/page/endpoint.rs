//! The table with an operation's method, path and class.

use super::{
    ast::{Effect, Endpoint, Envelope, Method, Retry},
    blocks::Table,
    cell::{code, is_snake, is_type_name},
    parse::Reader,
};
use crate::{diagnostic::Diagnostic, source::Spanned};

/// The rows of the table: those that each operation has, and those that some have.
const KEYS: [&str; 11] = [
    "Method",
    "Path",
    "Operation",
    "Scope",
    "Envelope",
    "Retry",
    "Source",
    "Reply",
    "Effect",
    "Attempts",
    "Failure",
];

/// The cells of [`KEYS`].
fn cells<'t>(
    reader: &mut Reader<'_>,
    table: &'t Table,
) -> [Option<&'t Spanned<String>>; KEYS.len()] {
    let mut found: [Option<&Spanned<String>>; KEYS.len()] = [None; KEYS.len()];
    for row in &table.rows {
        let key = &row.cells[0];
        let Some(at) = KEYS.iter().position(|k| *k == key.as_str()) else {
            reader.diagnostics.push(
                Diagnostic::new("D024", key.span, format!("unknown key `{}`", key.value))
                    .label(format!("keys: {}", KEYS.join(" "))),
            );
            continue;
        };
        if let Some(first) = found[at].replace(&row.cells[1]) {
            let message = format!("key `{}` stands twice", key.value);
            reader
                .diagnostics
                .push(Diagnostic::new("D024", key.span, message).other(first.span, "first here"));
        }
    }
    found
}

/// Reads the endpoint table.
pub(super) fn read(reader: &mut Reader<'_>, table: &Table) -> Option<Endpoint> {
    let found = cells(reader, table);
    let missing: Vec<&str> = KEYS[..7]
        .iter()
        .zip(&found)
        .filter(|(_, cell)| cell.is_none())
        .map(|(key, _)| *key)
        .collect();
    let (
        Some(method),
        Some(path),
        Some(operation),
        Some(scope),
        Some(envelope),
        Some(retry),
        Some(source),
    ) = (
        found[0], found[1], found[2], found[3], found[4], found[5], found[6],
    )
    else {
        reader.diagnostics.push(
            Diagnostic::new("D024", table.header.span, "endpoint table is incomplete")
                .label(format!("missing: {}", missing.join(", "))),
        );
        return None;
    };
    let method = word(method, Method::from_word, Method::WORDS);
    let method = reader.keep(method);
    let path = reader.keep(code(path));
    let operation = reader.keep(checked(
        operation,
        is_snake,
        "lower-case words joined by `_`",
    ));
    let scope = if scope.value == "none" {
        Some(None)
    } else {
        reader.keep(code(scope)).map(Some)
    };
    let envelope = reader.keep(word(envelope, Envelope::from_word, Envelope::WORDS));
    let retry = reader.keep(word(retry, Retry::from_word, Retry::WORDS));
    let source = reader.keep(autolink(source));
    let mut section = |cell: Option<&Spanned<String>>| match cell {
        None => Some(None),
        Some(cell) => reader
            .keep(checked(cell, is_type_name, "the name of a section"))
            .map(Some),
    };
    let (reply, failure) = (section(found[7]), section(found[10]));
    let effect = match found[8] {
        None => Some(None),
        Some(cell) => reader
            .keep(word(cell, Effect::from_word, Effect::WORDS))
            .map(Some),
    };
    let attempts = match found[9] {
        None => Some(None),
        Some(cell) => reader.keep(count(cell)).map(Some),
    };
    Some(Endpoint {
        span: table.header.span,
        method: method?,
        path: path?,
        operation: operation?,
        scope: scope?,
        envelope: envelope?,
        retry: retry?,
        source: source?,
        reply: reply?,
        failure: failure?,
        effect: effect?,
        attempts: attempts?,
    })
}

fn count(cell: &Spanned<String>) -> Result<Spanned<u32>, Diagnostic> {
    let code = checked(
        cell,
        |word| attempts(word).is_some(),
        "a number from 1 to 9",
    )?;
    Ok(Spanned::new(
        attempts(code.as_str()).unwrap_or(1),
        code.span,
    ))
}

fn attempts(word: &str) -> Option<u32> {
    word.parse()
        .ok()
        .filter(|n| (1..=9).contains(n) && word.len() == 1)
}

fn word<T>(
    cell: &Spanned<String>,
    read: fn(&str) -> Option<T>,
    words: &[&str],
) -> Result<Spanned<T>, Diagnostic> {
    let code = code(cell)?;
    read(code.as_str()).map_or_else(
        || {
            Err(Diagnostic::new(
                "D025",
                code.span,
                format!("`{}` is not understood", code.value),
            )
            .label(format!("expected one of: {}", words.join(", "))))
        },
        |value| Ok(Spanned::new(value, code.span)),
    )
}

/// A code span that fits.
pub(super) fn checked(
    cell: &Spanned<String>,
    fits: fn(&str) -> bool,
    expected: &str,
) -> Result<Spanned<String>, Diagnostic> {
    let code = code(cell)?;
    if fits(code.as_str()) {
        return Ok(code);
    }
    Err(Diagnostic::new(
        "D025",
        code.span,
        format!("`{}` is not understood", code.value),
    )
    .label(format!("expected {expected}")))
}

fn autolink(cell: &Spanned<String>) -> Result<Spanned<String>, Diagnostic> {
    let url = cell
        .value
        .strip_prefix('<')
        .and_then(|rest| rest.strip_suffix('>'))
        .filter(|url| url.starts_with("https://") && !url.contains(char::is_whitespace));
    url.map_or_else(
        || {
            Err(Diagnostic::new("D025", cell.span, "source is no link")
                .label("expected `<https://…>`"))
        },
        |url| Ok(Spanned::new(url.to_owned(), cell.span)),
    )
}
