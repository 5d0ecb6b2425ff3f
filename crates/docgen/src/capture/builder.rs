//! A page being read: the facts so far, the faults, and which lines have a role.

use super::fault::{Fault, Refused};
use super::headings;
use super::model::{Cell, Format, Operation, Page, Prose, Role, Row, Table};
use super::rows;
use super::text::Source;
use super::words::Column;
use std::collections::BTreeSet;

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
            page: Page::new(&source.name, format, source.line_count()),
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
    pub(crate) fn open_operation(&mut self, line: usize) {
        self.page.operations.push(Operation {
            line,
            ..Operation::default()
        });
    }

    /// Takes what a page says about how to call the operation that is being described.
    pub(crate) fn how_to_call(&mut self, key: &Cell, value: &Cell) {
        if let Some(op) = self.page.operations.last_mut() {
            let server = rows::endpoint(op, key, value);
            self.page.server = server.or(self.page.server.take());
        }
    }

    /// Starts an operation with its table of keys and values.
    pub(crate) fn endpoint(&mut self, pairs: Vec<(Cell, Cell)>, line: usize) {
        self.open_operation(line);
        let mut rows = Vec::new();
        for (key, text) in pairs {
            self.how_to_call(&key, &text);
            rows.push(Row {
                text,
                ..Row::named(key)
            });
        }
        self.table(Role::Endpoint, &[], Vec::new(), rows, line);
    }

    /// Keeps a line of running text.
    pub(crate) fn prose(&mut self, text: impl Into<String>, line: usize) {
        self.mark(line..=line);
        self.page.prose.push(Prose {
            text: text.into(),
            op: self.op(),
            line,
        });
    }

    /// Keeps a table with a header; the headings above it, outer to inner, tell what it describes.
    pub(crate) fn headed(
        &mut self,
        headings: &[&str],
        header: Vec<String>,
        columns: &[Column],
        rows: Vec<Row>,
        line: usize,
    ) {
        let op = self.page.operations.last();
        let method = op.map_or("", |op| op.method.as_str());
        let role = headings::role(headings, &header, columns, method);
        self.table(role, columns, header, rows, line);
    }

    /// Keeps a table under a key of its own.
    pub(crate) fn table(
        &mut self,
        mut role: Role,
        columns: &[Column],
        header: Vec<String>,
        rows: Vec<Row>,
        line: usize,
    ) {
        let op = self.op();
        let has = |name: &str| rows.iter().any(|row| row.name.text == name);
        let again =
            matches!(role, Role::Object(_)) && self.keys.contains(&(op, role.key().to_owned()));
        if again && has("code") && has("msg") {
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
            columns: columns.to_vec(),
            header,
            rows,
            line,
            condition: None,
        });
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

    /// Ends a page that cannot be read any further.
    pub(crate) fn refuse(mut self, fault: Fault) -> Result<Page, Refused> {
        self.mark(1..=self.source.lines.len());
        self.faults.push(fault);
        self.finish()
    }

    /// Ends the page, which was read whole if nothing was wrong and each line has a role.
    pub(crate) fn finish(mut self) -> Result<Page, Refused> {
        let told: BTreeSet<usize> = self.faults.iter().map(|fault| fault.line).collect();
        for line in (1..=self.source.lines.len()).filter(|line| !told.contains(line)) {
            if !self.source.is_blank(line) && !self.used[line] {
                let text = self.source.text(line).trim();
                let message = "this line has no role on the page";
                self.faults.push(self.source.fault(line, text, message));
            }
        }
        if !self.faults.is_empty() {
            self.faults.sort_by_key(|fault| (fault.line, fault.column));
            self.faults.dedup();
            return Err(Refused {
                page: Some(Box::new(self.page)),
                faults: self.faults,
            });
        }
        if self.page.server.is_none() {
            let op = self.page.operations.first();
            let address = op.and_then(|op| op.addresses.first());
            self.page.server = address.and_then(|one| rows::server(&one.url));
        }
        Ok(self.page)
    }
}
