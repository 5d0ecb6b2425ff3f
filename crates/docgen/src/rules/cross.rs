//! T601, T602, T603, T606: pages against each other.

use super::hits::Finding;
use super::kinds::success_values;
use crate::capture::Page;
use crate::capture::model::{Format, Role, Row};
use std::collections::{BTreeMap, BTreeSet};

/// What one operation says about the parts all responses share, and the names of its fields.
#[derive(Clone, Debug)]
pub struct Envelope<'a> {
    page: &'a Page,
    op: usize,
    /// Rows of the response.
    response: Vec<&'a Row>,
    /// Rows of the body.
    body: Vec<&'a Row>,
    /// Values of `msg` for success, with their lines.
    success: Vec<(String, usize)>,
    /// Line of the first response table, else of the operation.
    line: usize,
}

impl<'a> Envelope<'a> {
    /// The operations of a page.
    pub fn of(page: &'a Page) -> impl Iterator<Item = Self> {
        page.operations.iter().enumerate().map(move |(index, op)| {
            let tables = |role| page.with_role(index, role);
            let response: Vec<&Row> = tables(Role::Response).flat_map(|one| &one.rows).collect();
            let mut success = success_values(page, "msg");
            let shown = response.iter().filter(|row| row.name.text == "msg");
            success.extend(
                shown
                    .filter_map(|row| row.example.as_ref())
                    .map(|cell| (cell.text.trim().trim_matches('"').to_owned(), cell.line)),
            );
            Self {
                page,
                op: index,
                body: tables(Role::Body).flat_map(|one| &one.rows).collect(),
                line: tables(Role::Response)
                    .next()
                    .map_or(op.line, |one| one.line),
                response,
                success,
            }
        })
    }

    fn call(&self) -> (&'a str, &'a str) {
        let op = &self.page.operations[self.op];
        (op.method.as_str(), op.path())
    }

    /// Type as written and line of a row of the response.
    fn field(&self, name: &str) -> Option<(String, usize)> {
        let row = self.response.iter().find(|row| row.name.text == name)?;
        let ty = row.ty.as_ref().map(|(cell, _)| cell.flat());
        Some((ty.unwrap_or_default(), row.name.line))
    }

    /// Whether its responses have the shared envelope.
    fn shared(&self) -> bool {
        let has = |name| self.field(name).is_some();
        self.page.format != Format::C && has("code") && has("msg")
    }

    fn finding(
        &self,
        rule: &'static str,
        at: &str,
        line: usize,
        message: String,
    ) -> (String, Finding) {
        let finding = Finding {
            line,
            rule,
            at: at.to_owned(),
            op: Some(self.op),
            message,
        };
        (self.page.name.clone(), finding)
    }
}

/// The most frequent entry; of equals the first in order.
fn usual(of: impl Iterator<Item = String>) -> Option<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for one in of {
        *counts.entry(one).or_default() += 1;
    }
    let most = counts.values().copied().max()?;
    counts
        .into_iter()
        .find(|(_, count)| *count == most)
        .map(|(one, _)| one)
}

/// Findings of operations against each other, with the page each belongs to. `data` differs by
/// design and is left out.
pub fn across(all: &[Envelope<'_>]) -> Vec<(String, Finding)> {
    let mut out = Vec::new();
    let shared: Vec<&Envelope<'_>> = all.iter().filter(|one| one.shared()).collect();
    if shared.len() > 1 {
        for name in ["code", "msg", "detail"] {
            rows(&shared, name, &mut out);
        }
        success(&shared, &mut out);
    }
    sources(all, &mut out);
    out
}

/// T601 and T602: a row of the envelope.
fn rows(shared: &[&Envelope<'_>], name: &str, out: &mut Vec<(String, Finding)>) {
    let at = format!("$.{name}");
    let fields = || shared.iter().filter_map(|one| one.field(name));
    let ty = usual(fields().map(|(ty, _)| ty)).unwrap_or_default();
    for one in shared {
        match one.field(name) {
            Some((own, line)) if own != ty => {
                let message = format!("`{own}` here, `{ty}` on other pages");
                out.push(one.finding("T601", &at, line, message));
            }
            None if fields().count() * 2 >= shared.len() => {
                let message = "no row here, a row on other pages".to_owned();
                out.push(one.finding("T602", &at, one.line, message));
            }
            _ => {}
        }
    }
}

/// T606: the value of `msg` for success.
fn success(shared: &[&Envelope<'_>], out: &mut Vec<(String, Finding)>) {
    let all = shared.iter().flat_map(|one| &one.success);
    let Some(usual) = usual(all.map(|(text, _)| text.clone())) else {
        return;
    };
    for one in shared {
        if let Some((text, line)) = one.success.iter().find(|(text, _)| *text != usual) {
            let message = format!("`{text}` here, `{usual}` on other pages");
            out.push(one.finding("T606", "$.msg", *line, message));
        }
    }
}

/// T603: two pages for one call. The later source is told what it has and lacks.
fn sources(all: &[Envelope<'_>], out: &mut Vec<(String, Finding)>) {
    for (index, one) in all.iter().enumerate() {
        let same = |other: &&Envelope<'_>| {
            other.call() == one.call()
                && other.page.name != one.page.name
                && !one.call().1.is_empty()
        };
        let Some(first) = all[..index].iter().find(same) else {
            continue;
        };
        for (part, here, there) in [
            ("$.body", names(&one.body), names(&first.body)),
            ("$.response", names(&one.response), names(&first.response)),
        ] {
            if here == there {
                continue;
            }
            let only = |left: &BTreeSet<&str>, right: &BTreeSet<&str>| {
                let names: Vec<&str> = left.difference(right).copied().collect();
                if names.is_empty() {
                    "none".to_owned()
                } else {
                    names.join(", ")
                }
            };
            let message = format!(
                "against {}: only here {}; only there {}",
                first.page.name,
                only(&here, &there),
                only(&there, &here)
            );
            out.push(one.finding("T603", part, one.line, message));
        }
    }
}

fn names<'a>(rows: &[&'a Row]) -> BTreeSet<&'a str> {
    rows.iter().map(|row| row.name.text.as_str()).collect()
}
