//! Values of examples, matched with the rows that describe them.

use crate::capture::json::{self, Node, Value};
use crate::capture::model::{Content, Page, Role, Row, Side, Table};
use crate::capture::types::{Kind, TypeExpr};

/// A value seen for a row.
pub(super) struct Seen<'a> {
    pub(super) table: &'a Table,
    pub(super) row: &'a Row,
    pub(super) node: Node,
    /// The value stands in the row's own example cell.
    pub(super) own: bool,
}

/// A key without a row.
pub(super) struct Stranger<'a> {
    pub(super) table: &'a Table,
    pub(super) key: String,
    pub(super) line: usize,
}

/// All that the examples of a page say.
#[derive(Default)]
pub(super) struct Walk<'a> {
    pub(super) seen: Vec<Seen<'a>>,
    pub(super) strangers: Vec<Stranger<'a>>,
    /// Example cells that are not JSON: table, row.
    pub(super) unreadable: Vec<(&'a Table, &'a Row)>,
    /// Tables and the objects shown for them as a whole.
    pub(super) wholes: Vec<(Vec<&'a Table>, Node)>,
    /// Answers without a table.
    pub(super) bare: Vec<(Option<usize>, Node, String)>,
}

/// The tables of an operation with a role.
pub(super) fn with_role<'a>(page: &'a Page, op: Option<usize>, role: &Role) -> Vec<&'a Table> {
    page.tables
        .iter()
        .filter(|table| table.role == *role && table.op == op && table.has_types())
        .collect()
}

/// The table of a named type.
pub(super) fn named<'a>(page: &'a Page, op: Option<usize>, name: &str) -> Option<&'a Table> {
    let fits = |table: &&Table| {
        matches!(&table.role, Role::Object(own) if own.eq_ignore_ascii_case(name))
            && table.has_types()
    };
    let mut all = page.tables.iter().filter(fits);
    all.clone()
        .find(|table| table.op == op)
        .or_else(|| all.next())
}

pub(super) fn collect(page: &Page) -> Walk<'_> {
    let mut walk = Walk::default();
    for table in page.tables.iter().filter(|table| table.has_types()) {
        for row in &table.rows {
            own_example(page, table, row, &mut walk);
        }
    }
    for example in &page.examples {
        let op = example.op;
        match (&example.content, &example.side) {
            (Content::Json(documents), Side::Response) => {
                let tables = with_role(page, op, &Role::Response);
                for node in documents {
                    if tables.is_empty() || example.error_answer {
                        walk.bare.push((op, node.clone(), example.label.clone()));
                    } else {
                        whole(page, &tables, node, &mut walk);
                    }
                }
            }
            (Content::Json(documents), Side::Request) => {
                let tables = with_role(page, op, &Role::Body);
                for node in documents.iter().filter(|_| !tables.is_empty()) {
                    whole(page, &tables, node, &mut walk);
                }
            }
            (Content::Json(documents), Side::Object(name)) => {
                if let Some(table) = named(page, op, name) {
                    for node in documents {
                        whole(page, &[table], node, &mut walk);
                    }
                }
            }
            (Content::Events(events), _) => {
                for (name, node) in events {
                    if let Some(table) = named(page, op, name) {
                        members(page, &[table], node, "", &mut walk);
                    }
                }
            }
            (Content::Call(call), _) => {
                let tables = with_role(page, op, &Role::Body);
                let here = op
                    .and_then(|op| page.operations.get(op))
                    .is_some_and(|op| super::request::same_call(op, call));
                if let Some(body) = call.body.as_ref().filter(|_| here && !tables.is_empty()) {
                    whole(page, &tables, body, &mut walk);
                }
            }
            _ => {}
        }
    }
    walk
}

fn whole<'a>(page: &'a Page, tables: &[&'a Table], node: &Node, walk: &mut Walk<'a>) {
    members(page, tables, node, "", walk);
    walk.wholes.push((tables.to_vec(), node.clone()));
}

