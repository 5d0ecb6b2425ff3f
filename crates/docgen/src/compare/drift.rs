//! What changed between two imports of a page.

use super::facts::{Facts, RowFacts, TableFacts, belongs, row_name};
use crate::capture::Page;
use std::collections::{BTreeMap, BTreeSet};

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
}

type Place = Option<(usize, usize)>;
type Kind = (Level, char);

const GONE: Kind = (Level::Breaking, '-');
const BROKEN: Kind = (Level::Breaking, '~');
const TWICE: Kind = (Level::Breaking, '+');
const NEW: Kind = (Level::Additive, '+');
const SHOWN: Kind = (Level::Additive, '~');
const WORDS: Kind = (Level::Wording, '~');

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
    report.prose(old, new);
    report
        .out
        .sort_by(|a, b| (a.level, a.place, &a.at).cmp(&(b.level, b.place, &b.at)));
    report.out
}

fn word<T: AsRef<str>>(value: Option<&T>) -> &str {
    value.map_or("none", AsRef::as_ref)
}

impl Report<'_> {
    fn push(&mut self, (level, sign): Kind, at: &str, what: impl Into<String>, place: Place) {
        self.out.push(Change {
            level,
            sign,
            at: at.to_owned(),
            what: what.into(),
            place,
        });
    }

    /// Place of a table or of one of its rows.
    fn place(&self, table: &str, row: Option<&str>) -> Place {
        let key = table.strip_prefix("before/").unwrap_or(table);
        let table = self.page.tables_of(self.op).find(|one| one.key == key)?;
        let Some(name) = row else {
            return Some((table.line, 1));
        };
        let row = table.rows.iter().find(|row| row_name(row) == name)?;
        Some((row.name.line, row.name.column))
    }

    fn endpoint(&mut self, old: &Facts, new: &Facts) {
        let place = self.page.operations.get(self.op).map(|op| (op.line, 1));
        let (old, new) = (&old.endpoint, &new.endpoint);
        let scope = |scope: &Option<String>| scope.clone().unwrap_or_default();
        for (at, old, new) in [
            ("$.method", old.method.clone(), new.method.clone()),
            ("$.path", old.paths.join(" "), new.paths.join(" ")),
            ("$.server", old.server.clone(), new.server.clone()),
            ("$.scope", scope(&old.scope), scope(&new.scope)),
        ] {
            if old != new {
                self.push(BROKEN, at, format!("{old} → {new}"), place);
            }
        }
        self.hashes("$.endpoint", "endpoint row", &old.rows, &new.rows, place);
    }

    fn tables(&mut self, old: &Facts, new: &Facts) {
        let known = |key: &&String| !new.tables.contains_key(*key);
        let mut gone: Vec<&String> = old.tables.keys().filter(known).collect();
        for (key, table) in &new.tables {
            if let Some(before) = old.tables.get(key) {
                self.rows(key, before, table);
                continue;
            }
            let place = self.place(key, None);
            let names =
                |table: &TableFacts| table.rows.iter().map(|row| row.name.clone()).collect();
            let same = |key: &&String| -> bool {
                let (before, after): (Vec<_>, Vec<_>) = (names(&old.tables[*key]), names(table));
                before == after
            };
            if let Some(at) = gone.iter().position(same) {
                let before = gone.remove(at);
                self.push(BROKEN, key, format!("table renamed? was {before}"), place);
                self.rows(key, &old.tables[before], table);
            } else {
                self.push(NEW, key, "new table", place);
            }
        }
        for key in gone {
            self.push(GONE, key, "table gone", None);
        }
    }

    fn rows(&mut self, table: &str, old: &TableFacts, new: &TableFacts) {
        let place = self.place(table, None);
        if old.header != new.header {
            self.push(WORDS, table, "other columns", place);
        }
        if old.condition != new.condition {
            self.push(BROKEN, table, "applies to another case", place);
        }
        let mut left: Vec<(usize, &RowFacts)> = new.rows.iter().enumerate().collect();
        let (mut gone, mut order) = (Vec::new(), Vec::new());
        for (index, before) in old.rows.iter().enumerate() {
            if let Some(found) = left.iter().position(|(_, row)| row.name == before.name) {
                let (at, row) = left.remove(found);
                order.push(at);
                self.properties(table, before, row);
            } else {
                gone.push((index, before));
            }
        }
        for (index, row) in left {
            let at = format!("{table}.{}", row.name);
            let place = self.place(table, Some(&row.name));
            let twin = |(at, before): &(usize, &RowFacts)| *at == index && before.ty == row.ty;
            if let Some(twin) = gone.iter().position(twin) {
                let (_, before) = gone.remove(twin);
                self.push(BROKEN, &at, format!("renamed? was {}", before.name), place);
                self.properties(table, before, row);
            } else if new.rows.iter().filter(|one| one.name == row.name).count() > 1 {
                self.push(TWICE, &at, "row stands twice", place);
            } else {
                self.push(NEW, &at, "new row", place);
            }
        }
        for (_, row) in gone {
            self.push(GONE, &format!("{table}.{}", row.name), "row gone", place);
        }
        if !order.is_sorted() {
            self.push(WORDS, table, "rows in another order", place);
        }
    }

    fn properties(&mut self, table: &str, old: &RowFacts, new: &RowFacts) {
        let at = format!("{table}.{}", new.name);
        let place = self.place(table, Some(&new.name));
        for (what, kind, old, new) in [
            ("type", BROKEN, &old.ty, &new.ty),
            ("required", BROKEN, &old.required, &new.required),
            ("example", SHOWN, &old.example, &new.example),
        ] {
            if old != new {
                let (old, new) = (word(old.as_ref()), word(new.as_ref()));
                self.push(kind, &at, format!("{what} {old} → {new}"), place);
            }
        }
        if old.depth != new.depth {
            self.push(BROKEN, &at, "nested differently", place);
        }
        self.hints(&at, &old.hints, &new.hints, place);
        if old.example == new.example && old.example_hash != new.example_hash {
            self.push(WORDS, &at, "another example", place);
        }
        if old.text != new.text {
            self.push(WORDS, &at, "text changed", place);
        }
    }

    fn hints(
        &mut self,
        at: &str,
        old: &BTreeMap<String, String>,
        new: &BTreeMap<String, String>,
        place: Place,
    ) {
        for key in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            let (old, new) = (old.get(key), new.get(key));
            if !key.ends_with("values") {
                if old != new {
                    let what = format!("{key} {} → {}", word(old), word(new));
                    self.push(BROKEN, at, what, place);
                }
                continue;
            }
            let list = |text: Option<&String>| -> Vec<String> {
                text.map_or(Vec::new(), |text| {
                    text.split(' ').map(str::to_owned).collect()
                })
            };
            let (before, after) = (list(old), list(new));
            for value in after.iter().filter(|value| !before.contains(value)) {
                self.push(NEW, at, format!("value {value}"), place);
            }
            for value in before.iter().filter(|value| !after.contains(value)) {
                self.push(GONE, at, format!("value {value}"), place);
            }
        }
    }

    fn examples(&mut self, old: &Facts, new: &Facts) {
        let (count, before) = (new.examples.len(), old.examples.len());
        if count != before {
            self.push(
                WORDS,
                "$.examples",
                format!("{count} examples, were {before}"),
                None,
            );
        }
        let own = self
            .page
            .examples
            .iter()
            .filter(|one| belongs(one.op, self.op));
        let lines: Vec<Place> = own.map(|one| Some((one.line, 1))).collect();
        for (index, (before, after)) in old.examples.iter().zip(&new.examples).enumerate() {
            let place = lines.get(index).copied().flatten();
            let at = format!("$.examples[{index}]");
            for (path, kind) in &after.kinds {
                match before.kinds.get(path) {
                    None => self.push(NEW, &at, format!("key {path}"), place),
                    Some(old) if old == kind => {}
                    Some(old) => self.push(BROKEN, &at, format!("{path} {old} → {kind}"), place),
                }
            }
            for path in before
                .kinds
                .keys()
                .filter(|path| !after.kinds.contains_key(*path))
            {
                self.push(GONE, &at, format!("key {path}"), place);
            }
            let other = before.hash != after.hash && before.kinds == after.kinds;
            if other || before.side != after.side {
                self.push(WORDS, &at, "another example", place);
            }
        }
    }

    fn prose(&mut self, old: &Facts, new: &Facts) {
        let first = old
            .prose
            .iter()
            .zip(&new.prose)
            .position(|(old, new)| old != new);
        let first = first.unwrap_or(old.prose.len().min(new.prose.len()));
        let mut own = self
            .page
            .prose
            .iter()
            .filter(|one| belongs(one.op, self.op));
        let place = own.nth(first).map(|one| (one.line, 1));
        self.hashes("$.text", "prose", &old.prose, &new.prose, place);
    }

    fn hashes(&mut self, at: &str, what: &str, old: &[String], new: &[String], place: Place) {
        let changed = new.iter().filter(|one| !old.contains(one)).count()
            + old.iter().filter(|one| !new.contains(one)).count();
        if old != new {
            let what = format!("{what} changed ({} differences)", changed.max(1));
            self.push(WORDS, at, what, place);
        }
    }
}
