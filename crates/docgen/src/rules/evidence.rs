//! Values of examples, matched with the rows that describe them.

use crate::capture::json::{self, Node, Value};
use crate::capture::model::{Content, Example, Page, Role, Row, Side, Table};
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
pub(super) struct Walk<'a> {
    pub(super) page: &'a Page,
    pub(super) seen: Vec<Seen<'a>>,
    pub(super) strangers: Vec<Stranger<'a>>,
    /// Example cells that are not JSON: table, row.
    pub(super) unreadable: Vec<(&'a Table, &'a Row)>,
    /// Tables and the objects shown for them as a whole.
    pub(super) wholes: Vec<(Vec<&'a Table>, &'a Node)>,
    /// Responses without a table.
    pub(super) bare: Vec<(Option<usize>, &'a Node, &'a str)>,
}

/// The tables of an operation with a role.
pub(super) fn with_role<'a>(page: &'a Page, op: Option<usize>, role: &Role) -> Vec<&'a Table> {
    let fits = |table: &&Table| table.role == *role && table.op == op;
    page.typed().filter(fits).collect()
}

/// The table of a named type: the operation's own, else the first.
pub(super) fn named<'a>(page: &'a Page, op: Option<usize>, name: &str) -> Option<&'a Table> {
    let is_named =
        |table: &&Table| matches!(&table.role, Role::Object(own) if own.eq_ignore_ascii_case(name));
    let all: Vec<&Table> = page.typed().filter(is_named).collect();
    let own = all.iter().find(|table| table.op == op);
    own.or(all.first()).copied()
}

/// The row of a key: by its whole name, else below another row with marks of nesting.
fn row_of<'a>(tables: &[&'a Table], name: &str, key: &str) -> Option<(&'a Table, &'a Row)> {
    let whole = |table: &&'a Table| table.row(name).map(|row| (*table, row));
    let below = |table: &&'a Table| {
        let mut rows = table.rows.iter();
        let row = rows.find(|row| row.depth > 0 && row.name.text == key)?;
        Some((*table, row))
    };
    tables
        .iter()
        .find_map(whole)
        .or_else(|| tables.iter().find_map(below))
}

impl<'a> Walk<'a> {
    /// Reads all examples of a page.
    pub(super) fn over(page: &'a Page) -> Self {
        let mut walk = Self {
            page,
            seen: Vec::new(),
            strangers: Vec::new(),
            unreadable: Vec::new(),
            wholes: Vec::new(),
            bare: Vec::new(),
        };
        for table in page.typed() {
            for row in &table.rows {
                walk.own_example(table, row);
            }
        }
        for example in &page.examples {
            walk.example(example);
        }
        walk
    }

    fn example(&mut self, example: &'a Example) {
        let (page, op) = (self.page, example.op);
        let body = with_role(page, op, &Role::Body);
        match &example.content {
            Content::Json(documents) => {
                let tables = match &example.side {
                    Side::Response if example.error_response => Vec::new(),
                    Side::Response => with_role(page, op, &Role::Response),
                    Side::Request => body,
                    Side::Object(name) => named(page, op, name).into_iter().collect(),
                    Side::Other => return,
                };
                for node in documents {
                    if !tables.is_empty() {
                        self.whole(&tables, node);
                    } else if example.side == Side::Response {
                        self.bare.push((op, node, &example.label));
                    }
                }
            }
            Content::Events(events) => {
                for (name, node) in events {
                    if let Some(table) = named(page, op, name) {
                        self.members(&[table], node, "");
                    }
                }
            }
            Content::Call(call) => {
                let own = op.and_then(|op| page.operations.get(op));
                let here = own.is_some_and(|op| op.called_as(&call.url).is_some());
                if let Some(node) = call.body.as_ref().filter(|_| here && !body.is_empty()) {
                    self.whole(&body, node);
                }
            }
            Content::Text => {}
        }
    }

    fn whole(&mut self, tables: &[&'a Table], node: &'a Node) {
        self.members(tables, node, "");
        self.wholes.push((tables.to_vec(), node));
    }

    fn own_example(&mut self, table: &'a Table, row: &'a Row) {
        let (Some(cell), Some(ty)) = (&row.example, row.kind()) else {
            return;
        };
        let text = cell.text.trim();
        let outside = matches!(table.role, Role::Query | Role::Path | Role::Header);
        let plain = match ty {
            TypeExpr::Str | TypeExpr::File | TypeExpr::Any => !text.starts_with('"'),
            TypeExpr::OneOf(_) => !text.starts_with(['"', '{', '[']),
            TypeExpr::List(_) => outside && !text.starts_with('['),
            _ => false,
        };
        if plain {
            return;
        }
        match json::parse(text, cell.line, cell.column) {
            Ok(mut node) => {
                place(&mut node, cell.line);
                self.descend(table, row, &node, true);
            }
            Err(_) => self.unreadable.push((table, row)),
        }
    }

    fn members(&mut self, tables: &[&'a Table], node: &Node, prefix: &str) {
        for (key, node) in node.members() {
            let name = format!("{prefix}{key}");
            let below = format!("{name}.");
            let mut rows = tables.iter().flat_map(|table| &table.rows);
            let nested = rows.any(|row| row.name.text.starts_with(&below));
            if let Some((table, row)) = row_of(tables, &name, key) {
                self.descend(table, row, node, false);
            } else if !nested && let Some(table) = tables.first() {
                self.strangers.push(Stranger {
                    table,
                    key: name,
                    line: node.line,
                });
            }
            if nested {
                self.members(tables, node, &below);
            }
        }
    }

    fn descend(&mut self, table: &'a Table, row: &'a Row, node: &Node, own: bool) {
        self.seen.push(Seen {
            table,
            row,
            node: node.clone(),
            own,
        });
        if let Some(ty) = row.kind() {
            self.inside(table, row, ty, node);
        }
    }

    fn inside(&mut self, table: &'a Table, row: &'a Row, ty: &TypeExpr, node: &Node) {
        match (ty, &node.value) {
            (TypeExpr::Named(name), Value::Object(_)) if !row.elsewhere => {
                if let Some(table) = named(self.page, table.op, name) {
                    self.members(&[table], node, "");
                }
            }
            (TypeExpr::List(Some(inner)), Value::Array(items)) => {
                for item in items {
                    self.inside(table, row, inner, item);
                }
            }
            (TypeExpr::Map(Some(inner)), Value::Object(entries)) => {
                for (_, item) in entries {
                    self.inside(table, row, inner, item);
                }
            }
            (TypeExpr::Object, Value::Object(_)) => {
                let nested = children(table, row);
                for (key, node) in node.members() {
                    if let Some(child) = nested.iter().find(|child| child.name.text == *key) {
                        self.descend(table, child, node, false);
                    }
                }
            }
            _ => {}
        }
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

/// Rows below a row with marks of nesting.
fn children<'a>(table: &'a Table, row: &Row) -> Vec<&'a Row> {
    let rows = table.rows.iter();
    let below = rows.skip_while(|one| !std::ptr::eq(*one, row)).skip(1);
    below.take_while(|child| child.depth > row.depth).collect()
}

/// Whether all members of an object have rows in a table, with fitting kinds.
pub(super) fn fits(table: &Table, node: &Node) -> bool {
    !node.members().is_empty()
        && node.members().iter().all(|(key, node)| {
            let row = table.row(key).and_then(Row::kind);
            row.is_some_and(|ty| node.kind() == Kind::Null || ty.accepts(node.kind()))
        })
}
