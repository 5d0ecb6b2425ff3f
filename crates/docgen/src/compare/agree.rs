//! Our pages and their locks, held against each other in both directions.

use super::facts::{Facts, FindingFacts};
use super::lock::Lock;
use super::ours::{DIFFERS, Difference, compare, data_type};
use super::view::{DeviationView, PageView};
use crate::rules::{self, READER};
use std::collections::{BTreeMap, BTreeSet};

/// Rules that need the envelopes of other pages at hand, which a lock does not hold.
const ACROSS: &[&str] = &["T601", "T602", "T606"];

/// A place where a page and its lock do not agree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Path of the file to edit.
    pub file: String,
    /// Line in it; 1 when no line is nearer.
    pub line: usize,
    /// What does not agree.
    pub what: String,
    /// What to do.
    pub help: String,
}

/// Holds pages against their locks, which are named like the pages: `docs/api/NAME.md` has the lock
/// `NAME`. Tells what differs and no row of Deviations explains, findings without a row, rows
/// without a finding, and locks without a page.
pub fn agree(pages: &[PageView], locks: &BTreeMap<String, Lock>) -> Vec<Problem> {
    let mut out: BTreeSet<Problem> = locks.iter().flat_map(outdated).collect();
    if !out.is_empty() {
        // What the locks say is not known: all else would be noise.
        return out.into_iter().collect();
    }
    let (mut own, mut all) = (Vec::new(), Vec::new());
    let mut differences = Vec::new();
    for page in pages {
        let lock = locks.get(lock_name(&page.file));
        let mut found = Findings::new();
        for (format, facts) in lock.iter().flat_map(|lock| &lock.sources) {
            found.extend(findings(page, facts));
            for one in compare(page, facts) {
                if !one.explained {
                    out.insert(unexplained(&one, format));
                }
                differences.push(one);
            }
        }
        for (rule, at) in &found {
            let listed = |one: &DeviationView| one.rule == *rule && one.at == *at;
            if !page.explanations().any(listed) {
                out.insert(Problem {
                    file: page.file.clone(),
                    line: line_of(page, at),
                    what: format!("`{at}`: {rule} is not listed: {}", rules::explain(rule)),
                    help: format!("add a row `{at}`, `{rule}` to its Deviations"),
                });
            }
        }
        all.extend(found.iter().cloned());
        own.push((page, lock.is_some(), found));
    }
    let all: Findings = all.into_iter().collect();
    for (page, locked, found) in &own {
        stale(&page.deviations, found, &differences, *locked, &mut out);
        stale(&page.shared, &all, &differences, true, &mut out);
    }
    let named: BTreeSet<&str> = pages.iter().map(|page| lock_name(&page.file)).collect();
    for name in locks.keys().filter(|name| !named.contains(name.as_str())) {
        out.insert(Problem {
            file: format!("docs/api/lock/{name}.json"),
            line: 1,
            what: format!("no page docs/api/{name}.md describes this call"),
            help: "rename the lock like its page, or delete it".to_owned(),
        });
    }
    out.into_iter().collect()
}

/// The sources of a lock that another version of the importer wrote.
fn outdated((name, lock): (&String, &Lock)) -> impl Iterator<Item = Problem> {
    lock.outdated.keys().map(move |format| Problem {
        file: format!("docs/api/lock/{name}.json"),
        line: 1,
        what: format!("the source `{format}` was written by another version of the importer"),
        help: "accept it again with `cargo xtask import PAGE --accept`".to_owned(),
    })
}

/// The name of the lock that belongs to a page.
pub(crate) fn lock_name(file: &str) -> &str {
    let name = file.strip_prefix("docs/api/").unwrap_or(file);
    name.strip_suffix(".md").unwrap_or(name)
}

/// Rules and places.
type Findings = BTreeSet<(String, String)>;

fn findings(page: &PageView, facts: &Facts) -> Findings {
    let data = data_type(facts);
    let ours = |one: &FindingFacts| (one.rule.clone(), page.place(&one.at, data.as_deref()));
    facts.findings.iter().map(ours).collect()
}

fn unexplained(one: &Difference, format: &str) -> Problem {
    let Difference {
        at, ours, theirs, ..
    } = one;
    Problem {
        file: one.file.clone(),
        line: one.line.max(1),
        what: format!("`{at}`: {} (source {format})", one.what()),
        help: format!(
            "correct the page, or add a row with `{at}` and `{DIFFERS}` to its Deviations, with \
             \"{theirs}\" in the column of the source and \"{ours}\" in that of the decision"
        ),
    }
}

/// Tells the rows that neither a finding nor a difference needs.
fn stale(
    rows: &[DeviationView],
    found: &Findings,
    differences: &[Difference],
    locked: bool,
    out: &mut BTreeSet<Problem>,
) {
    for one in rows {
        let rule = one.rule.as_str();
        let unproven = rule == READER || ACROSS.contains(&rule);
        let finding = found.contains(&(one.rule.clone(), one.at.clone()));
        if unproven || finding || differences.iter().any(|other| other.is_told_by(one)) {
            continue;
        }
        let (what, help) = if locked {
            (
                "finds nothing here any more",
                "delete the row, or write `reader` if a reader found it",
            )
        } else {
            (
                "has no lock to find it in",
                "write `reader`, or accept the source with `cargo xtask import --accept`",
            )
        };
        out.insert(Problem {
            file: one.file.clone(),
            line: one.line,
            what: format!("`{}`: {rule} {what}", one.at),
            help: help.to_owned(),
        });
    }
}

