//! All mistakes of definitions are told at once, each with its place; those that show only in a run are marked.

mod support;

use std::fs;

use coze_emulator::{Definition, Emulator, StartError};
use serde_json::json;
use support::{post, stream, with};

/// The mistakes of a definition, as `line:column message`.
fn told(yaml: &str) -> Vec<String> {
    let error = Definition::from_yaml(yaml).unwrap_err();
    let lines = error.mistakes().iter().map(|mistake| {
        let place = |number: Option<u64>| number.map_or("?".to_owned(), |n| n.to_string());
        let (line, column) = (place(mistake.line()), place(mistake.column()));
        format!("{line}:{column} {}", mistake.message())
    });
    lines.collect()
}

#[test]
fn all_mistakes_of_a_file_come_at_once_with_line_and_column() {
    let yaml = r#"name: many
colour: red
inputs:
  n: { type: float }
  city: { type: string }
nodes:
  - text: { id: a, tmplate: x }
  - text: { id: b, template: "{{ n }} {{ oops }}" }
  - jump: { id: c }
  - output: { id: d, content: [7] }
  - text: { id: e, template: "{{ a.output }}{{ c.x }}{{ d.output }}" }
  - text: { id: e, template: "{{ e.text }}" }
end:
  variables:
    v: "{{ city.name }}"
    w: [1, "{{ e.output"]
  types: { w: list, v: string, z: integer }
"#;
    assert_eq!(
        told(yaml),
        [
            "2:1 'colour' is not known here; possible are id, name, description, published, mode, app_id, bot_id, versions, usage, files, inputs, nodes, end",
            "4:14 'float' is not known here; possible are string, integer, number, boolean, time, object, array, file, default, image, svg, audio, video, voice, doc, ppt, excel, txt, code, zip",
            "7:11 'template' is missing",
            "7:20 'tmplate' is not known here; possible are id, title, retry, on_error, template",
            "8:30 'oops' is neither an input nor the id of an earlier node",
            "9:5 'jump' is not known here; possible are text, output, expression, delay, fail, question, input_form, condition, loop, batch, subflow, llm, http, code",
            "10:31 a text is expected, but this is a list",
            "12:5 'e' is already the name of an input or of another node",
            "12:30 'e' has no field 'text'; it has output",
            "15:8 'city' is of type string and has no field 'name'",
            "16:12 syntax error: unexpected end of input, expected end of variable block",
            "17:15 'list' is not known here; possible are string, integer, number, boolean, time, object, array, file, default, image, svg, audio, video, voice, doc, ppt, excel, txt, code, zip",
            "17:35 the type is of 'z', which the end does not return",
        ]
    );
}

#[test]
fn what_a_mistake_takes_with_it_is_no_second_mistake() {
    let lost =
        "name: a\ninputs: 3\nnodes: [ { text: { template: x } } ]\nend: { text: \"{{ city }}\" }";
    // A number or a boolean needs no quotes where only a text fits, and stays as it is written.
    let plain = "name: 1.10\npublished: no\nend: { text: no }";
    let plain = Definition::from_yaml(plain).unwrap();
    assert_eq!((plain.name(), plain.is_published()), ("1.10", false));
    assert_eq!(
        told(lost),
        [
            "2:9 a map is expected, but this is a number",
            "3:18 'id' is missing",
            "4:14 'city' is neither an input nor the id of an earlier node"
        ]
    );
    let doubled = "name: a\nname: b\nid: x\nend: { text: x, text: y }";
    let told = told(doubled);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("2:1 ") && told[0].contains("duplicate"),
        "{told:?}"
    );
    assert_eq!(told[1], "3:5 id 'x' must be a decimal number below 2^63");
}

