//! Real captures, read only when the variable `COZE_CAPTURES` points to a folder with them: they
//! are not part of the repository.

mod import_support;

use docgen::capture::Source;
use docgen::compare::{Facts, Lock};
use docgen::rules;
use import_support::{edits, facts, open, reported};
use std::path::{Path, PathBuf};

fn captures() -> Vec<(String, String)> {
    let Ok(folder) = std::env::var("COZE_CAPTURES") else {
        eprintln!("skipped: COZE_CAPTURES does not point to a folder of captures");
        return Vec::new();
    };
    let entries =
        std::fs::read_dir(PathBuf::from(folder)).expect("the folder of captures can be read");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
        .into_iter()
        .filter(|file| file.is_file())
        .map(|file| {
            let name = file
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (
                name,
                std::fs::read_to_string(&file).expect("a capture is UTF-8"),
            )
        })
        .collect()
}

#[test]
fn all_are_read_whole() {
    for (name, text) in captures() {
        let (_, page) = open(&text).unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
        assert!(
            page.counts.iter().all(|(_, read, present)| read == present),
            "{name}: {:?}",
            page.counts
        );
        println!(
            "{name}: {} rows, {} findings",
            page.field_rows(),
            rules::run(&page).len()
        );
    }
}

#[test]
fn edits_of_them_are_reported_and_neutral_ones_are_not() {
    let (mut edited, mut silent, mut neutral, mut alarms) = (0, Vec::new(), 0, Vec::new());
    let captures = captures();
    let each = if captures.len() > 10 { 7 } else { 1 };
    for (name, text) in &captures {
        let (source, page) = open(text).unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
        let before = facts(&source, &page);
        for edit in edits::changes(text, page.format, each) {
            edited += 1;
            if reported(&before, &edit.text).is_ok_and(|changes| changes.is_empty()) {
                silent.push(format!("{name} {}", edit.what));
            }
        }
        for edit in edits::neutral(text, page.format, each) {
            neutral += 1;
            match reported(&before, &edit.text) {
                Ok(changes) if changes.is_empty() => {}
                other => alarms.push(format!("{name} {}: {other:?}", edit.what)),
            }
        }
    }
    println!(
        "{edited} edits, {} silent; {neutral} neutral edits, {} alarms",
        silent.len(),
        alarms.len()
    );
    assert!(
        silent.is_empty(),
        "{} of {edited} silent:\n{}",
        silent.len(),
        silent.join("\n")
    );
    assert!(
        alarms.is_empty(),
        "{} of {neutral} alarms:\n{}",
        alarms.len(),
        alarms.join("\n")
    );
}

/// A change of the importer that changes what it reads of the same bytes raises its version.
#[test]
fn a_lock_of_the_same_bytes_says_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api/lock");
    let locks = Lock::read_all(&root).expect("locks");
    let mut compared = 0;
    for (name, text) in captures() {
        let (source, page) = open(&text).unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
        let ops = 0..page.operations.len().max(1);
        let facts: Vec<Facts> = ops.map(|op| Facts::of(&page, op, &source.raw)).collect();
        for old in locks.values().flat_map(|lock| lock.sources.values()) {
            if old.sha256 == facts[0].sha256 {
                assert!(facts.contains(old), "{name}: the lock is stale");
                compared += 1;
            }
        }
    }
    println!("{compared} locks compared");
}

/// A fault in a real page has a column in characters.
#[test]
fn a_fault_in_chinese_text_has_its_column() {
    let text = "# 页\n## 基础信息\n| **请求方式** | GET |\n| --- | --- |\n| **请求地址** | https://h/v1 |\n### Query\n| **参数** | **类型** | **是否必选** | **说明** |\n| --- | --- | --- | --- |\n| 甲乙丙 | String | 也许吧 | 说 |\n";
    let source = Source::new("p.md", text.as_bytes()).expect("UTF-8");
    let faults = docgen::capture::read(&source).expect_err("refused").faults;
    assert_eq!((faults[0].line, faults[0].column), (9, 18));
}
