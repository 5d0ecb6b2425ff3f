//! T101 to T109, T301 to T304: tables and examples.

use super::evidence::{Walk, with_role};
use super::{Finding, push};
use crate::capture::hints::{self, Time};
use crate::capture::json::{Node, Value};
use crate::capture::model::{Content, Page, Role, Row, Side, Table};
use crate::capture::types::{Kind, TypeExpr};
use crate::capture::words::{self, Presence};
use std::collections::BTreeMap;

pub(super) fn place(table: &Table, field: &str) -> String {
    format!("{}.{field}", table.key)
}

pub(super) fn check(page: &Page, walk: &Walk<'_>, out: &mut Vec<Finding>) {
    for seen in &walk.seen {
        value(seen.table, seen.row, &seen.node, seen.own, out);
    }
    for (table, row) in &walk.unreadable {
        let cell = row.example.as_ref().map_or(row.name.line, |cell| cell.line);
        let ty = row.kind().map_or(String::new(), ToString::to_string);
        push(
            out,
            "T102",
            table.op,
            place(table, &row.name.text),
            cell,
            format!("the example does not read as {ty}"),
        );
    }
    for example in &page.examples {
        if let Some((line, _)) = example.broken {
            let at = match &example.side {
                Side::Request => "$.request".to_owned(),
                Side::Object(name) => name.clone(),
                _ => "$.response".to_owned(),
            };
            push(
                out,
                "T102",
                example.op,
                at,
                line,
                "the example is not JSON".to_owned(),
            );
        }
    }
    two_kinds(walk, out);
    for stranger in &walk.strangers {
        let at = place(stranger.table, &stranger.key);
        push(
            out,
            "T301",
            stranger.table.op,
            at,
            stranger.line,
            format!("`{}` has no row", stranger.key),
        );
    }
    cells(page, out);
    answers(page, walk, out);
    absent(walk, out);
}

fn value(table: &Table, row: &Row, node: &Node, own: bool, out: &mut Vec<Finding>) {
    let Some(ty) = row.kind() else { return };
    let at = || place(table, &row.name.text);
    let kind = node.kind();
    let says_null = row.nullable || words::has_any(&row.text.text, &["null", "空", "nil"]);
    if kind == Kind::Null {
        if !says_null && *ty != TypeExpr::Any {
            push(
                out,
                "T103",
                table.op,
                at(),
                node.line,
                "null in an example".to_owned(),
            );
        }
        return;
    }
    // A cell that shows one element of a list, or a list of one object, shows the element.
    if !ty.accepts(kind) {
        let rule = if own && matches!(ty, TypeExpr::Int | TypeExpr::Number | TypeExpr::Bool) {
            "T102"
        } else {
            "T101"
        };
        push(
            out,
            rule,
            table.op,
            at(),
            node.line,
            format!("declared {ty}, {} in an example", kind.name()),
        );
    }
    if let Some(text) = node.scalar() {
        listed(table, row, text, node.line, out);
        time(table, row, text, node.line, out);
    }
}

fn listed(table: &Table, row: &Row, text: &str, line: usize, out: &mut Vec<Finding>) {
    if let Some((values, open)) = hints::values(row)
        && !open
        && !text.is_empty()
        && !text.contains('*')
        && !values.iter().any(|value| value.eq_ignore_ascii_case(text))
    {
        let message = format!("`{text}` is none of {}", values.join(", "));
        push(
            out,
            "T104",
            table.op,
            place(table, &row.name.text),
            line,
            message,
        );
    }
}

fn time(table: &Table, row: &Row, text: &str, line: usize, out: &mut Vec<Finding>) {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let wrong = match hints::time(&row.text.text) {
        Some(Time::Seconds) => digits && text.len() >= 13,
        Some(Time::Milliseconds) => digits && text.len() <= 11 && text.len() >= 9,
        Some(Time::Iso) => digits,
        _ => false,
    };
    if wrong {
        push(
            out,
            "T105",
            table.op,
            place(table, &row.name.text),
            line,
            format!("`{text}` is in another format"),
        );
    }
}

/// Operation, table and field.
type Place = (Option<usize>, String);

