//! What an import prints.

use crate::capture::{Fault, Page};
use crate::compare::{Change, Difference, Level};
use crate::rules::{self, Finding};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// One object a page.
pub(super) fn json(
    name: &str,
    page: Option<&Page>,
    findings: &[Finding],
    faults: &[Fault],
) -> Value {
    let lines: BTreeSet<usize> = faults.iter().map(|fault| fault.line).collect();
    let finding = |one: &Finding| json!({"rule": one.rule, "at": one.at, "line": one.line});
    let fault = |one: &Fault| json!({"line": one.line, "column": one.column, "message": one.message, "help": one.help});
    json!({
        "page": name,
        "format": page.map(|page| page.format.name()),
        "tables": page.map_or(0, |page| page.headed().count()),
        "rows": page.map_or(0, Page::field_rows),
        "lines_unread": lines.len(),
        "findings": findings.iter().map(finding).collect::<Vec<_>>(),
        "faults": faults.iter().map(fault).collect::<Vec<_>>(),
    })
}

/// What was read and found on a page.
pub(super) fn page(page: &Page, findings: &[Finding], out: &mut String) {
    let _ = writeln!(
        out,
        "{}: format {}, {} lines, {} tables, {} rows with types, {} rows of keys and values",
        page.name,
        page.format.name(),
        page.lines,
        page.headed().count(),
        page.field_rows(),
        page.key_value_rows(),
    );
    let counts: Vec<String> = page
        .counts
        .iter()
        .map(|(what, read, _)| format!("{read} {what}"))
        .collect();
    let _ = writeln!(out, "  counted twice: {}", counts.join(", "));
    for one in findings {
        let _ = writeln!(
            out,
            "  {} {:<44} {} (line {})",
            one.rule, one.at, one.message, one.line
        );
    }
    let meant: BTreeMap<&str, &str> = findings
        .iter()
        .map(|one| (one.rule, rules::explain(one.rule)))
        .collect();
    for (rule, text) in meant {
        let _ = writeln!(out, "  {rule}: {text}");
    }
}

/// What differs between a source and our page.
pub(super) fn differences(ours: &str, differences: &[Difference], out: &mut String) {
    for one in differences {
        let mark = if one.explained {
            "explained"
        } else {
            "differs"
        };
        let _ = write!(
            out,
            "  {mark:<9} {:<40} {}  {}",
            one.at,
            one.what(),
            one.file
        );
        let _ = match one.line {
            0 => writeln!(out),
            line => writeln!(out, ":{line}"),
        };
    }
    let open = differences.iter().filter(|one| !one.explained).count();
    let explained = differences.len() - open;
    let _ = writeln!(out, "{ours}: {explained} differences explained, {open} not");
}

/// A list of changes against the lock.
pub(super) fn changes(ours: &str, page: &Page, changes: &[Change], out: &mut String) {
    let _ = writeln!(
        out,
        "{ours}  ↔  {} (format {}, {} lines)",
        page.name,
        page.format.name(),
        page.lines
    );
    if changes.is_empty() {
        out.push_str("  no change since the lock\n");
        return;
    }
    for one in changes {
        let place = one.place.map_or(String::new(), |(line, column)| {
            format!("  {}:{line}:{column}", page.name)
        });
        let _ = writeln!(
            out,
            "  {:<8} {} {:<44} {}{place}",
            one.level.name(),
            one.sign,
            one.at,
            one.what
        );
    }
    let count = |level: Level| changes.iter().filter(|one| one.level == level).count();
    let _ = writeln!(
        out,
        "{} breaking, {} additive, {} wording; `import --accept` replaces the lock",
        count(Level::Breaking),
        count(Level::Additive),
        count(Level::Wording)
    );
}