/// The line of a field of the page itself, else the first.
fn line_of(page: &PageView, at: &str) -> usize {
    let mut parts = at.split('.');
    let (table, field) = (parts.next(), parts.next());
    page.tables
        .iter()
        .filter(|one| one.file == page.file && Some(one.name.as_str()) == table)
        .find_map(|one| {
            let row = one
                .rows
                .iter()
                .find(|row| field.is_none_or(|field| row.name == field));
            row.map(|row| row.line)
        })
        .unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::super::facts::{CallFacts, FindingFacts, RowFacts, TableFacts};
    use super::super::view::{FieldView, TableView};
    use super::*;
    use crate::capture::model::Role;
    use crate::page::ast::{Presence, Type};

    fn row(at: &str, rule: &str, line: usize) -> DeviationView {
        DeviationView {
            at: at.to_owned(),
            rule: rule.to_owned(),
            vendor: "`Boolean`".to_owned(),
            decision: "`unix_seconds`".to_owned(),
            file: "docs/api/x.md".to_owned(),
            line,
        }
    }

    fn page(deviations: Vec<DeviationView>) -> PageView {
        PageView {
            file: "docs/api/x.md".to_owned(),
            method: "GET".to_owned(),
            path: "/v1/x".to_owned(),
            tables: vec![TableView {
                file: "docs/api/x.md".to_owned(),
                role: Role::Query,
                name: "GetX".to_owned(),
                vendor_names: Vec::new(),
                rows: vec![FieldView {
                    name: "at".to_owned(),
                    ty: Type::UnixSeconds,
                    presence: Presence::Optional,
                    values: Vec::new(),
                    line: 9,
                }],
            }],
            deviations,
            ..PageView::default()
        }
    }

    fn locks(ty: &str, findings: &[(&str, &str)]) -> BTreeMap<String, Lock> {
        let rows = vec![RowFacts {
            name: "at".to_owned(),
            ty: Some(ty.to_owned()),
            ..RowFacts::default()
        }];
        let table = TableFacts {
            rows,
            ..TableFacts::default()
        };
        let facts = Facts {
            endpoint: CallFacts {
                method: "GET".to_owned(),
                paths: vec!["/v1/x".to_owned()],
                ..CallFacts::default()
            },
            tables: [("query".to_owned(), table)].into(),
            findings: findings
                .iter()
                .map(|(rule, at)| FindingFacts {
                    rule: (*rule).to_owned(),
                    at: (*at).to_owned(),
                })
                .collect(),
            ..Facts::default()
        };
        let lock = Lock {
            sources: [("official".to_owned(), facts)].into(),
            ..Lock::default()
        };
        [("x".to_owned(), lock)].into()
    }

    fn told(pages: &[PageView], locks: &BTreeMap<String, Lock>) -> Vec<(usize, String)> {
        agree(pages, locks)
            .into_iter()
            .map(|one| (one.line, one.what.chars().take(24).collect()))
            .collect()
    }

    #[test]
    fn a_finding_without_a_row_fails_at_its_field() {
        let locks = locks("String", &[("T703", "query.at")]);
        assert_eq!(
            told(&[page(vec![])], &locks),
            [(9, "`GetX.at`: T703 is not l".to_owned())]
        );
        assert_eq!(told(&[page(vec![row("GetX.at", "T703", 20)])], &locks), []);
    }

    #[test]
    fn a_row_without_a_finding_fails_unless_a_reader_vouches_for_it() {
        let locks = locks("String", &[]);
        for (rule, count) in [("T101", 1), ("T603", 1), ("T601", 0), (READER, 0)] {
            let found = told(&[page(vec![row("GetX.at", rule, 20)])], &locks);
            assert_eq!(found.len(), count, "{rule}: {found:?}");
        }
    }

    #[test]
    fn a_difference_fails_until_a_row_has_its_place() {
        let locks = locks("Boolean", &[]);
        assert_eq!(told(&[page(vec![])], &locks).len(), 1);
        assert_eq!(told(&[page(vec![row("GetX.at", "T603", 20)])], &locks), []);
    }

    #[test]
    fn a_row_of_a_page_without_a_lock_cannot_be_proven() {
        let none = BTreeMap::new();
        assert_eq!(
            told(&[page(vec![row("GetX.at", "T101", 20)])], &none).len(),
            1
        );
        assert_eq!(told(&[page(vec![row("GetX.at", READER, 20)])], &none), []);
    }

    #[test]
    fn a_row_of_a_shared_page_speaks_for_all_and_goes_stale_once_none_needs_it() {
        let mut one = page(vec![]);
        one.shared = vec![row("GetX.at", "T703", 5)];
        let found = locks("String", &[("T703", "query.at")]);
        assert_eq!(told(std::slice::from_ref(&one), &found), []);
        assert_eq!(told(&[one], &locks("String", &[])).len(), 1);
    }

    #[test]
    fn a_source_that_another_version_wrote_fails_and_is_kept() {
        let text = "{\"B\": {\"importer\": 1, \"tables\": 7}}";
        let lock = Lock::read(text).unwrap();
        assert_eq!(
            lock.write(),
            "{\n  \"B\": {\"importer\":1,\"tables\":7}\n}\n"
        );
        let found = told(&[page(vec![])], &[("x".to_owned(), lock)].into());
        assert_eq!(found, [(1, "the source `B` was writt".to_owned())]);
    }

    #[test]
    fn a_lock_without_a_page_fails() {
        assert_eq!(told(&[], &locks("String", &[])).len(), 1);
    }
}
