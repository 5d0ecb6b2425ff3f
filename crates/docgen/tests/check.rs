//! What `codegen --check` tells: stale, missing and foreign files, and the same bytes from an empty folder.

use docgen::{
    diagnostic::Diagnostics,
    set::{self, SETS, Wanted},
    source::Sources,
};
use std::{fs, path::PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn wanted() -> Wanted {
    let mut sources = Sources::new();
    let mut faults = Diagnostics::new();
    let mut wanted = Wanted::default();
    for set in SETS {
        let pages = set::read_pages(&root(), set).unwrap();
        let api = set::load(set.pages, &pages, &mut sources, &mut faults);
        assert!(faults.is_empty(), "{}", faults.render(&sources, false));
        set::wanted(set, &api, &sources, &mut wanted);
        set::wanted_index(set, &api, &mut wanted);
    }
    wanted
}

#[test]
fn committed_files_are_what_the_pages_give() {
    let wanted = wanted();
    for (path, want) in &wanted.files {
        let have = fs::read_to_string(root().join(path)).ok();
        let diff = set::difference(path, have.as_deref(), want);
        assert_eq!(diff, None, "run `cargo xtask codegen`");
    }
    assert_eq!(
        set::strangers(&root(), &wanted).unwrap(),
        Vec::<String>::new()
    );
}

#[test]
fn an_empty_folder_is_filled_with_the_same_bytes_and_strangers_are_named() {
    let folder = std::env::temp_dir().join(format!("docgen-check-{}", std::process::id()));
    let wanted = wanted();
    for (path, want) in &wanted.files {
        let target = folder.join(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(&target, want).unwrap();
        assert_eq!(
            fs::read(&target).unwrap(),
            fs::read(root().join(path)).unwrap(),
            "{path}"
        );
    }
    let stranger = "crates/coze-models/src/generated/mine.rs";
    fs::write(folder.join(stranger), "").unwrap();
    assert_eq!(set::strangers(&folder, &wanted).unwrap(), [stranger]);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_difference_shows_what_changes() {
    let diff = set::difference("a.rs", Some("one\ntwo\n"), "one\n2\n").unwrap();
    assert!(
        diff.contains("--- a/a.rs") && diff.contains("-two\n+2"),
        "{diff}"
    );
    assert!(
        set::difference("a.rs", None, "new\n")
            .unwrap()
            .contains("+new")
    );
    assert_eq!(set::difference("a.rs", Some("x"), "x"), None);
}
