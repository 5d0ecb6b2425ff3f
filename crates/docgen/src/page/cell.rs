//! Cells of field tables: code spans, types, presences, JSON.

use super::ast::{Presence, Type};
use crate::{diagnostic::Diagnostic, source::Spanned};
use serde_json::Value;

/// What [`type_name`] accepts, for messages.
const TYPES: &str = "types: string text bool int float unix_seconds json json_text file id<..> map<..> \
                     list<..> box<..> or the `Name` of a section";
/// What [`presence`] accepts, for messages.
const PRESENCES: &str = "required | optional | default `v` | always `v` | fixed `v` | if `field` = `v` \
                         | absent as `v`";

/// A cell that is one code span; gives its content.
///
/// # Errors
///
/// A fault, when the cell is anything else.
pub fn code(cell: &Spanned<String>) -> Result<Spanned<String>, Diagnostic> {
    let raw = cell.as_str();
    let inner = raw
        .strip_prefix('`')
        .and_then(|rest| rest.strip_suffix('`'))
        .filter(|inner| !inner.is_empty() && !inner.contains('`') && inner.trim() == *inner);
    inner.map_or_else(
        || {
            Err(
                Diagnostic::new("D030", cell.span, "cell must be one code span")
                    .label("expected `` `…` ``"),
            )
        },
        |inner| {
            Ok(Spanned::new(
                inner.replace("\\|", "|"),
                cell.span.part(1..1 + inner.len()),
            ))
        },
    )
}

/// Splits a cell into words and code spans.
pub fn pieces(cell: &Spanned<String>) -> Vec<Piece> {
    let raw = cell.as_str();
    let mut out = Vec::new();
    let mut at = 0;
    while at < raw.len() {
        let rest = &raw[at..];
        if rest.starts_with('`')
            && let Some(len) = rest[1..].find('`')
        {
            out.push(Piece::Code(Spanned::new(
                rest[1..=len].replace("\\|", "|"),
                cell.span.part(at + 1..at + 1 + len),
            )));
            at += len + 2;
        } else {
            // A backtick that opens nothing is part of the words.
            let mut later = rest.char_indices().skip(1);
            let len = later
                .find(|(_, c)| *c == '`')
                .map_or(rest.len(), |(at, _)| at);
            let word = rest[..len].trim();
            if !word.is_empty() {
                out.push(Piece::Words(word.to_owned()));
            }
            at += len;
        }
    }
    out
}

/// A part of a cell.
#[derive(Debug)]
pub enum Piece {
    /// Text between code spans, trimmed.
    Words(String),
    /// Content of a code span.
    Code(Spanned<String>),
}

/// A cell that must not be empty.
///
/// # Errors
///
/// A fault, when the cell is anything else.
pub fn text(cell: &Spanned<String>, what: &str) -> Result<Spanned<String>, Diagnostic> {
    if cell.value.is_empty() || cell.value == "TODO" {
        return Err(
            Diagnostic::new("D036", cell.span, format!("{what} is missing"))
                .label("must say something"),
        );
    }
    Ok(Spanned::new(cell.value.replace("\\|", "|"), cell.span))
}

/// Whether a name can be one on the wire.
pub fn is_wire_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

/// Whether a name can be that of a Rust type.
pub fn is_type_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric())
}

