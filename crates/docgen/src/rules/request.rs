//! T106, T401, T402, T404: addresses, tables and calls.

use super::Hits;
use super::evidence::with_role;
use crate::capture::model::{Call, Content, Operation, Page, Role};
use crate::capture::rows::{path_of, placeholders};

pub(super) fn check(page: &Page, hits: &mut Hits) {
    for (index, op) in page.operations.iter().enumerate() {
        let tables = Tables { page, index, op };
        tables.placeholders_and_rows(hits);
        tables.headers(hits);
    }
    for example in &page.examples {
        if let (Content::Call(call), Some(index)) = (&example.content, example.op)
            && let Some(op) = page.operations.get(index)
        {
            Tables { page, index, op }.call(call, hits);
        }
    }
}

/// Whether two paths can be the same: placeholders and masks match anything.
fn path_fits(template: &str, path: &str) -> bool {
    let (left, right) = (template.split('/'), path.split('/'));
    left.clone().count() == right.clone().count()
        && left.zip(right).all(|(template, part)| {
            template.starts_with('{') || template == part || part.contains('*')
        })
}

/// The path of an operation that a call goes to.
fn called<'a>(op: &'a Operation, path: &str) -> Option<&'a str> {
    let mut paths = op.addresses.iter().map(|one| one.path.as_str());
    paths.find(|template| path_fits(template, path))
}

/// Whether a call goes to an operation: then their parts are compared.
pub(super) fn same_call(op: &Operation, call: &Call) -> bool {
    called(op, &path_of(&call.url)).is_some()
}

/// An operation with its tables.
struct Tables<'a> {
    page: &'a Page,
    index: usize,
    op: &'a Operation,
}

impl Tables<'_> {
    fn tell(&self, hits: &mut Hits, rule: &'static str, at: &str, line: usize, message: String) {
        hits.at(rule, Some(self.index), at, line, message);
    }

    /// The rows of a kind of table, those of headers without types included.
    fn has(&self, role: &Role, name: &str) -> bool {
        let own = self
            .page
            .tables
            .iter()
            .filter(|one| one.op == Some(self.index));
        let mut rows = own
            .filter(|one| one.role == *role)
            .flat_map(|one| &one.rows);
        match role {
            Role::Header => rows.any(|row| row.name.text.eq_ignore_ascii_case(name)),
            _ => rows.any(|row| row.ty.is_some() && row.name.text == name),
        }
    }

    fn has_body(&self) -> bool {
        !with_role(self.page, Some(self.index), &Role::Body).is_empty()
    }

    /// T401
    fn placeholders_and_rows(&self, hits: &mut Hits) {
        let addresses = self.op.addresses.iter();
        let names: Vec<&str> = addresses.flat_map(|one| placeholders(&one.path)).collect();
        for name in names.iter().filter(|name| !self.has(&Role::Path, name)) {
            let message = format!("`{name}` is in the address and has no row");
            self.tell(hits, "T401", &format!("path.{name}"), self.op.line, message);
        }
        let tables = with_role(self.page, Some(self.index), &Role::Path);
        for row in tables.iter().flat_map(|table| &table.rows) {
            let name = row.name.text.as_str();
            if !names.contains(&name) {
                let message = format!("`{name}` has a row and is not in the address");
                self.tell(
                    hits,
                    "T401",
                    &format!("path.{name}"),
                    row.name.line,
                    message,
                );
            }
        }
    }

    /// T404
    fn headers(&self, hits: &mut Hits) {
        let method = self.op.method.as_str();
        if !matches!(method, "GET" | "DELETE" | "HEAD") || self.has_body() {
            return;
        }
        let own = self
            .page
            .tables
            .iter()
            .filter(|one| one.op == Some(self.index));
        for row in own
            .filter(|one| one.role == Role::Header)
            .flat_map(|one| &one.rows)
        {
            if row.name.text.eq_ignore_ascii_case("content-type") {
                let message = format!("listed although a {method} has no body");
                self.tell(
                    hits,
                    "T404",
                    "$.header.Content-Type",
                    row.name.line,
                    message,
                );
            }
        }
    }

    /// T402
    fn call(&self, call: &Call, hits: &mut Hits) {
        let mut tell = |at: &str, message| self.tell(hits, "T402", at, call.line, message);
        let op = self.op;
        if !same_call(op, call) {
            tell(
                "$.url",
                format!("`{}` does not fit `{}`", call.url, op.path()),
            );
            return;
        }
        if !op.method.is_empty() && op.method != call.method {
            let message = format!("{} in the example, {} in the table", call.method, op.method);
            tell("$.method", message);
        }
        let query = call.url.split_once('?').map_or("", |(_, query)| query);
        let names = query.split('&').filter_map(|pair| pair.split('=').next());
        for name in names.filter(|name| !name.is_empty() && !self.has(&Role::Query, name)) {
            tell(&format!("query.{name}"), format!("`{name}` has no row"));
        }
        let own = |role: &Role| {
            self.page
                .tables
                .iter()
                .any(|one| one.op == Some(self.index) && one.role == *role)
        };
        let known = |name: &String| !own(&Role::Header) || self.has(&Role::Header, name);
        for name in call.headers.iter().filter(|name| !known(name)) {
            tell(
                &format!("$.header.{name}"),
                format!("header `{name}` has no row"),
            );
        }
        for name in call.form.iter().filter(|name| !self.has(&Role::Body, name)) {
            tell(
                &format!("body.{name}"),
                format!("form part `{name}` has no row"),
            );
        }
        let body = call
            .body
            .as_ref()
            .is_some_and(|body| !body.members().is_empty());
        if body && !self.has_body() {
            tell(
                "$.body",
                "a body in the example and no table for it".to_owned(),
            );
        }
        self.shapes(call, hits);
    }

    /// T106: an id in the call against the example of its row.
    fn shapes(&self, call: &Call, hits: &mut Hits) {
        let path = path_of(&call.url);
        let template = called(self.op, &path).unwrap_or_default();
        for (name, part) in template.split('/').zip(path.split('/')) {
            let Some(name) = placeholders(name).pop() else {
                continue;
            };
            for table in with_role(self.page, Some(self.index), &Role::Path) {
                let row = table.row(name).and_then(|row| row.example.as_ref());
                let Some(shown) = row.map(|cell| cell.text.as_str()) else {
                    continue;
                };
                let shapes = is_number(shown).zip(is_number(part));
                if shapes.is_some_and(|(row, call)| row != call) {
                    let message = format!("`{shown}` in its row, `{part}` in the call");
                    self.tell(hits, "T106", &format!("path.{name}"), call.line, message);
                }
            }
        }
    }
}

/// Whether an id is all digits; `None` when masks or variables hide it.
fn is_number(text: &str) -> Option<bool> {
    let bare = text.replace('*', "");
    let shown = !bare.is_empty() && !bare.contains(['{', '$']);
    shown.then(|| bare.bytes().all(|b| b.is_ascii_digit()))
}
