//! What changed between two imports of a page.

mod row;

use crate::capture::Page;
use crate::import::facts::{Facts, RowFacts, TableFacts, row_name};

/// How much a change matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Types or calls may stop working.
    Breaking,
    /// Something more is there.
    Additive,
    /// Words or examples only.
    Wording,
}

impl Level {
    /// Name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Additive => "additive",
            Self::Wording => "wording",
        }
    }
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// How much it matters.
    pub level: Level,
    /// `+`, `-` or `~`.
    pub sign: char,
    /// Table and field.
    pub at: String,
    /// What changed.
    pub what: String,
    /// Line and column in the capture, where it has one.
    pub place: Option<(usize, usize)>,
    /// Row of the Deviations table of our page that explains it.
    pub explained: Option<String>,
}

struct Report<'a> {
    page: &'a Page,
    op: usize,
    out: Vec<Change>,
}

/// Compares the facts of a capture with those of the lock.
pub fn drift(old: &Facts, new: &Facts, page: &Page, op: usize) -> Vec<Change> {
    let mut report = Report {
        page,
        op,
        out: Vec::new(),
    };
    report.endpoint(old, new);
    report.tables(old, new);
    report.examples(old, new);
    report.sequence("text", "prose", &old.prose, &new.prose);
    report.sequence("endpoint", "endpoint row", &old.endpoint, &new.endpoint);
    report
        .out
        .sort_by(|a, b| (a.level, a.place, &a.at).cmp(&(b.level, b.place, &b.at)));
    report.out
}

