//! T106, T401, T402, T404: addresses, tables and calls.

use super::evidence::with_role;
use super::{Finding, push};
use crate::capture::json::Value;
use crate::capture::model::{Call, Content, Operation, Page, Role};
use crate::capture::rows::{path_of, placeholders};

pub(super) fn check(page: &Page, out: &mut Vec<Finding>) {
    for (index, op) in page.operations.iter().enumerate() {
        placeholders_and_rows(page, index, op, out);
        let body = !with_role(page, Some(index), &Role::Body).is_empty();
        if matches!(op.method.as_str(), "GET" | "DELETE" | "HEAD") && !body {
            for table in headers(page, index) {
                for row in table
                    .rows
                    .iter()
                    .filter(|row| row.name.text.eq_ignore_ascii_case("content-type"))
                {
                    let at = "$.header.Content-Type".to_owned();
                    let message = format!("listed although a {} has no body", op.method);
                    push(out, "T404", Some(index), at, row.name.line, message);
                }
            }
        }
    }
    for example in &page.examples {
        if let (Content::Call(call), Some(index)) = (&example.content, example.op)
            && let Some(op) = page.operations.get(index)
        {
            compare(page, index, op, call, out);
        }
    }
}

fn headers(page: &Page, op: usize) -> impl Iterator<Item = &crate::capture::model::Table> {
    page.tables
        .iter()
        .filter(move |table| table.role == Role::Header && table.op == Some(op))
}

fn placeholders_and_rows(page: &Page, index: usize, op: &Operation, out: &mut Vec<Finding>) {
    let tables = with_role(page, Some(index), &Role::Path);
    let names: Vec<&str> = op
        .addresses
        .iter()
        .flat_map(|one| placeholders(&one.path))
        .collect();
    for name in &names {
        if !tables.iter().any(|table| table.row(name).is_some()) {
            let message = format!("`{name}` is in the address and has no row");
            push(
                out,
                "T401",
                Some(index),
                format!("path.{name}"),
                op.line,
                message,
            );
        }
    }
    for row in tables.iter().flat_map(|table| &table.rows) {
        if !names.contains(&row.name.text.as_str()) {
            let message = format!("`{}` has a row and is not in the address", row.name.text);
            push(
                out,
                "T401",
                Some(index),
                format!("path.{}", row.name.text),
                row.name.line,
                message,
            );
        }
    }
}

/// Whether two parts of a path can be the same: placeholders and masks match anything.
fn part_fits(template: &str, part: &str) -> bool {
    template.starts_with('{') || template == part || part.contains('*')
}

fn path_fits(template: &str, path: &str) -> bool {
    let (left, right): (Vec<&str>, Vec<&str>) =
        (template.split('/').collect(), path.split('/').collect());
    left.len() == right.len()
        && left
            .iter()
            .zip(&right)
            .all(|(template, part)| part_fits(template, part))
}

/// Whether a call goes to an operation: then their parts are compared.
pub(super) fn same_call(op: &Operation, call: &Call) -> bool {
    let path = path_of(&call.url);
    op.addresses
        .iter()
        .any(|one| path_fits(one.path.as_str(), &path))
}

fn compare(page: &Page, index: usize, op: &Operation, call: &Call, out: &mut Vec<Finding>) {
    let mut tell =
        |at: String, message: String| push(out, "T402", Some(index), at, call.line, message);
    if !same_call(op, call) {
        tell(
            "$.url".to_owned(),
            format!("`{}` does not fit `{}`", call.url, op.path()),
        );
        return;
    }
    if !op.method.is_empty() && op.method != call.method {
        tell(
            "$.method".to_owned(),
            format!("{} in the example, {} in the table", call.method, op.method),
        );
    }
    let query = call.url.split_once('?').map_or("", |(_, query)| query);
    let rows = |role: Role| with_role(page, Some(index), &role);
    for name in query
        .split('&')
        .filter_map(|pair| pair.split('=').next())
        .filter(|name| !name.is_empty())
    {
        if !rows(Role::Query)
            .iter()
            .any(|table| table.row(name).is_some())
        {
            tell(format!("query.{name}"), format!("`{name}` has no row"));
        }
    }
    for name in &call.headers {
        let known = headers(page, index).any(|table| {
            table
                .rows
                .iter()
                .any(|row| row.name.text.eq_ignore_ascii_case(name))
        });
        if !known && headers(page, index).next().is_some() {
            tell(
                format!("$.header.{name}"),
                format!("header `{name}` has no row"),
            );
        }
    }
    for name in &call.form {
        if !rows(Role::Body)
            .iter()
            .any(|table| table.row(name).is_some())
        {
            tell(
                format!("body.{name}"),
                format!("form part `{name}` has no row"),
            );
        }
    }
    if let Some(body) = &call.body
        && rows(Role::Body).is_empty()
        && matches!(&body.value, Value::Object(members) if !members.is_empty())
    {
        tell(
            "$.body".to_owned(),
            "a body in the example and no table for it".to_owned(),
        );
    }
    shapes(page, index, op, call, out);
}

#[derive(PartialEq)]
enum Shape {
    Digits,
    Letters,
}

fn shape(text: &str) -> Option<Shape> {
    let bare: String = text.chars().filter(|c| *c != '*').collect();
    if bare.is_empty() || bare.contains(['{', '$']) {
        None
    } else if bare.bytes().all(|b| b.is_ascii_digit()) {
        Some(Shape::Digits)
    } else {
        Some(Shape::Letters)
    }
}

/// T106: an id in the call against the example of its row.
fn shapes(page: &Page, index: usize, op: &Operation, call: &Call, out: &mut Vec<Finding>) {
    let path = path_of(&call.url);
    let Some(template) = op.addresses.iter().find(|one| path_fits(&one.path, &path)) else {
        return;
    };
    for (name, part) in template.path.split('/').zip(path.split('/')) {
        let Some(name) = name
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'))
        else {
            continue;
        };
        for table in with_role(page, Some(index), &Role::Path) {
            let Some(shown) = table.row(name).and_then(|row| row.example.as_ref()) else {
                continue;
            };
            if let (Some(in_row), Some(in_call)) = (shape(&shown.text), shape(part))
                && in_row != in_call
            {
                let message = format!("`{}` in its row, `{part}` in the call", shown.text);
                push(
                    out,
                    "T106",
                    Some(index),
                    format!("path.{name}"),
                    call.line,
                    message,
                );
            }
        }
    }
}
