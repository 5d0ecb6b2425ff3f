//! T601, T602, T603, T606: pages against each other.

use super::Finding;
use super::kinds::success_values;
use crate::capture::Page;
use crate::capture::model::{Format, Role};
use std::collections::{BTreeMap, BTreeSet};

/// What one operation says about the parts all answers share, and the names of its fields.
#[derive(Clone, Debug, Default)]
pub struct Envelope {
    /// Name of the page.
    pub page: String,
    /// Format of the page.
    pub format: Option<Format>,
    /// Index of the operation on its page.
    pub op: usize,
    /// Method and path.
    pub call: (String, String),
    /// Rows of the answer: name, type as written, line.
    pub answer: Vec<(String, String, usize)>,
    /// Names of the rows of the body.
    pub body: Vec<String>,
    /// Values of `msg` for success, with their lines.
    pub success: Vec<(String, usize)>,
    /// Line of the first answer table, else of the operation.
    pub line: usize,
}

impl Envelope {
    /// The operations of a page.
    pub fn of(page: &Page) -> Vec<Self> {
        let tables = |op: usize, role: &Role| {
            page.tables
                .iter()
                .filter(|table| table.op == Some(op) && table.role == *role)
                .cloned()
                .collect::<Vec<_>>()
        };
        page.operations
            .iter()
            .enumerate()
            .map(|(index, op)| {
                let answers = tables(index, &Role::Response);
                let rows = |row: &crate::capture::model::Row| {
                    let ty = row
                        .ty
                        .as_ref()
                        .map_or(String::new(), |(cell, _)| cell.flat());
                    (row.name.text.clone(), ty, row.name.line)
                };
                let mut success = success_values(page, "msg");
                for row in answers.iter().filter_map(|table| table.row("msg")) {
                    if let Some(cell) = &row.example {
                        success.push((cell.text.trim().trim_matches('"').to_owned(), cell.line));
                    }
                }
                Self {
                    page: page.name.clone(),
                    format: Some(page.format),
                    op: index,
                    call: (op.method.clone(), op.path().to_owned()),
                    line: answers.first().map_or(op.line, |table| table.line),
                    answer: answers
                        .iter()
                        .flat_map(|table| table.rows.iter().map(rows))
                        .collect(),
                    body: tables(index, &Role::Body)
                        .iter()
                        .flat_map(|table| table.rows.iter().map(|row| row.name.text.clone()))
                        .collect(),
                    success,
                }
            })
            .collect()
    }

    fn field(&self, name: &str) -> Option<&(String, String, usize)> {
        self.answer.iter().find(|(own, ..)| own == name)
    }

    /// Whether its answers have the shared envelope.
    fn shared(&self) -> bool {
        self.format != Some(Format::C)
            && self.field("code").is_some()
            && self.field("msg").is_some()
    }
}

fn finding(
    rule: &'static str,
    one: &Envelope,
    at: &str,
    line: usize,
    message: String,
) -> (String, Finding) {
    (
        one.page.clone(),
        Finding {
            line,
            rule,
            at: at.to_owned(),
            op: Some(one.op),
            message,
        },
    )
}

/// The most frequent entry; of equals the first in order.
fn usual<K: Ord + Clone>(of: impl Iterator<Item = K>) -> Option<K> {
    let mut counts: BTreeMap<K, usize> = BTreeMap::new();
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
pub fn across(all: &[Envelope]) -> Vec<(String, Finding)> {
    let mut out = Vec::new();
    let shared: Vec<&Envelope> = all.iter().filter(|one| one.shared()).collect();
    if shared.len() > 1 {
        for name in ["code", "msg", "detail"] {
            let having = shared
                .iter()
                .filter(|one| one.field(name).is_some())
                .count();
            let ty = usual(
                shared
                    .iter()
                    .filter_map(|one| one.field(name))
                    .map(|(_, ty, _)| ty.clone()),
            );
            for one in &shared {
                match (one.field(name), &ty) {
                    (Some((_, own, line)), Some(ty)) if own != ty => {
                        let message = format!("`{own}` here, `{ty}` on other pages");
                        out.push(finding("T601", one, &format!("$.{name}"), *line, message));
                    }
                    (None, _) if having * 2 >= shared.len() => {
                        let message = "no row here, a row on other pages".to_owned();
                        out.push(finding(
                            "T602",
                            one,
                            &format!("$.{name}"),
                            one.line,
                            message,
                        ));
                    }
                    _ => {}
                }
            }
        }
        success(&shared, &mut out);
    }
    sources(all, &mut out);
    out
}

fn success(shared: &[&Envelope], out: &mut Vec<(String, Finding)>) {
    let usual = usual(
        shared
            .iter()
            .flat_map(|one| one.success.iter().map(|(text, _)| text.clone())),
    );
    let Some(usual) = usual else { return };
    for one in shared {
        if let Some((text, line)) = one.success.iter().find(|(text, _)| *text != usual) {
            let message = format!("`{text}` here, `{usual}` on other pages");
            out.push(finding("T606", one, "$.msg", *line, message));
        }
    }
}

/// T603: two pages for one call. The later source is told what it has and lacks.
fn sources(all: &[Envelope], out: &mut Vec<(String, Finding)>) {
    for (index, one) in all.iter().enumerate() {
        let same = |other: &&Envelope| {
            other.call == one.call && other.page != one.page && !one.call.1.is_empty()
        };
        let Some(first) = all[..index].iter().find(same) else {
            continue;
        };
        let answer = |one: &Envelope| {
            one.answer
                .iter()
                .map(|(name, ..)| name.clone())
                .collect::<BTreeSet<_>>()
        };
        let body = |one: &Envelope| one.body.iter().cloned().collect::<BTreeSet<_>>();
        for (part, here, there) in [
            ("$.body", body(one), body(first)),
            ("$.response", answer(one), answer(first)),
        ] {
            if here == there {
                continue;
            }
            let list = |names: Vec<&String>| {
                let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
                if names.is_empty() {
                    "none".to_owned()
                } else {
                    names.join(", ")
                }
            };
            let message = format!(
                "against {}: only here {}; only there {}",
                first.page,
                list(here.difference(&there).collect()),
                list(there.difference(&here).collect())
            );
            out.push(finding("T603", one, part, one.line, message));
        }
    }
}
