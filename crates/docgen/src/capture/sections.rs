//! From headings to the meaning of what stands under them, and the page under construction.

use super::fault::Fault;
use super::model::{Cell, Example, Format, Operation, Page, Prose, Role, Row, Side, Table};
use super::text::Source;
use super::words::{self, Column};
use std::collections::BTreeSet;

/// A page being read: the facts so far, the faults, and which lines have a role.
pub(crate) struct Builder<'a> {
    pub(crate) source: &'a Source,
    pub(crate) page: Page,
    pub(crate) faults: Vec<Fault>,
    used: Vec<bool>,
    keys: BTreeSet<(Option<usize>, String)>,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(source: &'a Source, format: Format) -> Self {
        Self {
            source,
            page: Page {
                name: source.name.clone(),
                format,
                lines: source.line_count(),
                title: String::new(),
                source: None,
                server: None,
                operations: Vec::new(),
                tables: Vec::new(),
                examples: Vec::new(),
                prose: Vec::new(),
                menu: Vec::new(),
                unread: Vec::new(),
                counts: Vec::new(),
            },
            faults: Vec::new(),
            used: vec![false; source.lines.len() + 1],
            keys: BTreeSet::new(),
        }
    }

    /// Gives lines a role.
    pub(crate) fn mark(&mut self, lines: std::ops::RangeInclusive<usize>) {
        for line in lines {
            if let Some(used) = self.used.get_mut(line) {
                *used = true;
            }
        }
    }

    /// The operation that is being described.
    pub(crate) fn op(&self) -> Option<usize> {
        self.page.operations.len().checked_sub(1)
    }

    /// Starts an operation.
    pub(crate) fn open_operation(&mut self, line: usize) -> &mut Operation {
        self.page.operations.push(Operation {
            line,
            ..Operation::default()
        });
        let last = self.page.operations.len() - 1;
        &mut self.page.operations[last]
    }

    /// Keeps a line of running text.
    pub(crate) fn prose(&mut self, text: &str, line: usize) {
        self.mark(line..=line);
        self.page.prose.push(Prose {
            text: text.to_owned(),
            op: self.op(),
            line,
        });
    }

    /// Keeps a table under a key of its own.
    pub(crate) fn table(
        &mut self,
        mut role: Role,
        columns: Vec<Column>,
        header: Vec<String>,
        rows: Vec<Row>,
        line: usize,
    ) {
        let op = self.op();
        let has = |name: &str| rows.iter().any(|row| row.name.text == name);
        if matches!(role, Role::Object(_))
            && self.keys.contains(&(op, role.key().to_owned()))
            && has("code")
            && has("msg")
        {
            role = Role::Response;
        }
        let mut key = role.key().to_owned();
        let mut number = 1;
        while !self.keys.insert((op, key.clone())) {
            number += 1;
            key = format!("{}#{number}", role.key());
        }
        self.page.tables.push(Table {
            role,
            key,
            op,
            columns,
            header,
            rows,
            line,
            condition: None,
        });
    }

    /// Keeps an example.
    pub(crate) fn example(&mut self, example: Example) {
        self.page.examples.push(example);
    }

    /// Records two counts of the same thing.
    pub(crate) fn count(&mut self, what: &'static str, read: usize, present: usize) {
        self.page.counts.push((what, read, present));
        if read != present {
            let message = format!("{present} {what} in the text, {read} accounted for");
            self.faults.push(
                Fault::new(1, 1, message).help(
                    "the page has a shape this reader does not know; nothing of it was taken",
                ),
            );
        }
    }

    /// Ends the page: what has no role is unread.
    pub(crate) fn finish(mut self) -> (Page, Vec<Fault>) {
        for line in 1..=self.source.lines.len() {
            if !self.source.is_blank(line) && !self.used[line] {
                self.page.unread.push(line);
                if !self.faults.iter().any(|fault| fault.line == line) {
                    let text = self.source.text(line).trim().to_owned();
                    let fault = self
                        .source
                        .fault(line, &text, "this line has no role on the page");
                    self.faults.push(fault);
                }
            }
        }
        if self.page.server.is_none() {
            let url = self
                .page
                .operations
                .first()
                .and_then(|op| op.addresses.first());
            self.page.server = url.and_then(|one| super::rows::server(&one.url));
        }
        self.faults.sort_by_key(|fault| (fault.line, fault.column));
        self.faults.dedup();
        (self.page, self.faults)
    }
}

/// What a table under these headings (outer to inner) describes.
pub(crate) fn role(headings: &[&str], header: &[String], columns: &[Column], method: &str) -> Role {
    let inner = headings.last().copied().unwrap_or("");
    let typed = columns.contains(&Column::Type);
    let named = header.first().is_some_and(|word| words::is_name_word(word));
    if !typed && !(named && (columns.contains(&Column::Example) || columns.contains(&Column::Text)))
    {
        return Role::Other(slug(inner));
    }
    if let Some(role) = exact(inner) {
        return role;
    }
    if let Some(name) = words::object_name(inner).filter(|_| typed) {
        return Role::Object(name);
    }
    for heading in headings.iter().rev() {
        if words::is_example_heading(heading) {
            break;
        }
        if let Some(role) = exact(heading).or_else(|| worded(heading, method)) {
            return role;
        }
    }
    Role::Other(slug(inner))
}