impl Report<'_> {
    fn push(
        &mut self,
        level: Level,
        sign: char,
        at: &str,
        what: String,
        place: Option<(usize, usize)>,
    ) {
        self.out.push(Change {
            level,
            sign,
            at: at.to_owned(),
            what,
            place,
            explained: None,
        });
    }

    /// Place of a table or of one of its rows.
    fn place(&self, table: &str, row: Option<&str>) -> Option<(usize, usize)> {
        let key = table.strip_prefix("before/").unwrap_or(table);
        let table = self.page.tables_of(self.op).find(|one| one.key == key)?;
        match row {
            None => Some((table.line, 1)),
            Some(name) => {
                let row = table.rows.iter().find(|row| row_name(row) == name)?;
                Some((row.name.line, row.name.column))
            }
        }
    }

    fn endpoint(&mut self, old: &Facts, new: &Facts) {
        let line = self.page.operations.get(self.op).map(|op| (op.line, 1));
        let pairs = [
            ("$.method", old.method.clone(), new.method.clone()),
            ("$.path", old.paths.join(" "), new.paths.join(" ")),
            ("$.server", old.server.clone(), new.server.clone()),
            (
                "$.scope",
                old.scope.clone().unwrap_or_default(),
                new.scope.clone().unwrap_or_default(),
            ),
        ];
        for (at, old, new) in pairs {
            if old != new {
                self.push(Level::Breaking, '~', at, format!("{old} → {new}"), line);
            }
        }
    }

    fn tables(&mut self, old: &Facts, new: &Facts) {
        let mut gone: Vec<&String> = old
            .tables
            .keys()
            .filter(|key| !new.tables.contains_key(*key))
            .collect();
        for (key, table) in &new.tables {
            if let Some(before) = old.tables.get(key) {
                self.rows(key, before, table);
                continue;
            }
            let names = |table: &TableFacts| {
                table
                    .rows
                    .iter()
                    .map(|row| row.name.clone())
                    .collect::<Vec<_>>()
            };
            if let Some(at) = gone
                .iter()
                .position(|old_key| names(&old.tables[*old_key]) == names(table))
            {
                let before = gone.remove(at).clone();
                self.push(
                    Level::Breaking,
                    '~',
                    key,
                    format!("table renamed? was {before}"),
                    self.place(key, None),
                );
                self.rows(key, &old.tables[&before], table);
            } else {
                self.push(
                    Level::Additive,
                    '+',
                    key,
                    "new table".to_owned(),
                    self.place(key, None),
                );
            }
        }
        for key in gone {
            self.push(Level::Breaking, '-', key, "table gone".to_owned(), None);
        }
    }

    fn rows(&mut self, table: &str, old: &TableFacts, new: &TableFacts) {
        let at = |row: &RowFacts| format!("{table}.{}", row.name);
        if old.header != new.header {
            self.push(
                Level::Wording,
                '~',
                table,
                "other columns".to_owned(),
                self.place(table, None),
            );
        }
        if old.condition != new.condition {
            self.push(
                Level::Breaking,
                '~',
                table,
                "applies to another case".to_owned(),
                self.place(table, None),
            );
        }
        let mut left: Vec<Option<(usize, &RowFacts)>> =
            new.rows.iter().enumerate().map(Some).collect();
        let mut gone: Vec<(usize, &RowFacts)> = Vec::new();
        let mut order = Vec::new();
        for (index, before) in old.rows.iter().enumerate() {
            let found = left
                .iter()
                .position(|one| one.is_some_and(|(_, row)| row.name == before.name));
            if let Some((at, row)) = found.and_then(|found| left[found].take()) {
                order.push(at);
                self.properties(table, before, row);
            } else {
                gone.push((index, before));
            }
        }
        for (index, row) in left.into_iter().flatten() {
            let place = self.place(table, Some(&row.name));
            let twin = gone
                .iter()
                .position(|(at, before)| *at == index && before.ty == row.ty);
            if let Some(twin) = twin {
                let (_, before) = gone.remove(twin);
                self.push(
                    Level::Breaking,
                    '~',
                    &at(row),
                    format!("renamed? was {}", before.name),
                    place,
                );
                self.properties(table, before, row);
            } else if new.rows.iter().filter(|one| one.name == row.name).count() > 1 {
                self.push(
                    Level::Breaking,
                    '+',
                    &at(row),
                    "row stands twice".to_owned(),
                    place,
                );
            } else {
                self.push(Level::Additive, '+', &at(row), "new row".to_owned(), place);
            }
        }
        for (_, row) in gone {
            self.push(
                Level::Breaking,
                '-',
                &at(row),
                "row gone".to_owned(),
                self.place(table, None),
            );
        }
        if order.windows(2).any(|pair| pair[0] > pair[1]) {
            self.push(
                Level::Wording,
                '~',
                table,
                "rows in another order".to_owned(),
                self.place(table, None),
            );
        }
    }

    fn examples(&mut self, old: &Facts, new: &Facts) {
        let lines: Vec<usize> = self
            .page
            .examples
            .iter()
            .filter(|one| one.op == Some(self.op) || (one.op.is_none() && self.op == 0))
            .map(|one| one.line)
            .collect();
        if old.examples.len() != new.examples.len() {
            let what = format!(
                "{} examples, were {}",
                new.examples.len(),
                old.examples.len()
            );
            self.push(Level::Wording, '~', "$.examples", what, None);
        }
        for (index, (before, after)) in old.examples.iter().zip(&new.examples).enumerate() {
            let place = lines.get(index).map(|line| (*line, 1));
            let at = format!("$.examples[{index}]");
            for (path, kind) in &after.kinds {
                match before.kinds.get(path) {
                    None => self.push(Level::Additive, '+', &at, format!("key {path}"), place),
                    Some(old) if old != kind => {
                        self.push(
                            Level::Breaking,
                            '~',
                            &at,
                            format!("{path} {old} → {kind}"),
                            place,
                        );
                    }
                    Some(_) => {}
                }
            }
            for path in before
                .kinds
                .keys()
                .filter(|path| !after.kinds.contains_key(*path))
            {
                self.push(Level::Breaking, '-', &at, format!("key {path}"), place);
            }
            if before.hash != after.hash && before.kinds == after.kinds || before.side != after.side
            {
                self.push(
                    Level::Wording,
                    '~',
                    &at,
                    "another example".to_owned(),
                    place,
                );
            }
        }
    }

    /// Hashes in order: told at the first that differs.
    fn sequence(&mut self, at: &str, what: &str, old: &[String], new: &[String]) {
        if old == new {
            return;
        }
        let first = old
            .iter()
            .zip(new)
            .position(|(old, new)| old != new)
            .unwrap_or(old.len().min(new.len()));
        let place = if what == "prose" {
            let mine = |own: Option<usize>| own == Some(self.op) || (own.is_none() && self.op == 0);
            self.page
                .prose
                .iter()
                .filter(|one| mine(one.op))
                .nth(first)
                .map(|one| (one.line, 1))
        } else {
            self.page.operations.get(self.op).map(|op| (op.line, 1))
        };
        let changed = new.iter().filter(|one| !old.contains(one)).count()
            + old.iter().filter(|one| !new.contains(one)).count();
        self.push(
            Level::Wording,
            '~',
            &format!("$.{at}"),
            format!("{what} changed ({} differences)", changed.max(1)),
            place,
        );
    }
}