#[test]
fn fields_filters_and_tests_that_do_not_exist_are_told_at_load() {
    for (template, message) in [
        ("{{ a.ouput }}", "'a' has no field 'ouput'; it has output"),
        (
            "{{ q.choice }}",
            "'q' has no field 'choice'; it has answer, option, option_id",
        ),
        ("{{ f.city }}", "'f' has no field 'city'; it has days"),
        ("{{ l.output }}", "'l' has no field 'output'; it has items"),
        ("{{ n | uper }}", "there is no filter 'uper'"),
        ("{{ 'x' if n is od else 'y' }}", "there is no test 'od'"),
        (
            "{{ shout(n) }}",
            "'shout' is neither an input nor the id of an earlier node",
        ),
    ] {
        let yaml = format!(
            "name: a\ninputs: {{ n: {{ type: integer }}, o: {{ type: object }} }}\nnodes:\n\
            \x20 - text: {{ id: a, template: \"{{{{ o.any.thing | upper }}}}\" }}\n\
            \x20 - question: {{ id: q, text: Q, options: [A] }}\n\
            \x20 - input_form: {{ id: f, fields: {{ days: {{ type: integer }} }} }}\n\
            \x20 - loop: {{ id: l, over: 2, output: \"{{{{ item.x }}}}\" }}\n\
            end:\n  text: \"{template}\"\n"
        );
        assert_eq!(told(&yaml), [format!("9:9 {message}")]);
    }
}

#[test]
fn files_are_checked_together() {
    let dir = std::env::temp_dir().join(format!("coze-mistakes-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let write = |name: &str, text: &str| fs::write(dir.join(name), text).unwrap();
    let started = || match Emulator::builder().workflows_dir(&dir).build() {
        Ok(_) => String::new(),
        Err(StartError::Definition(error)) => {
            let folder = format!("{}/", dir.display());
            error.to_string().replace(&folder, "")
        }
        Err(other) => panic!("{other:?}"),
    };
    write("a.yaml", "name: a\nfoo: 1\nend: { text: x }");
    write("b.yaml", "name: b\nbar: 1\nend: { text: x }");
    let told = started();
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(
        told.starts_with("a.yaml:2:1: ") && told.contains("\nb.yaml:2:1: "),
        "{told}"
    );

    write("a.yaml", "name: same\nend: { text: x }");
    write("b.yaml", "name: same\nend: { text: x }");
    let told = started();
    assert!(
        told.starts_with("b.yaml:1:7: ")
            && told.ends_with("has a workflow with the name 'same' too"),
        "{told}"
    );

    write(
        "b.yaml",
        concat!(
            "name: b\nnodes:\n",
            "  - subflow: { id: s, workflow: nowhere }\n",
            "  - subflow: { id: g, workflow: greeting, inputs: { nane: x } }\n",
            "  - text: { id: t, template: \"{{ g.greeting }}{{ g.text }}\" }\n",
            "end: { text: x }"
        ),
    );
    assert_eq!(
        started(),
        "b.yaml:3:33: there is no workflow 'nowhere'\n\
        b.yaml:4:33: workflow 'greeting' has no input 'nane'\n\
        b.yaml:4:33: workflow 'greeting' needs the input 'name'\n\
        b.yaml:5:30: 'g' has no field 'text'; it has greeting"
    );
    fs::remove_dir_all(&dir).unwrap();
}

#[tokio::test]
async fn a_mistake_in_a_run_names_file_line_and_expression_and_is_marked() {
    let dir = std::env::temp_dir().join(format!("coze-mistaken-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let file = dir.join("late.yaml");
    let yaml = "name: late\ninputs: { o: { type: object } }\nnodes:\n  - text:\n      id: t\n      title: Tell\n      template: \"{{ o.city\n        .name }}!\"\nend: { text: \"{{ t.output }}\" }";
    fs::write(&file, yaml).unwrap();
    let service = Emulator::builder()
        .workflow(Definition::from_file(&file).unwrap())
        .build()
        .unwrap()
        .service();
    fs::remove_dir_all(&dir).unwrap();
    let body = json!({"workflow_id": "late", "parameters": {"o": {}}});
    let response = post(&service, "/v1/workflow/run", body.clone()).await;
    let wanted = format!(
        "emulator: {}:7:17: node 'Tell': in `{{{{ o.city .name }}}}!`: undefined value: `o.city` is undefined",
        file.display()
    );
    assert_eq!(response.json()["code"], 5000);
    assert_eq!(response.json()["msg"], wanted);
    assert_eq!(response.headers["x-emulator-error"], "definition");
    let events = stream(&service, "/v1/workflow/stream_run", body).await;
    assert_eq!(events[0].json()["error_message"], wanted);

    // What the workflow says itself is not marked.
    let service = with("name: f\nnodes: [ { fail: { id: x, message: no } } ]\nend: { text: x }");
    let response = post(&service, "/v1/workflow/run", json!({"workflow_id": "f"})).await;
    assert_eq!(response.json()["msg"], "no");
    assert!(!response.headers.contains_key("x-emulator-error"));
}