/// T107: two kinds of one field among the examples.
fn two_kinds(walk: &Walk<'_>, out: &mut Vec<Finding>) {
    let mut kinds: BTreeMap<Place, Vec<(Kind, usize)>> = BTreeMap::new();
    for seen in walk
        .seen
        .iter()
        .filter(|seen| seen.node.kind() != Kind::Null)
    {
        let kind = if seen.node.kind() == Kind::Float {
            Kind::Int
        } else {
            seen.node.kind()
        };
        let list = kinds
            .entry((seen.table.op, place(seen.table, &seen.row.name.text)))
            .or_default();
        list.push((kind, seen.node.line));
    }
    for ((op, at), list) in kinds {
        let Some((first, _)) = list.first() else {
            continue;
        };
        if let Some((other, line)) = list.iter().find(|(kind, _)| kind != first) {
            let message = format!(
                "{} in one example, {} in another",
                first.name(),
                other.name()
            );
            push(out, "T107", op, at, *line, message);
        }
    }
}

/// What single cells show: escapes, values, times, nothing.
fn cells(page: &Page, out: &mut Vec<Finding>) {
    for table in page.tables.iter().filter(|table| table.has_types()) {
        for row in &table.rows {
            let at = || place(table, &row.name.text);
            if !row.empty.is_empty() {
                let message = format!("{} empty cell(s)", row.empty.len());
                push(out, "T109", table.op, at(), row.name.line, message);
            }
            let (Some(cell), Some(TypeExpr::Str)) = (&row.example, row.kind()) else {
                continue;
            };
            let text = cell.text.trim();
            if text.starts_with('"') {
                continue;
            }
            if text.contains("\\n") || text.contains("\\\"") {
                push(
                    out,
                    "T108",
                    table.op,
                    at(),
                    cell.line,
                    "escapes are shown".to_owned(),
                );
            }
            listed(table, row, text, cell.line, out);
            time(table, row, text, cell.line, out);
        }
    }
}

/// T302 and T304: answers without a table.
fn answers(page: &Page, walk: &Walk<'_>, out: &mut Vec<Finding>) {
    for (op, node, label) in &walk.bare {
        let ascii = label.chars().all(|c| c.is_ascii_graphic());
        let at = if ascii && !label.is_empty() {
            format!("$.error.{label}")
        } else {
            "$.error".to_owned()
        };
        let keys: Vec<&str> = node.members().iter().map(|(key, _)| key.as_str()).collect();
        push(
            out,
            "T302",
            *op,
            at,
            node.line,
            format!("an answer with {} and no table", keys.join(", ")),
        );
        let mut tables = with_role(page, *op, &Role::Response);
        if tables.is_empty() {
            tables = page
                .tables
                .iter()
                .filter(|table| matches!(table.role, Role::Object(_)) && is_answer(page, table))
                .collect();
        }
        for (key, value) in node.members() {
            for (table, ty) in tables
                .iter()
                .filter_map(|table| Some((table, table.row(key)?.kind()?)))
            {
                if !ty.accepts(value.kind()) && value.kind() != Kind::Null {
                    let message =
                        format!("{ty} in the table, {} in this answer", value.kind().name());
                    push(out, "T304", *op, place(table, key), value.line, message);
                }
            }
        }
    }
}

/// Whether examples of answers show this table as a whole.
fn is_answer(page: &Page, table: &Table) -> bool {
    page.examples
        .iter()
        .any(|example| matches!(&example.side, Side::Object(name) if *name == table.key))
}

/// T303: required and not in the example.
fn absent(walk: &Walk<'_>, out: &mut Vec<Finding>) {
    for (tables, node) in &walk.wholes {
        let Value::Object(members) = &node.value else {
            continue;
        };
        for table in tables.iter().filter(|table| {
            table.role == Role::Body || table.rows.iter().all(|row| row.example.is_none())
        }) {
            for row in &table.rows {
                let required = matches!(row.presence, Some((_, Presence::Required)));
                let name = &row.name.text;
                if required
                    && row.depth == 0
                    && !name.contains('.')
                    && !members.iter().any(|(key, _)| key == name)
                {
                    push(
                        out,
                        "T303",
                        table.op,
                        place(table, name),
                        node.line,
                        format!("`{name}` is required"),
                    );
                }
            }
        }
    }
}

/// The examples of answers for success and what they hold for a field.
pub(super) fn success_values(page: &Page, field: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for example in page
        .examples
        .iter()
        .filter(|example| example.side == Side::Response)
    {
        let Content::Json(documents) = &example.content else {
            continue;
        };
        for node in documents {
            let fine = node.get("code").and_then(Node::scalar) == Some("0");
            if let Some(value) = node.get(field).filter(|_| fine)
                && let Some(text) = value.scalar()
            {
                found.push((text.to_owned(), value.line));
            }
        }
    }
    found
}
