//! Mistakes in definitions are told with their line.

use std::fs;

use coze_emulator::{Definition, Emulator, StartError};

fn mistake(yaml: &str) -> String {
    Definition::from_yaml(yaml).unwrap_err().to_string()
}

#[test]
fn every_mistake_has_its_line() {
    let cases = [
        ("name: a\nends: { text: x }", 2, "unknown field"),
        (
            "name: a\nnodes:\n  - text:\n      id: x\n      tmplate: y\nend: { text: x }",
            5,
            "unknown field",
        ),
        (
            "name: a\nnodes:\n  - jump: { id: x }\nend: { text: x }",
            3,
            "unknown variant",
        ),
        (
            "name: a\ninputs:\n  n: { type: float }\nend: { text: x }",
            3,
            "unknown variant",
        ),
        (
            "name: a\nnodes:\n  - text: { id: x, template: a }\n  - text: { id: x, template: b }\nend: { text: x }",
            4,
            "'x' is already",
        ),
        (
            "name: a\nnodes:\n  - text: { id: x, template: \"{{ oops }}\" }\nend: { text: x }",
            3,
            "'oops' is neither",
        ),
        ("name: a\nend:\n  variables:\n    v: \"{{ n\"", 4, "syntax"),
        ("name: a\nid: \"12x\"\nend: { text: x }", 2, "decimal"),
        ("name: a/b\nend: { text: x }", 1, "name"),
        ("name: a\nend: [", 2, ""),
    ];
    for (yaml, line, hint) in cases {
        let error = Definition::from_yaml(yaml).unwrap_err();
        assert_eq!(error.line(), Some(line), "{error}");
        assert!(error.to_string().contains(hint), "{error} lacks '{hint}'");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}

#[test]
fn an_end_returns_variables_or_a_text() {
    assert!(mistake("name: a\nend: {}").contains("exactly one"));
    assert!(mistake("name: a\nend: { text: x, variables: {} }").contains("exactly one"));
}

#[test]
fn a_node_sees_only_what_comes_before_it() {
    let yaml = "name: a\nnodes:\n  - text: { id: x, template: \"{{ y.output }}\" }\n  - text: { id: y, template: b }\nend: { text: x }";
    assert!(mistake(yaml).contains("'y' is neither"));
}

#[test]
fn the_id_of_a_name_is_stable() {
    let definition = Definition::from_yaml("name: a\nend: { text: x }").unwrap();
    assert_eq!(definition.id(), "7390187200555641996");
}

#[test]
fn a_folder_is_read_and_the_file_of_a_mistake_is_named() {
    let dir = std::env::temp_dir().join(format!("coze-emulator-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("a.yaml"), "name: from-file\nend: { text: x }").unwrap();
    fs::write(dir.join("notes.txt"), "not a workflow").unwrap();
    let emulator = Emulator::builder().workflows_dir(&dir).build().unwrap();
    assert!(
        emulator
            .workflows()
            .iter()
            .any(|workflow| workflow.name() == "from-file")
    );

    fs::write(dir.join("b.yml"), "name: b\nfoo: 1\nend: { text: x }").unwrap();
    let error = Emulator::builder().workflows_dir(&dir).build().unwrap_err();
    let StartError::Definition(error) = error else {
        panic!("{error:?}")
    };
    assert!(error.file().unwrap().ends_with("b.yml"));
    assert_eq!(error.line(), Some(2));
    fs::remove_dir_all(&dir).unwrap();
    assert!(matches!(
        Emulator::builder().workflows_dir(&dir).build(),
        Err(StartError::WorkflowsDir { .. })
    ));
}

#[test]
fn a_definition_in_rust_is_checked_like_yaml() {
    let error = Definition::builder("a")
        .text("t", "{{ oops }}")
        .build()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "'oops' is neither an input nor the id of an earlier node"
    );
    let definition = Definition::builder("a")
        .id("7")
        .unpublished()
        .build()
        .unwrap();
    assert_eq!((definition.id(), definition.is_published()), ("7", false));
}

#[test]
fn the_example_of_the_guide_is_a_definition() {
    let guide = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/guide/workflow-definitions.md"
    );
    let guide = fs::read_to_string(guide).unwrap();
    let yaml = guide
        .split("```yaml\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    assert_eq!(Definition::from_yaml(yaml).unwrap().name(), "trip");
}
