//! T201 to T203: types, tables and what fits what.

use super::evidence::{Walk, fits, named};
use super::hits::Hits;
use crate::capture::json::Node;
use crate::capture::model::{Content, Role, Row, Table};
use crate::capture::types::{Kind, TypeExpr};
use crate::capture::words;

pub(super) fn check(walk: &Walk<'_>, hits: &mut Hits) {
    let page = walk.page;
    let mut used: Vec<String> = Vec::new();
    let mut missing: Vec<(&str, &Table, &Row)> = Vec::new();
    for table in page.typed() {
        for row in &table.rows {
            for name in row.kind().map(TypeExpr::names).unwrap_or_default() {
                used.push(name.to_lowercase());
                if named(page, table.op, name).is_none() && !row.elsewhere {
                    missing.push((name, table, row));
                }
            }
        }
    }
    let lonely = |table: &&Table| {
        let name = table.role.key();
        matches!(&table.role, Role::Object(name) if words::is_identifier(name))
            && !used.contains(&name.to_lowercase())
            && !is_shown(walk, table)
            && !is_told(walk, name)
    };
    let lonely: Vec<&Table> = page.typed().filter(lonely).collect();
    for (name, table, row) in missing {
        let line = row.ty.as_ref().map_or(0, |(cell, _)| cell.line.max(1));
        let nodes = values(walk, row);
        let fitting = |one: &&&Table| nodes.iter().any(|node| fits(one, node));
        let advice = lonely.iter().find(fitting).map_or(String::new(), |one| {
            format!("; its example fits `{}`", one.key)
        });
        hits.at(
            "T201",
            table.op,
            name,
            line,
            format!("no table of this name{advice}"),
        );
    }
    for table in lonely {
        hits.at(
            "T202",
            table.op,
            table.key.as_str(),
            table.line,
            "no type of this name",
        );
    }
    maps(walk, hits);
}

/// What the examples show for a row.
fn values<'a>(walk: &'a Walk<'_>, row: &Row) -> Vec<&'a Node> {
    let own = walk.seen.iter().filter(|seen| std::ptr::eq(seen.row, row));
    own.map(|seen| &seen.node).collect()
}

/// Whether an example shows a table as a whole.
fn is_shown(walk: &Walk<'_>, table: &Table) -> bool {
    let mut tables = walk.wholes.iter().flat_map(|(tables, _)| tables);
    tables.any(|one| std::ptr::eq(*one, table))
}

/// Tables of stream events are named by the events of an example, or by words.
fn is_told(walk: &Walk<'_>, name: &str) -> bool {
    let forms = [" Object", " object", " 事件", "："].map(|word| format!("{name}{word}"));
    let mut rows = walk.page.tables.iter().flat_map(|table| &table.rows);
    let mut examples = walk.page.examples.iter();
    rows.any(|row| forms.iter().any(|form| row.text.text.contains(form)))
        || examples.any(|example| {
            matches!(&example.content, Content::Events(events) if events.iter().any(|(event, _)| event == name))
        })
}

fn maps(walk: &Walk<'_>, hits: &mut Hits) {
    let object = |table: &&Table| matches!(table.role, Role::Object(_));
    let objects: Vec<&Table> = walk.page.typed().filter(object).collect();
    for table in walk.page.typed() {
        let open = |row: &&Row| row.kind() == Some(&TypeExpr::Map(None));
        for row in table.rows.iter().filter(open) {
            let maps = values(walk, row).into_iter();
            let maps = maps.filter(|node| node.kind() == Kind::Object);
            let values: Vec<&Node> = maps.flat_map(Node::members).map(|(_, node)| node).collect();
            let fitting = |one: &&&Table| values.iter().all(|node| fits(one, node));
            if let Some(one) = objects.iter().find(fitting).filter(|_| !values.is_empty()) {
                let message = format!("every value fits `{0}`: map<{0}>?", one.key);
                hits.field("T203", table, &row.name.text, row.name.line, message);
            }
        }
    }
}
