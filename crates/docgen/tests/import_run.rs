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
fn a_lock_of_another_version_is_told_and_renewed() {
    let folder = Folder::new("renew");
    run(&capture(&page()), &[], &folder.options());
    let file = folder.0.join("lock/things/act.json");
    let current = folder.read("lock/things/act.json");
    std::fs::write(&file, current.replace("\"importer\": 2", "\"importer\": 1")).expect("written");
    let told = run(&capture(&page()), &[], &folder.options());
    assert_eq!(told.code, 1, "{}", told.out);
    assert!(told.out.contains("--accept` renews it"), "{}", told.out);
    let accept = Options {
        accept: true,
        ..folder.options()
    };
    assert_eq!(run(&capture(&page()), &[], &accept).code, 0);
    assert_eq!(folder.read("lock/things/act.json"), current);
}

#[test]
fn a_page_is_known_by_its_title_when_its_call_changes() {
    let folder = Folder::new("moved");
    run(&capture(&page()), &[], &folder.options());
    let options = Options {
        names: Vec::new(),
        ..folder.options()
    };
    let moved = page().replace("/v1/things8/act", "/v2/things8/act");
    let told = run(&capture(&moved), &[], &options);
    assert_eq!(told.code, 1, "{}", told.out);
    assert!(told.out.contains("$.path"), "{}", told.out);
    assert_eq!(
        std::fs::read_dir(folder.0.join("lock"))
            .expect("locks")
            .count(),
        1
    );
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

#[test]
fn a_path_of_any_letters_gives_a_draft() {
    let folder = Folder::new("letters");
    let odd = page().replace("/v1/things8/act", "/v1/élan__x/工作流/_");
    let outcome = run(&capture(&odd), &[], &folder.options());
    assert_eq!((outcome.code, outcome.errors.as_str()), (0, ""));
    assert!(folder.read("things/act.md").contains("`ActThings`"));
}

/// Imports a text that is no page: exit 2, a place, nothing written.
fn refused(name: &str, text: &[u8], place: &str) {
    let folder = Folder::new(name);
    let pages = [("page.md".to_owned(), text.to_vec())];
    let outcome = run(&pages, &[], &folder.options());
    assert_eq!(outcome.code, 2, "{name}: {}", outcome.out);
    assert!(outcome.errors.contains(place), "{name}: {}", outcome.errors);
    assert!(!folder.0.exists(), "{name}");
}

#[test]
fn what_is_no_page_is_refused_with_a_place_and_writes_nothing() {
    refused("404", "# 404 页面不存在\n".as_bytes(), "page.md:1:1");
    let readme = b"# A project\n\nRun `make`.\n\n| File | Type |\n| --- | --- |\n| a | text |\n";
    refused("readme", readme, "the page has no method");
    let call = "# 页\n## 基础信息\n| **请求方式** | GET |\n| --- | --- |\n| **请求地址** | https://h/v1 |\n";
    refused("rows", call.as_bytes(), "the page has no row with a type");
    refused("cr", page().replace('\n', "\r").as_bytes(), "page.md:1:");
    let long = format!("{}{}", page(), "字\n".repeat(1_300_000));
    let rows = format!("# 页\n{}", "| a row outside a table\n".repeat(1_000));
    refused("rows outside", rows.as_bytes(), "page.md: 951 more faults");
    refused("long", long.as_bytes(), "a page has at most 5000000");
}

#[test]
fn a_page_of_text_is_taken_when_told_so() {
    let folder = Folder::new("prose");
    let options = Options {
        prose: true,
        ..folder.options()
    };
    let outcome = run(&capture("# 页\n\n文字。\n"), &[], &options);
    assert_eq!((outcome.code, outcome.errors.as_str()), (0, ""));
    assert!(folder.read("lock/things/act.json").contains("\"prose\": ["));
}

/// Types are named whose tables are gone, or the response has none: the page is not whole.
#[test]
fn a_page_cut_between_rows_is_refused() {
    let text = page();
    let lines: Vec<&str> = text.lines().collect();
    let mut cuts = 0;
    for end in (1..lines.len()).filter(|end| lines[end - 1].starts_with('|')) {
        let kept = lines[..end].join("\n");
        let has = |name: &str| {
            kept.lines()
                .any(|line| line.trim_start_matches(['#', ' ']) == name)
        };
        let named = ["ThingOne", "ThingTwo", "ThingSix"].into_iter();
        let owed = named
            .filter(|name| kept.contains(&format!("Object of [{name}]")))
            .any(|name| !has(name));
        if owed || !has("返回参数") {
            cuts += 1;
            refused("cut", kept.as_bytes(), "page.md:");
        }
    }
    assert!(cuts >= 5, "{cuts} places to cut");
}

#[test]
fn the_object_of_a_refused_page_holds_its_faults() {
    let folder = Folder::new("faults");
    let options = Options {
        json: true,
        ..folder.options()
    };
    let broken = format!("{}\n| a | b |\n", page());
    let outcome = run(&capture(&broken), &[], &options);
    let object: serde_json::Value = serde_json::from_str(&outcome.out).expect("one object");
    let mut faults = object["faults"].as_array().expect("a list").iter();
    let line = broken.lines().count();
    let fault = faults.find(|one| one["line"] == line && one["column"] == 1);
    let message = fault.and_then(|one| one["message"].as_str()).expect("text");
    assert!(message.starts_with("a row outside a table"), "{message}");
}
