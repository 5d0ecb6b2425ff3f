//! Whether a text is a whole page that describes a call.

use super::fault::Fault;
use super::model::{Format, Page, Role, Row, Table};
use super::types::TypeExpr;

/// What makes a page that was read no description of a whole call: it lacks a method, a path or a row
/// with a type, or it ends inside a table.
pub fn wrong(page: &Page) -> Option<Fault> {
    let ops = &page.operations;
    let lacks = if ops.iter().all(|op| op.method.is_empty()) {
        "method"
    } else if ops.iter().all(|op| op.path().is_empty()) {
        "path"
    } else if page.field_rows() == 0 {
        "row with a type"
    } else {
        return cut(page);
    };
    let fault = Fault::new(
        1,
        1,
        format!("the page has no {lacks}: it describes no call"),
    );
    Some(fault.help("`--prose` takes a page of text"))
}

/// A page that ends with the rows of a table, while it still owes tables for types or the response.
fn cut(page: &Page) -> Option<Fault> {
    let last = page.typed().max_by_key(|table| table.line)?;
    let row = last.rows.last()?;
    let behind = page.prose.iter().map(|one| one.line);
    let behind = behind.chain(page.examples.iter().map(|one| one.line));
    let ends = behind.max().unwrap_or(0) < row.name.line;
    // The other formats have an end of their own.
    if !ends || !matches!(page.format, Format::B | Format::C | Format::Official) {
        return None;
    }
    let owed = match page.typed().find_map(|table| owed(page, table)) {
        Some(name) => format!("a table for `{name}`"),
        None if page.typed().any(|table| table.role == Role::Response) => return None,
        None => "a table for the response".to_owned(),
    };
    let message = format!("the page ends with this row and lacks {owed}");
    let mut fault = Fault::new(row.name.line, row.name.column, message);
    fault.length = row.name.text.chars().count().max(1);
    Some(fault.help(
        "a page that was cut? Capture it down to its end, or take it as it is with `--prose`",
    ))
}

/// A type of a table that is named and has no table of its own.
fn owed<'a>(page: &Page, table: &'a Table) -> Option<&'a str> {
    let has = |name: &str| {
        page.typed()
            .any(|one| matches!(&one.role, Role::Object(own) if own.eq_ignore_ascii_case(name)))
    };
    let rows = table.rows.iter().filter(|row| !row.elsewhere);
    let mut names = rows.filter_map(Row::kind).flat_map(TypeExpr::names);
    names.find(|name| !has(name))
}