fn own_example<'a>(page: &'a Page, table: &'a Table, row: &'a Row, walk: &mut Walk<'a>) {
    let (Some(cell), Some(ty)) = (&row.example, row.kind()) else {
        return;
    };
    let text = cell.text.trim();
    let plain = match ty {
        TypeExpr::Str | TypeExpr::File | TypeExpr::Any => !text.starts_with('"'),
        TypeExpr::OneOf(_) => !text.starts_with(['"', '{', '[']),
        TypeExpr::List(_) => {
            matches!(table.role, Role::Query | Role::Path | Role::Header) && !text.starts_with('[')
        }
        _ => false,
    };
    if plain {
        return;
    }
    match json::parse(text, cell.line, cell.column) {
        Ok(mut node) => {
            place(&mut node, cell.line);
            descend(page, table, row, &node, true, walk);
        }
        Err(_) => walk.unreadable.push((table, row)),
    }
}

/// Cells of one line are shown at that line whatever breaks they hold.
fn place(node: &mut Node, line: usize) {
    node.line = line;
    match &mut node.value {
        Value::Array(items) => items.iter_mut().for_each(|item| place(item, line)),
        Value::Object(members) => members.iter_mut().for_each(|(_, item)| place(item, line)),
        _ => {}
    }
}

fn members<'a>(
    page: &'a Page,
    tables: &[&'a Table],
    node: &Node,
    prefix: &str,
    walk: &mut Walk<'a>,
) {
    for (key, node) in node.members() {
        let name = format!("{prefix}{key}");
        let row = tables
            .iter()
            .find_map(|table| table.row(&name).map(|row| (*table, row)));
        let row = row.or_else(|| {
            // Rows with marks of nesting stand below the row they belong to.
            tables.iter().find_map(|table| {
                table
                    .rows
                    .iter()
                    .find(|row| row.depth > 0 && row.name.text == *key)
                    .map(|row| (*table, row))
            })
        });
        let below = format!("{name}.");
        let nested = tables.iter().any(|table| {
            table
                .rows
                .iter()
                .any(|row| row.name.text.starts_with(&below))
        });
        if let Some((table, row)) = row {
            descend(page, table, row, node, false, walk);
        } else if !nested && let Some(table) = tables.first() {
            walk.strangers.push(Stranger {
                table,
                key: name.clone(),
                line: node.line,
            });
        }
        if nested {
            members(page, tables, node, &below, walk);
        }
    }
}

fn descend<'a>(
    page: &'a Page,
    table: &'a Table,
    row: &'a Row,
    node: &Node,
    own: bool,
    walk: &mut Walk<'a>,
) {
    walk.seen.push(Seen {
        table,
        row,
        node: node.clone(),
        own,
    });
    if let Some(ty) = row.kind() {
        inside(page, table, row, ty, node, walk);
    }
}

fn inside<'a>(
    page: &'a Page,
    table: &'a Table,
    row: &'a Row,
    ty: &TypeExpr,
    node: &Node,
    walk: &mut Walk<'a>,
) {
    match (ty, &node.value) {
        (TypeExpr::Named(name), Value::Object(_)) if !row.elsewhere => {
            if let Some(table) = named(page, table.op, name) {
                members(page, &[table], node, "", walk);
            }
        }
        (TypeExpr::List(Some(inner)), Value::Array(items)) => {
            for item in items {
                inside(page, table, row, inner, item, walk);
            }
        }
        (TypeExpr::Map(Some(inner)), Value::Object(entries)) => {
            for (_, item) in entries {
                inside(page, table, row, inner, item, walk);
            }
        }
        (TypeExpr::Object, Value::Object(_)) => {
            let nested: Vec<&Row> = children(table, row);
            for (key, node) in node.members() {
                if let Some(child) = nested.iter().find(|child| child.name.text == *key) {
                    descend(page, table, child, node, false, walk);
                }
            }
        }
        _ => {}
    }
}

/// Rows below a row with marks of nesting.
fn children<'a>(table: &'a Table, row: &Row) -> Vec<&'a Row> {
    let start = table
        .rows
        .iter()
        .position(|one| std::ptr::eq(one, row))
        .map_or(0, |at| at + 1);
    table.rows[start..]
        .iter()
        .take_while(|child| child.depth > row.depth)
        .collect()
}

/// Whether all members of an object have rows in a table, with fitting kinds.
pub(super) fn fits(table: &Table, node: &Node) -> bool {
    !node.members().is_empty()
        && node.members().iter().all(|(key, node)| {
            let row = table.row(key).and_then(Row::kind);
            row.is_some_and(|ty| node.kind() == Kind::Null || ty.accepts(node.kind()))
        })
}
