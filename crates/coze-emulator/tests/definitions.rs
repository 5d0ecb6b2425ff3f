//! Mistakes in definitions are told with their line.

mod support;

use std::fs;

use coze_emulator::{Definition, Emulator, StartError};
use serde_json::json;
use support::post;

fn mistake(yaml: &str) -> String {
    Definition::from_yaml(yaml).unwrap_err().to_string()
}

#[test]
fn every_mistake_has_its_line() {
    let cases = [
        ("name: a\nends: { text: x }", 2, "not known here"),
        (
            "name: a\nnodes:\n  - text:\n      id: x\n      template: y\n      tmplate: y\nend: { text: x }",
            6,
            "not known here",
        ),
        (
            "name: a\nnodes:\n  - jump: { id: x }\nend: { text: x }",
            3,
            "not known here",
        ),
        (
            "name: a\ninputs:\n  n: { type: float }\nend: { text: x }",
            3,
            "not known here",
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

/// The examples of the guide, in order.
fn guide() -> Vec<Definition> {
    let guide = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/guide/workflow-definitions.md"
    );
    let guide = fs::read_to_string(guide).unwrap();
    let blocks = guide.split("```yaml\n").skip(1);
    blocks
        .map(|block| Definition::from_yaml(block.split("```").next().unwrap()).unwrap())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_examples_of_the_guide_run() {
    let workflows = guide();
    let names: Vec<_> = workflows.iter().map(Definition::name).collect();
    assert_eq!(names, ["trip", "brief", "guide"]);
    let builder = workflows
        .into_iter()
        .fold(Emulator::builder(), |builder, workflow| {
            builder.workflow(workflow)
        });
    let service = builder.build().unwrap().service();
    let run = async |workflow: &str, parameters: serde_json::Value| {
        let body = json!({"workflow_id": workflow, "parameters": parameters});
        post(&service, "/v1/workflow/run", body).await.json()
    };
    let asked = run("trip", json!({"city": "Lyon"})).await;
    let question = asked["interrupt_data"]["data"].as_str().unwrap();
    assert!(question.contains("Book 2 days in Lyon?"), "{question}");
    for (city, said) in [
        ("Lyon", "Lyon has a clear sky."),
        ("Atlantis", "Nobody knows Atlantis."),
    ] {
        let response = run("brief", json!({"city": city})).await;
        let data = response["data"]
            .as_str()
            .unwrap_or_else(|| panic!("{response}"));
        assert!(data.contains(said), "{data}");
        assert!(
            response["usage"]["output_count"].as_u64() > Some(3),
            "{response}"
        );
    }
    let body = json!({
        "workflow_id": "guide",
        "additional_messages": [
            {"role": "user", "content": "Hello", "content_type": "text"},
            {"role": "user", "content": "Where", "content_type": "text"},
        ],
    });
    let said = post(&service, "/v1/workflows/chat", body).await.text();
    assert!(said.contains("after 1 messages before this one"), "{said}");
}
