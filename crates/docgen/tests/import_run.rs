//! The command: draft and lock when new, drift when known, exit codes.

mod import_support;

use docgen::import::{Options, run};
use import_support::{Dice, Doc, render};
use std::path::PathBuf;

/// A folder of its own that goes when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("docgen-import-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn options(&self) -> Options {
        Options {
            root: self.0.clone(),
            names: vec!["things/act".to_owned()],
            ..Options::default()
        }
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.0.join(file)).expect("a file")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn capture(text: &str) -> [(String, Vec<u8>); 1] {
    [("page.md".to_owned(), text.as_bytes().to_vec())]
}

fn page() -> String {
    render::official(&Doc::random(8), &mut Dice::new(2))
}

#[test]
fn a_new_page_gets_a_draft_and_a_lock_without_sentences() {
    let folder = Folder::new("new");
    let outcome = run(&capture(&page()), &[], &folder.options());
    assert_eq!((outcome.code, outcome.errors.as_str()), (0, ""));
    let lock = folder.read("lock/things/act.json");
    let draft = folder.read("things/act.md");
    assert!(lock.is_ascii(), "a sentence in {lock}");
    assert!(
        draft.contains("| TODO |") && draft.contains("| Path | `/v1/things8/act` |"),
        "{draft}"
    );
    let parsed = docgen::compare::Lock::read(&lock).expect("a lock");
    assert_eq!(parsed.write(), lock);
    let again = run(&capture(&page()), &[], &folder.options());
    assert_eq!(again.code, 0, "{}", again.out);
    assert!(again.out.contains("no change since the lock"));
}

#[test]
fn a_change_is_drift_until_it_is_accepted() {
    let folder = Folder::new("drift");
    run(&capture(&page()), &[], &folder.options());
    let other = page().replace("| 流控 | 每秒 5 次。 |", "| 流控 | 每秒 9 次。 |");
    let drift = run(&capture(&other), &[], &folder.options());
    assert_eq!(drift.code, 1);
    assert!(
        drift.out.contains("wording") && drift.out.contains("page.md:"),
        "{}",
        drift.out
    );
    let third = run(
        &capture(&other),
        &[],
        &Options {
            third_party: true,
            ..folder.options()
        },
    );
    assert_eq!(third.code, 1);
    let accepted = run(
        &capture(&other),
        &[],
        &Options {
            accept: true,
            ..folder.options()
        },
    );
    assert_eq!(accepted.code, 0, "{}", accepted.out);
    assert_eq!(run(&capture(&other), &[], &folder.options()).code, 0);
    assert_eq!(run(&capture(&page()), &[], &folder.options()).code, 1);
}

#[test]
fn another_format_is_added_beside_the_first() {
    let folder = Folder::new("formats");
    run(&capture(&page()), &[], &folder.options());
    let older = render::b(&Doc::random(8), &mut Dice::new(2));
    let accept = Options {
        accept: true,
        ..folder.options()
    };
    assert_eq!(run(&capture(&older), &[], &accept).code, 0);
    let lock = docgen::compare::Lock::read(&folder.read("lock/things/act.json")).expect("a lock");
    assert_eq!(lock.sources.keys().collect::<Vec<_>>(), ["B", "official"]);
    assert_eq!(run(&capture(&page()), &[], &folder.options()).code, 0);
}

#[test]
fn an_unreadable_page_writes_nothing() {
    let folder = Folder::new("unreadable");
    let broken = format!("{}\n| a | b |\n", page());
    let outcome = run(&capture(&broken), &[], &folder.options());
    assert_eq!(outcome.code, 2);
    assert!(
        outcome.errors.contains("--> page.md:"),
        "{}",
        outcome.errors
    );
    assert!(!folder.0.exists());
}

#[test]
fn a_dry_run_prints_one_object_a_page() {
    let folder = Folder::new("dry");
    let options = Options {
        dry_run: true,
        json: true,
        ..folder.options()
    };
    let pages = [
        ("one.md".to_owned(), page().into_bytes()),
        ("two.txt".to_owned(), b"nothing".to_vec()),
    ];
    let outcome = run(&pages, &[], &options);
    assert_eq!(outcome.code, 2);
    let lines: Vec<serde_json::Value> = outcome
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines[0]["page"], "one.md");
    assert_eq!(lines[0]["format"], "official");
    let rows: usize = Doc::random(8)
        .sheets
        .iter()
        .map(|sheet| sheet.fields.len())
        .sum();
    assert_eq!(lines[0]["rows"], rows);
    assert_eq!(lines[0]["lines_unread"], 0);
    assert_eq!(lines[1]["lines_unread"], 1);
    assert!(!folder.0.exists());
}
