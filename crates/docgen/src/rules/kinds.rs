//! T101 to T109, T301 to T304: tables and examples.

use super::evidence::{Walk, with_role};
use super::hits::Hits;
use crate::capture::hints::{self, Time};
use crate::capture::json::{self, Node, Value};
use crate::capture::model::{Content, Page, Role, Row, Side, Table};
use crate::capture::types::{Kind, TypeExpr};
use crate::capture::words::{self, Presence};
use std::collections::BTreeMap;

pub(super) fn check(walk: &Walk<'_>, hits: &mut Hits) {
    for seen in &walk.seen {
        value(seen.table, seen.row, &seen.node, seen.own, hits);
    }
    unreadable(walk, hits);
    two_kinds(walk, hits);
    for one in &walk.strangers {
        let message = format!("`{}` has no row", one.key);
        hits.field("T301", one.table, &one.key, one.line, message);
    }
    cells(walk.page, hits);
    responses(walk, hits);
    absent(walk, hits);
}

fn value(table: &Table, row: &Row, node: &Node, own: bool, hits: &mut Hits) {
    let Some(ty) = row.kind() else { return };
    let (kind, name) = (node.kind(), &row.name.text);
    if kind == Kind::Null {
        let said = row.nullable || words::has_any(&row.text.text, &["null", "空", "nil"]);
        if !said && *ty != TypeExpr::Any {
            hits.field("T103", table, name, node.line, "null in an example");
        }
        return;
    }
    // A cell that shows one element of a list, or a list of one object, shows the element.
    if !ty.accepts(kind) {
        let scalar = matches!(ty, TypeExpr::Int | TypeExpr::Number | TypeExpr::Bool);
        let rule = if own && scalar { "T102" } else { "T101" };
        let message = format!("declared {ty}, {} in an example", kind.name());
        hits.field(rule, table, name, node.line, message);
    }
    if let Some(text) = node.scalar() {
        shown(table, row, text, node.line, hits);
    }
}

/// T104 and T105: a value against the words of its row.
fn shown(table: &Table, row: &Row, text: &str, line: usize, hits: &mut Hits) {
    let name = &row.name.text;
    if let Some((values, false)) = hints::values(row)
        && !text.is_empty()
        && !text.contains('*')
        && !values.iter().any(|value| value.eq_ignore_ascii_case(text))
    {
        let message = format!("`{text}` is none of {}", values.join(", "));
        hits.field("T104", table, name, line, message);
    }
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let wrong = match hints::time(&row.text.text) {
        Some(Time::Seconds) => text.len() >= 13,
        Some(Time::Milliseconds) => (9..=11).contains(&text.len()),
        Some(Time::Iso) => true,
        _ => false,
    };
    if digits && wrong {
        hits.field(
            "T105",
            table,
            name,
            line,
            format!("`{text}` is in another format"),
        );
    }
}

/// T102: examples that are not JSON.
fn unreadable(walk: &Walk<'_>, hits: &mut Hits) {
    for (table, row) in &walk.unreadable {
        let line = row.example.as_ref().map_or(row.name.line, |cell| cell.line);
        let ty = row.kind().map_or(String::new(), ToString::to_string);
        let message = format!("the example does not read as {ty}");
        hits.field("T102", table, &row.name.text, line, message);
    }
    for example in &walk.page.examples {
        if let Some((line, _)) = example.broken {
            let at = match &example.side {
                Side::Request => "$.request",
                Side::Object(name) => name,
                _ => "$.response",
            };
            hits.at("T102", example.op, at, line, "the example is not JSON");
        }
    }
}

/// T107: two kinds of one field among the examples.
fn two_kinds(walk: &Walk<'_>, hits: &mut Hits) {
    let mut first: BTreeMap<_, Kind> = BTreeMap::new();
    let mut told = Vec::new();
    for seen in &walk.seen {
        let kind = match seen.node.kind() {
            Kind::Null => continue,
            Kind::Float => Kind::Int,
            kind => kind,
        };
        let (table, name) = (seen.table, &seen.row.name.text);
        let place = (table.op, table.key.as_str(), name.as_str());
        let known = *first.entry(place).or_insert(kind);
        if known != kind && !told.contains(&place) {
            told.push(place);
            let message = format!(
                "{} in one example, {} in another",
                known.name(),
                kind.name()
            );
            hits.field("T107", table, name, seen.node.line, message);
        }
    }
}

