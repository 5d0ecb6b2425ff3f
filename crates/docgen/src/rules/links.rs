//! T201 to T203: types, tables and what fits what.

use super::evidence::{Walk, fits, named};
use super::kinds::place;
use super::{Finding, push};
use crate::capture::json::Node;
use crate::capture::model::{Content, Page, Role, Table};
use crate::capture::types::{Kind, TypeExpr};
use crate::capture::words;

pub(super) fn check(page: &Page, walk: &Walk<'_>, out: &mut Vec<Finding>) {
    let mut used: Vec<String> = Vec::new();
    let mut missing: Vec<(String, usize, Option<usize>, Vec<&Node>)> = Vec::new();
    for table in page.tables.iter().filter(|table| table.has_types()) {
        for row in &table.rows {
            for name in row.kind().map(TypeExpr::names).unwrap_or_default() {
                used.push(name.to_lowercase());
                if named(page, table.op, name).is_none() && !row.elsewhere {
                    let line = row
                        .ty
                        .as_ref()
                        .map_or(row.name.line, |(cell, _)| cell.line.max(1));
                    let seen: Vec<&Node> = walk
                        .seen
                        .iter()
                        .filter(|seen| std::ptr::eq(seen.row, row))
                        .map(|seen| &seen.node)
                        .collect();
                    missing.push((name.to_owned(), line, table.op, seen));
                }
            }
        }
    }
    let shown = |table: &Table| {
        walk.wholes
            .iter()
            .any(|(tables, _)| tables.iter().any(|one| std::ptr::eq(*one, table)))
    };
    // Tables of stream events are named by the events of an example, or by words.
    let told = |name: &str| {
        let forms = [
            format!("{name} Object"),
            format!("{name} object"),
            format!("{name} 事件"),
            format!("{name}："),
        ];
        page.tables.iter().flat_map(|table| &table.rows).any(|row| forms.iter().any(|form| row.text.text.contains(form)))
            || page.examples.iter().any(|example| {
                matches!(&example.content, Content::Events(events) if events.iter().any(|(event, _)| event == name))
            })
    };
    let lonely: Vec<&Table> = page
        .tables
        .iter()
        .filter(|table| matches!(&table.role, Role::Object(name) if words::is_identifier(name)))
        .filter(|table| {
            table.has_types() && !used.contains(&table.role.key().to_lowercase()) && !shown(table)
        })
        .filter(|table| !told(table.role.key()))
        .collect();
    for (name, line, op, nodes) in missing {
        let fitting = lonely
            .iter()
            .find(|table| nodes.iter().any(|node| fits(table, node)));
        let advice = fitting.map_or(String::new(), |table| {
            format!("; its example fits `{}`", table.key)
        });
        push(
            out,
            "T201",
            op,
            name,
            line,
            format!("no table of this name{advice}"),
        );
    }
    for table in lonely {
        push(
            out,
            "T202",
            table.op,
            table.key.clone(),
            table.line,
            "no type of this name".to_owned(),
        );
    }
    maps(page, walk, out);
}

fn maps(page: &Page, walk: &Walk<'_>, out: &mut Vec<Finding>) {
    let objects: Vec<&Table> = page
        .tables
        .iter()
        .filter(|table| matches!(table.role, Role::Object(_)) && table.has_types())
        .collect();
    for table in page.tables.iter().filter(|table| table.has_types()) {
        for row in table
            .rows
            .iter()
            .filter(|row| row.kind() == Some(&TypeExpr::Map(None)))
        {
            let values: Vec<&Node> = walk
                .seen
                .iter()
                .filter(|seen| std::ptr::eq(seen.row, row) && seen.node.kind() == Kind::Object)
                .flat_map(|seen| seen.node.members().iter().map(|(_, node)| node))
                .collect();
            if values.is_empty() {
                continue;
            }
            if let Some(fitting) = objects
                .iter()
                .find(|one| values.iter().all(|node| fits(one, node)))
            {
                let message = format!("every value fits `{0}`: map<{0}>?", fitting.key);
                push(
                    out,
                    "T203",
                    table.op,
                    place(table, &row.name.text),
                    row.name.line,
                    message,
                );
            }
        }
    }
}
