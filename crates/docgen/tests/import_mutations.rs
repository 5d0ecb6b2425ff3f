//! Edited captures: whatever changes a statement is reported, whatever does not is not.

mod import_support;

use docgen::capture::Format;
use import_support::{Dice, Doc, edits, facts, open, render, reported};

type Render = fn(&Doc, &mut Dice) -> String;

const FORMATS: [(Format, Render); 5] = [
    (Format::A, render::a),
    (Format::B, render::b),
    (Format::C, render::c),
    (Format::Official, render::official),
    (Format::D, render::d),
];

fn pages() -> impl Iterator<Item = (Format, String)> {
    FORMATS.into_iter().flat_map(|(format, render)| {
        [3, 8]
            .into_iter()
            .map(move |seed| (format, render(&Doc::random(seed), &mut Dice::new(seed))))
    })
}

#[test]
fn every_change_is_reported() {
    let (mut count, mut silent) = (0, Vec::new());
    for (format, text) in pages() {
        let (source, page) = open(&text).expect("reads");
        let before = facts(&source, &page);
        for edit in edits::changes(&text, format, 1) {
            count += 1;
            if reported(&before, &edit.text).is_ok_and(|changes| changes.is_empty()) {
                silent.push(format!("{} {}", format.name(), edit.what));
            }
        }
    }
    assert!(
        silent.is_empty(),
        "{} of {count} silent:\n{}",
        silent.len(),
        silent.join("\n")
    );
    assert!(count >= 1500, "{count} edits");
}

#[test]
fn no_neutral_edit_is_reported() {
    let (mut count, mut alarms) = (0, Vec::new());
    for (format, text) in pages() {
        let (source, page) = open(&text).expect("reads");
        let before = facts(&source, &page);
        for edit in edits::neutral(&text, format, 1) {
            count += 1;
            match reported(&before, &edit.text) {
                Ok(changes) if changes.is_empty() => {}
                other => alarms.push(format!("{} {}: {other:?}", format.name(), edit.what)),
            }
        }
    }
    assert!(
        alarms.is_empty(),
        "{} of {count} alarms:\n{}",
        alarms.len(),
        alarms.join("\n")
    );
    assert!(count >= 300, "{count} edits");
}

/// What a changed row reports: the level, the row and its line.
#[test]
fn a_changed_type_is_breaking_and_has_a_place() {
    let doc = Doc::random(3);
    let text = render::a(&doc, &mut Dice::new(3));
    let (source, page) = open(&text).expect("reads");
    let before = facts(&source, &page);
    let row = page
        .tables
        .iter()
        .find(|table| table.has_types())
        .map(|table| &table.rows[0])
        .expect("a row");
    let (cell, _) = row.ty.as_ref().expect("typed");
    let mut lines: Vec<&str> = text.split('\n').collect();
    lines[cell.line - 1] = if cell.text == "String" {
        "Boolean"
    } else {
        "String"
    };
    let changes = reported(&before, &lines.join("\n")).expect("reads");
    assert_eq!(changes[0].level.name(), "breaking");
    assert_eq!(changes[0].place, Some((row.name.line, 1)));
    assert!(changes[0].what.starts_with("type "), "{:?}", changes[0]);
}

#[test]
fn a_renamed_row_is_told_as_such() {
    let doc = Doc::random(8);
    let name = &doc.sheets[0].fields[0].name;
    let mut other = doc.clone();
    other.sheets[0].fields[0].name = "brand_new".to_owned();
    let text = |doc: &Doc| render::official(doc, &mut Dice::new(1));
    let (source, page) = open(&text(&doc)).expect("reads");
    let changes = reported(&facts(&source, &page), &text(&other)).expect("reads");
    assert!(
        changes
            .iter()
            .any(|one| one.what == format!("renamed? was {name}")),
        "{changes:?}"
    );
}