/// What single cells show: escapes, values, times, nothing.
fn cells(page: &Page, hits: &mut Hits) {
    for (table, row) in page
        .typed()
        .flat_map(|table| table.rows.iter().map(move |row| (table, row)))
    {
        let name = &row.name.text;
        if !row.empty.is_empty() {
            let message = format!("{} empty cell(s)", row.empty.len());
            hits.field("T109", table, name, row.name.line, message);
        }
        if let (Some(cell), Some(TypeExpr::Str)) = (&row.example, row.kind()) {
            let text = cell.text.trim();
            if text.starts_with('"') {
                continue;
            }
            let escapes = text.contains("\\n") || text.contains("\\\"");
            // In a JSON document they belong to a document inside one of its strings.
            if escapes && json::parse(text, cell.line, 1).is_err() {
                hits.field("T108", table, name, cell.line, "escapes are shown");
            }
            shown(table, row, text, cell.line, hits);
        }
    }
}

/// T302 and T304: responses without a table.
fn responses(walk: &Walk<'_>, hits: &mut Hits) {
    let page = walk.page;
    for (op, node, label) in &walk.bare {
        let ascii = label.chars().all(|c| c.is_ascii_graphic());
        let at = if ascii && !label.is_empty() {
            format!("$.error.{label}")
        } else {
            "$.error".to_owned()
        };
        let keys: Vec<&str> = node.members().iter().map(|(key, _)| key.as_str()).collect();
        let message = format!("a response with {} and no table", keys.join(", "));
        hits.at("T302", *op, at, node.line, message);
        let mut tables = with_role(page, *op, &Role::Response);
        if tables.is_empty() {
            let object =
                |table: &&Table| matches!(table.role, Role::Object(_)) && is_response(page, table);
            tables = page.tables.iter().filter(object).collect();
        }
        for (key, value) in node.members() {
            let kind = value.kind();
            for table in &tables {
                let ty = table.row(key).and_then(Row::kind);
                if let Some(ty) = ty.filter(|ty| !ty.accepts(kind) && kind != Kind::Null) {
                    let message = format!("{ty} in the table, {} in this response", kind.name());
                    hits.at(
                        "T304",
                        *op,
                        format!("{}.{key}", table.key),
                        value.line,
                        message,
                    );
                }
            }
        }
    }
}

/// Whether examples of responses show this table as a whole.
fn is_response(page: &Page, table: &Table) -> bool {
    let shows = |side: &Side| matches!(side, Side::Object(name) if *name == table.key);
    page.examples.iter().any(|example| shows(&example.side))
}

/// T303: required and not in the example.
fn absent(walk: &Walk<'_>, hits: &mut Hits) {
    for (tables, node) in &walk.wholes {
        if !matches!(node.value, Value::Object(_)) {
            continue;
        }
        let whole = |table: &&&Table| {
            table.role == Role::Body || table.rows.iter().all(|row| row.example.is_none())
        };
        for table in tables.iter().filter(whole) {
            for row in &table.rows {
                let name = &row.name.text;
                let required = matches!(row.presence, Some((_, Presence::Required)));
                let top = row.depth == 0 && !name.contains('.');
                if required && top && node.get(name).is_none() {
                    hits.field(
                        "T303",
                        table,
                        name,
                        node.line,
                        format!("`{name}` is required"),
                    );
                }
            }
        }
    }
}

/// The examples of responses for success and what they hold for a field.
pub(super) fn success_values(page: &Page, field: &str) -> Vec<(String, usize)> {
    let responses = page
        .examples
        .iter()
        .filter(|one| one.side == Side::Response);
    let documents = responses.flat_map(|example| match &example.content {
        Content::Json(documents) => documents.as_slice(),
        _ => &[],
    });
    documents
        .filter(|node| node.get("code").and_then(Node::scalar) == Some("0"))
        .filter_map(|node| node.get(field))
        .filter_map(|value| Some((value.scalar()?.to_owned(), value.line)))
        .collect()
}