/// Whether a name is lower-case words joined by `_`.
pub fn is_snake(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('_')
        && !name.contains("__")
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The name column: a name, or `name`, also `other`.
///
/// # Errors
///
/// A fault, when the cell is anything else.
pub fn field_name(
    cell: &Spanned<String>,
) -> Result<(Spanned<String>, Vec<Spanned<String>>), Diagnostic> {
    let mut pieces = pieces(cell).into_iter();
    let refused = || {
        Diagnostic::new("D030", cell.span, "field name is not understood")
            .label("expected `` `name` `` or `` `name`, also `other` ``")
    };
    let Some(Piece::Code(name)) = pieces.next() else {
        return Err(refused());
    };
    let mut aliases = Vec::new();
    while let Some(piece) = pieces.next() {
        match (piece, pieces.next()) {
            (Piece::Words(words), Some(Piece::Code(alias))) if words == ", also" => {
                aliases.push(alias);
            }
            _ => return Err(refused()),
        }
    }
    for name in std::iter::once(&name).chain(&aliases) {
        if !is_wire_name(name.as_str()) {
            return Err(Diagnostic::new(
                "D031",
                name.span,
                format!("`{}` cannot be a name on the wire", name.value),
            )
            .label("letters, digits, `_` and `-`, beginning with a letter"));
        }
    }
    Ok((name, aliases))
}

/// The type column.
///
/// # Errors
///
/// A fault, when the cell is anything else.
pub fn field_type(cell: &Spanned<String>) -> Result<Spanned<Type>, Diagnostic> {
    let code = code(cell)?;
    let refused = |at: usize, len: usize, message: String| {
        Diagnostic::new("D012", code.span.part(at..at + len), message)
            .label("not a type of the page grammar")
            .help(TYPES)
    };
    let (ty, end) = type_name(code.as_str(), 0)
        .map_err(|(at, len, word)| refused(at, len, format!("unknown type `{word}`")))?;
    if end != code.value.len() {
        let rest = &code.value[end..];
        return Err(refused(end, rest.len(), format!("`{rest}` after the type")));
    }
    Ok(Spanned::new(ty, code.span))
}

/// Reads a type from `text[at..]`; gives it with its end, or the place and text of what is not one.
fn type_name(text: &str, at: usize) -> Result<(Type, usize), (usize, usize, String)> {
    let rest = &text[at..];
    let len = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    let word = &rest[..len];
    let fail = |at: usize, end: usize| Err((at, end - at, text[at..end].to_owned()));
    let end = at + len;
    if word.is_empty() {
        return fail(at, text.len());
    }
    if rest[len..].starts_with('<') {
        let (inner, close) = match word {
            "id" => {
                let inner = &text[end + 1..];
                let len = inner.find('>').unwrap_or(inner.len());
                if !is_snake(&inner[..len]) {
                    return fail(end + 1, end + 1 + len);
                }
                (Type::Id(inner[..len].to_owned()), end + 1 + len)
            }
            "map" | "list" | "box" => {
                let (of, close) = type_name(text, end + 1)?;
                let of = Box::new(of);
                let ty = match word {
                    "map" => Type::Map(of),
                    "list" => Type::List(of),
                    _ => Type::Boxed(of),
                };
                (ty, close)
            }
            _ => return fail(at, end),
        };
        if !text[close..].starts_with('>') {
            return fail(at, text.len());
        }
        return Ok((inner, close + 1));
    }
    let ty = match word {
        "string" => Type::Str,
        "text" => Type::Text,
        "bool" => Type::Bool,
        "int" => Type::Int,
        "float" => Type::Float,
        "json" => Type::Json,
        "json_text" => Type::JsonText,
        "unix_seconds" => Type::UnixSeconds,
        "file" => Type::File,
        name if is_type_name(name) => Type::Named(name.to_owned()),
        _ => return fail(at, end),
    };
    Ok((ty, end))
}

/// The presence column.
///
/// # Errors
///
/// A fault, when the cell is anything else.
pub fn presence(cell: &Spanned<String>) -> Result<Spanned<Presence>, Diagnostic> {
    let refused = || {
        Diagnostic::new(
            "D032",
            cell.span,
            format!(
                "presence `{}` is not understood",
                cell.value.replace('`', "'")
            ),
        )
        .label(PRESENCES)
    };
    let value = |code: &Spanned<String>| {
        serde_json::from_str::<Value>(code.as_str()).map_err(|error| {
            Diagnostic::new("D033", code.span, "value is not JSON")
                .label(json_error(&error))
                .help("strings keep their quotes: `\"text\"`")
        })
    };
    let presence = match pieces(cell).as_slice() {
        [Piece::Words(word)] if word == "required" => Presence::Required,
        [Piece::Words(word)] if word == "optional" => Presence::Optional,
        [Piece::Words(word), Piece::Code(v)] => match word.as_str() {
            "default" => Presence::Default(value(v)?),
            "always" => Presence::Always(value(v)?),
            "fixed" => Presence::Fixed(value(v)?),
            "absent as" => Presence::AbsentAs(value(v)?),
            _ => return Err(refused()),
        },
        [
            Piece::Words(word),
            Piece::Code(field),
            Piece::Words(equals),
            Piece::Code(v),
        ] if word == "if" && equals == "=" => Presence::If(field.value.clone(), v.value.clone()),
        _ => return Err(refused()),
    };
    Ok(Spanned::new(presence, cell.span))
}

/// The example column.
///
/// # Errors
///
/// A fault, when the cell is anything else.
pub fn example(cell: &Spanned<String>) -> Result<Option<Spanned<Value>>, Diagnostic> {
    if cell.value.is_empty() {
        return Ok(None);
    }
    let code = code(cell)?;
    serde_json::from_str(code.as_str())
        .map(|value| Some(Spanned::new(value, code.span)))
        .map_err(|error| {
            Diagnostic::new("D033", code.span, "example is not JSON")
                .label(json_error(&error))
                .help("strings keep their quotes: `\"text\"`")
        })
}

/// A JSON error without the position, which counts from the start of the cell.
pub fn json_error(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}
