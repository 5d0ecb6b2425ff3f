//! T106, T401, T402, T404: addresses, tables and calls.

use super::hits::Hits;
use crate::capture::model::{Call, Content, Operation, Page, Role, Row};
use crate::capture::rows::{path_of, placeholders};

pub(super) fn check(page: &Page, hits: &mut Hits) {
    for (index, op) in page.operations.iter().enumerate() {
        let mut check = Check {
            page,
            index,
            op,
            hits,
        };
        check.placeholders_and_rows();
        check.headers();
        for example in page.examples.iter().filter(|one| one.op == Some(index)) {
            if let Content::Call(call) = &example.content {
                check.call(call);
            }
        }
    }
}

/// An operation of a page.
struct Check<'a> {
    page: &'a Page,
    index: usize,
    op: &'a Operation,
    hits: &'a mut Hits,
}

impl<'a> Check<'a> {
    fn tell(&mut self, rule: &'static str, at: impl Into<String>, line: usize, message: String) {
        self.hits.at(rule, Some(self.index), at, line, message);
    }

    /// The rows of a kind of table; those of headers have no types.
    fn rows(&self, role: Role) -> impl Iterator<Item = &'a Row> + use<'a> {
        let typed = role != Role::Header;
        let tables = self.page.with_role(self.index, role);
        tables
            .filter(move |one| !typed || one.has_types())
            .flat_map(|one| &one.rows)
    }

    fn has(&self, role: Role, name: &str) -> bool {
        let header = role == Role::Header;
        let same = |own: &str| own == name || header && own.eq_ignore_ascii_case(name);
        self.rows(role).any(|row| same(&row.name.text))
    }

    fn has_body(&self) -> bool {
        self.rows(Role::Body).next().is_some()
    }

    /// T401
    fn placeholders_and_rows(&mut self) {
        let addresses = self.op.addresses.iter();
        let names: Vec<&str> = addresses.flat_map(|one| placeholders(&one.path)).collect();
        for name in &names {
            if !self.has(Role::Path, name) {
                let message = format!("`{name}` is in the address and has no row");
                self.tell("T401", format!("path.{name}"), self.op.line, message);
            }
        }
        for row in self.rows(Role::Path) {
            let name = row.name.text.as_str();
            if !names.contains(&name) {
                let message = format!("`{name}` has a row and is not in the address");
                self.tell("T401", format!("path.{name}"), row.name.line, message);
            }
        }
    }

    /// T404
    fn headers(&mut self) {
        let method = self.op.method.as_str();
        if !matches!(method, "GET" | "DELETE" | "HEAD") || self.has_body() {
            return;
        }
        for row in self.rows(Role::Header) {
            if row.name.text.eq_ignore_ascii_case("content-type") {
                let message = format!("listed although a {method} has no body");
                self.tell("T404", "$.header.Content-Type", row.name.line, message);
            }
        }
    }

    /// T402
    fn call(&mut self, call: &Call) {
        for (at, message) in self.differences(call) {
            self.tell("T402", at, call.line, message);
        }
        self.shapes(call);
    }

    fn differences(&self, call: &Call) -> Vec<(String, String)> {
        let op = self.op;
        if op.called_as(&call.url).is_none() {
            let message = format!("`{}` does not fit `{}`", call.url, op.path());
            return vec![("$.url".to_owned(), message)];
        }
        let mut out = Vec::new();
        if !op.method.is_empty() && op.method != call.method {
            let message = format!("{} in the example, {} in the table", call.method, op.method);
            out.push(("$.method".to_owned(), message));
        }
        let query = call.url.split_once('?').map_or("", |(_, query)| query);
        let names = query.split('&').filter_map(|pair| pair.split('=').next());
        for name in names.filter(|name| !name.is_empty() && !self.has(Role::Query, name)) {
            out.push((format!("query.{name}"), format!("`{name}` has no row")));
        }
        let listed = self.rows(Role::Header).next().is_some();
        let known = |name: &str| !listed || self.has(Role::Header, name);
        for name in call.headers.iter().filter(|name| !known(name)) {
            out.push((
                format!("$.header.{name}"),
                format!("header `{name}` has no row"),
            ));
        }
        for name in call.form.iter().filter(|name| !self.has(Role::Body, name)) {
            out.push((
                format!("body.{name}"),
                format!("form part `{name}` has no row"),
            ));
        }
        let body = call
            .body
            .as_ref()
            .is_some_and(|body| !body.members().is_empty());
        if body && !self.has_body() {
            let message = "a body in the example and no table for it".to_owned();
            out.push(("$.body".to_owned(), message));
        }
        out
    }

    /// T106: an id in the call against the example of its row.
    fn shapes(&mut self, call: &Call) {
        let path = path_of(&call.url);
        let template = self.op.called_as(&call.url).unwrap_or_default();
        for (name, part) in template.split('/').zip(path.split('/')) {
            let name = placeholders(name).pop().unwrap_or_default();
            let rows = self.rows(Role::Path).filter(|row| row.name.text == name);
            for shown in rows.filter_map(|row| row.example.as_ref()) {
                let shapes = is_number(&shown.text).zip(is_number(part));
                if shapes.is_some_and(|(row, call)| row != call) {
                    let message = format!("`{}` in its row, `{part}` in the call", shown.text);
                    self.tell("T106", format!("path.{name}"), call.line, message);
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
