//! `read(render(facts)) == facts`, for each format, with noise.

mod import_support;

use docgen::capture::Page;
use docgen::capture::types;
use docgen::capture::words::Presence;
use import_support::{Dice, Doc, Field, Sheet, open, render};

const SEEDS: u64 = 60;

/// The facts of a page in the shape of [`Doc`]; types as understood.
fn sheets(page: &Page) -> Vec<Sheet> {
    page.tables
        .iter()
        .filter(|table| table.has_types())
        .map(|table| Sheet {
            key: table.key.clone(),
            fields: table
                .rows
                .iter()
                .map(|row| Field {
                    name: row.name.text.clone(),
                    ty: row.kind().expect("typed").to_string(),
                    required: row
                        .presence
                        .as_ref()
                        .map(|(_, said)| *said == Presence::Required),
                    example: row.example.as_ref().map(|cell| cell.text.clone()),
                    text: row.text.text.clone(),
                })
                .collect(),
        })
        .collect()
}

fn expected(doc: &Doc, examples: bool) -> Vec<Sheet> {
    let mut sheets = doc.sheets.clone();
    for field in sheets.iter_mut().flat_map(|sheet| &mut sheet.fields) {
        field.ty = types::parse(&field.ty, true).expect("a type").to_string();
        if !examples {
            field.example = None;
        }
    }
    sheets
}

fn check(render: fn(&Doc, &mut Dice) -> String, format: &str, examples: bool, scope: bool) {
    for seed in 0..SEEDS {
        let doc = Doc::random(seed);
        let text = render(&doc, &mut Dice::new(seed + 99));
        let (_, page) =
            open(&text).unwrap_or_else(|faults| panic!("{format} {seed}: {faults:?}\n{text}"));
        assert_eq!(page.format.name(), format, "seed {seed}");
        assert_eq!(page.title, doc.title);
        assert_eq!(
            sheets(&page),
            expected(&doc, examples),
            "seed {seed}\n{text}"
        );
        let op = &page.operations[0];
        assert_eq!(
            (op.method.as_str(), op.path()),
            (doc.method.as_str(), doc.path.as_str())
        );
        if scope {
            assert_eq!(op.scope.as_deref(), Some(doc.scope.as_str()));
        }
    }
}

#[test]
fn format_a() {
    check(render::a, "A", true, true);
}

#[test]
fn format_b() {
    check(render::b, "B", false, true);
}

#[test]
fn format_c() {
    check(render::c, "C", false, false);
}

#[test]
fn official() {
    check(render::official, "official", true, true);
}

#[test]
fn format_d() {
    for seed in 0..SEEDS {
        let doc = Doc::random(seed);
        let text = render::d(&doc, &mut Dice::new(seed + 99));
        let (_, page) = open(&text).unwrap_or_else(|faults| panic!("D {seed}: {faults:?}\n{text}"));
        let mut expected = expected(&doc, false);
        expected.retain(|sheet| sheet.key != "body" && sheet.key != "query");
        for field in expected.iter_mut().flat_map(|sheet| &mut sheet.fields) {
            field.required = Some(false);
            field.text = field.text.replace('\n', " ");
        }
        assert_eq!(sheets(&page), expected, "seed {seed}\n{text}");
    }
}