fn exact(heading: &str) -> Option<Role> {
    let bare = words::bare(heading);
    Some(match bare.trim_end_matches(['：', ':']) {
        "header" | "headers" | "requestheader" | "requestheaders" => Role::Header,
        "path" | "pathparameters" | "pathparameter" | "pathparams" | "path参数" => Role::Path,
        "query" | "queryparameters" | "queryparameter" | "queryparams" | "query参数" => {
            Role::Query
        }
        "body" | "requestbody" | "bodyparameters" | "body参数" => Role::Body,
        "response" | "responses" | "returns" | "responseparameters" | "returnparameters"
        | "responsebody" => Role::Response,
        _ => return None,
    })
}

fn worded(heading: &str, method: &str) -> Option<Role> {
    let any = |list: &[&str]| words::has_any(heading, list);
    if any(&["path", "路径"]) {
        Some(Role::Path)
    } else if any(&["query", "查询参数"]) {
        Some(Role::Query)
    } else if any(&["header", "请求头"]) {
        Some(Role::Header)
    } else if any(&["body", "请求体"]) {
        Some(Role::Body)
    } else if any(words::ANSWER) {
        Some(Role::Response)
    } else if any(&["请求参数", "request parameter", "入参"]) {
        Some(if method == "GET" {
            Role::Query
        } else {
            Role::Body
        })
    } else {
        None
    }
}

/// The ASCII words of a heading, for keys of tables without a role.
pub(crate) fn slug(heading: &str) -> String {
    let ascii: String = heading
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                ' '
            }
        })
        .collect();
    let slug = ascii
        .split_whitespace()
        .collect::<Vec<_>>()
        .join("-")
        .to_lowercase();
    if slug.is_empty() {
        "table".to_owned()
    } else {
        slug
    }
}

/// Which way an example goes: label of its tab first, then headings from inner to outer, then a
/// short line above it.
pub(crate) fn side(headings: &[&str], tab: &str, label: &str) -> Side {
    let inner = headings.last().copied().unwrap_or("");
    if exact(inner).is_none()
        && !words::is_example_heading(inner)
        && let Some(name) = words::object_name(inner)
    {
        return Side::Object(name);
    }
    let label = if label.chars().count() <= 40 {
        label
    } else {
        ""
    };
    let texts = std::iter::once(tab)
        .chain(headings.iter().rev().copied())
        .chain([label]);
    for text in texts {
        if words::has_any(text, words::ANSWER) {
            return Side::Response;
        }
        if words::has_any(text, words::REQUEST) {
            return Side::Request;
        }
    }
    Side::Other
}

/// Whether the headings announce the answer of a failed call that has no table of its own.
pub(crate) fn error_answer(headings: &[&str]) -> bool {
    let inner = headings.last().copied().unwrap_or("");
    !words::is_example_heading(inner)
        && headings
            .iter()
            .any(|heading| words::has_any(heading, words::ERROR))
}

/// `field` and value of a heading or text such as: `async` is `true`.
pub(crate) fn condition(heading: &str) -> Option<(String, String)> {
    let mut spans = heading.split('`').skip(1).step_by(2);
    let (field, value) = (spans.next()?, spans.next()?);
    let between = heading.split('`').nth(2)?.trim();
    (spans.next().is_none() && matches!(between, "为" | "是" | "=" | "is"))
        .then(|| (field.to_owned(), value.to_owned()))
}

/// A cell of one line.
pub(crate) fn cell(text: &str, line: usize, column: usize) -> Cell {
    Cell {
        text: text.to_owned(),
        line,
        column,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_of_headings() {
        let header: Vec<String> = ["参数", "类型", "说明"].map(str::to_owned).into();
        let columns = words::columns(&header);
        let role = |headings: &[&str]| role(headings, &header, &columns, "POST").key().to_owned();
        assert_eq!(role(&["x", "返回参数"]), "response");
        assert_eq!(role(&["x", "返回参数", "UserInfo"]), "UserInfo");
        assert_eq!(role(&["4. 请求参数（Request Body）"]), "body");
        assert_eq!(role(&["x", "Message 事件"]), "Message");
        assert_eq!(role(&["请求参数"]), "body");
        assert_eq!(role(&["返回结果", "5.1 同步（`a` 为 `b`）"]), "response");
    }

    #[test]
    fn conditions_in_headings() {
        assert_eq!(
            condition("5.1 同步（`async` 为 `false`）"),
            Some(("async".to_owned(), "false".to_owned()))
        );
        assert_eq!(condition("`a`"), None);
    }
}
