//! The tables of sections.

use super::{
    ast::{EnumValue, EventRow, Field, Payload, Role, Rows},
    blocks::Row,
    cell::{self, Piece, code, is_type_name, text},
    parse::Reader,
};
use crate::{
    diagnostic::Diagnostic,
    source::{Span, Spanned},
};

/// Columns of a table of fields.
const FIELDS: &[&str] = &["Field", "Type", "Presence", "Example", "Description"];
/// Columns of a table of values.
const VALUES: &[&str] = &["Value", "Description"];
/// Columns of a table of values whose Rust names are given.
const NAMED_VALUES: &[&str] = &["Value", "Name", "Description"];
/// Columns of a table of events.
const EVENTS: &[&str] = &["Event", "Payload", "Ends", "Description"];

/// The table below a section's heading. An object without fields has no table.
pub(super) fn rows(reader: &mut Reader<'_>, role: Role, heading: Span) -> Option<Rows> {
    let columns: &[&[&str]] = match role {
        Role::Enum => &[VALUES, NAMED_VALUES],
        Role::Events => &[EVENTS],
        _ => &[FIELDS],
    };
    let table = reader.table(heading, columns)?;
    if table.rows.is_empty() {
        reader.diagnostics.push(Diagnostic::new(
            "D022",
            table.header.span,
            "table has no rows",
        ));
    }
    Some(match role {
        Role::Enum => Rows::Values(collect(reader, &table.rows, value)),
        Role::Events => Rows::Events(collect(reader, &table.rows, event)),
        _ => {
            let mut fields = Vec::new();
            for row in &table.rows {
                fields.extend(field(reader, row));
            }
            Rows::Fields(fields)
        }
    })
}

fn collect<T>(
    reader: &mut Reader<'_>,
    rows: &[Row],
    read: fn(&Row) -> Result<T, Diagnostic>,
) -> Vec<T> {
    let mut out = Vec::new();
    for row in rows {
        let row = read(row);
        out.extend(reader.keep(row));
    }
    out
}

/// Reads all cells before it gives up, so that one run shows every fault of a row.
fn field(reader: &mut Reader<'_>, row: &Row) -> Option<Field> {
    let name = reader.keep(cell::field_name(&row.cells[0]));
    let ty = reader.keep(cell::field_type(&row.cells[1]));
    let presence = reader.keep(cell::presence(&row.cells[2]));
    let example = reader.keep(cell::example(&row.cells[3]));
    let doc = reader.keep(text(&row.cells[4], "description"));
    let (name, aliases) = name?;
    Some(Field {
        name,
        aliases,
        ty: ty?,
        presence: presence?,
        example: example?,
        doc: doc?,
    })
}

fn value(row: &Row) -> Result<EnumValue, Diagnostic> {
    let value = code(&row.cells[0])?;
    let (name, doc) = match row.cells.as_slice() {
        [_, name, doc] => (Some(name), doc),
        cells => (None, &cells[1]),
    };
    let name = match name {
        Some(name) if !name.value.is_empty() => {
            let name = code(name)?;
            if !is_type_name(name.as_str()) {
                return Err(Diagnostic::new(
                    "D031",
                    name.span,
                    format!("`{}` cannot name a value", name.value),
                )
                .label("letters and digits, each word with a capital"));
            }
            Some(name)
        }
        _ => None,
    };
    Ok(EnumValue {
        value,
        name,
        doc: text(doc, "description")?,
    })
}

fn event(row: &Row) -> Result<EventRow, Diagnostic> {
    let (name, unnamed) = match cell::pieces(&row.cells[0]).as_slice() {
        [Piece::Code(name)] => (name.clone(), false),
        [Piece::Code(name), Piece::Words(words)] if words == "or unnamed" => (name.clone(), true),
        _ => {
            return Err(
                Diagnostic::new("D030", row.cells[0].span, "event is not understood")
                    .label("expected `` `Name` `` or `` `Name` or unnamed ``"),
            );
        }
    };
    let ends = match row.cells[2].as_str() {
        "yes" => true,
        "no" => false,
        _ => {
            return Err(Diagnostic::new("D025", row.cells[2].span, "not understood")
                .label("expected yes or no"));
        }
    };
    Ok(EventRow {
        name,
        unnamed,
        payload: payload(&row.cells[1])?,
        ends,
        doc: text(&row.cells[3], "description")?,
    })
}

fn payload(cell: &Spanned<String>) -> Result<Payload, Diagnostic> {
    let payload = match cell::pieces(cell).as_slice() {
        [Piece::Words(word)] if word == "ignored" => Payload::Ignored,
        [Piece::Code(name)] => Payload::Object(name.clone()),
        [Piece::Code(name), Piece::Words(words)] if words == "or nothing" => {
            Payload::OrNothing(name.clone())
        }
        [Piece::Code(name), Piece::Words(words), Piece::Code(field)] if words == "or text in" => {
            Payload::OrText(name.clone(), field.clone())
        }
        _ => {
            return Err(
                Diagnostic::new("D025", cell.span, "payload is not understood").label(
                    "expected ignored, `` `Object` ``, `` `Object` or nothing `` or \
                 `` `Object` or text in `field` ``",
                ),
            );
        }
    };
    if let Some(name) = payload.object()
        && !is_type_name(name.as_str())
    {
        return Err(Diagnostic::new(
            "D031",
            name.span,
            format!("`{}` cannot name a type", name.value),
        )
        .label("expected the name of a section"));
    }
    Ok(payload)
}
