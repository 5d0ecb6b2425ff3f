//! Definition files that are edited while the emulator works.

mod support;

use std::{fs, path::PathBuf};

use coze_emulator::{Emulator, EmulatorService};
use serde_json::json;
use support::post;

/// A folder of this test alone.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("reload")
        .join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("deep/er")).unwrap();
    folder
}

fn says(text: &str) -> String {
    format!("name: {{NAME}}\nend: {{ text: \"{text}\" }}\n")
}

fn write(folder: &std::path::Path, file: &str, name: &str, text: &str) {
    fs::write(folder.join(file), says(text).replace("{NAME}", name)).unwrap();
}

async fn said(service: &EmulatorService, workflow: &str) -> String {
    let body = json!({"workflow_id": workflow});
    let response = post(service, "/v1/workflow/run", body).await.json();
    match response["data"].as_str() {
        Some(data) => {
            let data: serde_json::Value = serde_json::from_str(data).unwrap();
            data["data"].as_str().unwrap().to_owned()
        }
        None => response["code"].to_string(),
    }
}

#[tokio::test]
async fn folders_in_folders_single_files_and_json_are_read() {
    let folder = folder("kinds");
    write(&folder, "deep/er/one.yml", "one", "1");
    write(&folder, "deep/two.yaml", "two", "2");
    write(&folder, ".hidden.yaml", "hidden", "no");
    fs::write(
        folder.join("three.json"),
        r#"{"name": "three", "end": {"text": "3"}}"#,
    )
    .unwrap();
    fs::write(folder.join("notes.txt"), "no definition").unwrap();
    let all = Emulator::builder().workflows_dir(&folder).build().unwrap();
    let service = all.service();
    for (name, text) in [
        ("one", "1"),
        ("two", "2"),
        ("three", "3"),
        ("hidden", "4200"),
    ] {
        assert_eq!(said(&service, name).await, text);
    }
    let single = Emulator::builder().workflows_dir(folder.join("deep/two.yaml"));
    let single = single.without_builtins().build().unwrap();
    let workflows = single.workflows();
    let names: Vec<_> = workflows
        .iter()
        .map(coze_emulator::Definition::name)
        .collect();
    assert_eq!(names, ["two"]);
}

#[tokio::test]
async fn an_edited_new_or_removed_definition_counts_from_the_next_run() {
    let folder = folder("edited");
    write(&folder, "a.yaml", "a", "first");
    let emulator = Emulator::builder().workflows_dir(&folder).build().unwrap();
    let mut events = emulator.events();
    let service = emulator.service();
    assert_eq!(said(&service, "a").await, "first");
    write(&folder, "a.yaml", "a", "the second");
    write(&folder, "deep/b.yaml", "b", "new");
    assert_eq!(said(&service, "a").await, "the second");
    assert_eq!(said(&service, "b").await, "new");
    fs::remove_file(folder.join("deep/b.yaml")).unwrap();
    assert_eq!(said(&service, "b").await, "4200");
    assert_eq!(emulator.runs_started("a"), Some(2));
    let mut told = 0;
    while told < 2 {
        told += u32::from(events.next().await.unwrap().name == "workflows");
    }
}

#[tokio::test]
async fn a_mistake_keeps_the_last_good_version_and_is_told() {
    let folder = folder("mistake");
    write(&folder, "a.yaml", "a", "good");
    let emulator = Emulator::builder().workflows_dir(&folder).build().unwrap();
    let service = emulator.service();
    write(&folder, "a.yaml", "a", "{{ nobody }}");
    write(&folder, "b.yaml", "b", "{{ nobody }}");
    assert_eq!(said(&service, "a").await, "good");
    assert_eq!(said(&service, "b").await, "4200");
    let problems = emulator.problems();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].contains("a.yaml:2:"), "{problems:?}");
    assert!(problems[0].contains("nobody"), "{problems:?}");
    write(&folder, "a.yaml", "a", "good again");
    fs::remove_file(folder.join("b.yaml")).unwrap();
    assert_eq!(said(&service, "a").await, "good again");
    assert!(emulator.problems().is_empty());
    // A folder that is gone for a moment is no reason to forget what was in it.
    let aside = folder.with_extension("aside");
    let _ = fs::remove_dir_all(&aside);
    fs::rename(&folder, &aside).unwrap();
    assert_eq!(said(&service, "a").await, "good again");
    assert_eq!(emulator.problems().len(), 1);
    fs::rename(&aside, &folder).unwrap();
    assert!(emulator.problems().is_empty());
}

#[tokio::test]
async fn a_mistake_between_files_keeps_what_there_was() {
    let folder = folder("between");
    write(&folder, "a.yaml", "a", "good");
    write(&folder, "b.yaml", "b", "other");
    let emulator = Emulator::builder().workflows_dir(&folder).build().unwrap();
    let service = emulator.service();
    // Both files have the same name now.
    write(&folder, "b.yaml", "a", "a double");
    assert_eq!(said(&service, "a").await, "good");
    assert_eq!(said(&service, "b").await, "other");
    assert!(emulator.problems()[0].contains("has a workflow with the name 'a' too"));
    // What is to blame may be mended in the other file.
    write(&folder, "a.yaml", "c", "renamed");
    assert_eq!(said(&service, "a").await, "a double");
    assert_eq!(said(&service, "c").await, "renamed");
    assert!(emulator.problems().is_empty());
}
