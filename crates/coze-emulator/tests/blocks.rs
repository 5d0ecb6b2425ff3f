//! Condition, loop, batch, subflow, expression.

mod support;

use coze_emulator::{Definition, Emulator};
use serde_json::{Value, json};
use support::{post, with};

async fn output(yaml: &str, parameters: Value) -> Value {
    let service = with(yaml);
    let id = Definition::from_yaml(yaml).unwrap().id().to_owned();
    let body = post(
        &service,
        "/v1/workflow/run",
        json!({"workflow_id": id, "parameters": parameters}),
    )
    .await
    .json();
    match body["data"].as_str() {
        Some(data) => serde_json::from_str(data).unwrap(),
        None => body,
    }
}

#[tokio::test]
async fn a_condition_takes_the_first_branch_that_is_true() {
    let yaml = r#"
name: c
inputs: { n: { type: integer, required: true } }
nodes:
  - condition:
      id: size
      branches:
        - { when: "n > 10", output: large }
        - when: "n > 5"
          nodes: [ { text: { id: t, template: "medium {{ n }}" } } ]
          output: "{{ t.output }}"
      else: { output: { small: "{{ n }}" } }
end: { variables: { branch: "{{ size.branch }}", output: "{{ size.output }}" } }
"#;
    assert_eq!(
        output(yaml, json!({"n": 11})).await,
        json!({"branch": 0, "output": "large"})
    );
    assert_eq!(
        output(yaml, json!({"n": 6})).await,
        json!({"branch": 1, "output": "medium 6"})
    );
    assert_eq!(
        output(yaml, json!({"n": 1})).await,
        json!({"branch": 2, "output": {"small": 1}})
    );
}

#[tokio::test]
async fn a_loop_goes_over_items_or_counts() {
    let yaml = r#"
name: l
nodes:
  - expression: { id: list, value: [a, b] }
  - loop: { id: one, over: "{{ list.value }}", output: "{{ index }}{{ item }}" }
  - loop: { id: two, over: 3, nodes: [ { expression: { id: e, value: "{{ item * 2 }}" } } ], output: "{{ e.value }}" }
end: { variables: { one: "{{ one.items }}", two: "{{ two.items }}" } }
"#;
    assert_eq!(
        output(yaml, json!({})).await,
        json!({"one": ["0a", "1b"], "two": [0, 2, 4]})
    );
}

#[tokio::test(start_paused = true)]
async fn a_batch_runs_rounds_side_by_side() {
    let yaml = r#"
name: b
nodes:
  - batch: { id: all, over: 6, parallel: 3, nodes: [ { delay: { id: d, milliseconds: 1000 } } ], output: "{{ item }}" }
end: { variables: { items: "{{ all.items }}" } }
"#;
    let began = tokio::time::Instant::now();
    assert_eq!(
        output(yaml, json!({})).await,
        json!({"items": [0, 1, 2, 3, 4, 5]})
    );
    assert_eq!(began.elapsed().as_secs(), 2);
}

#[tokio::test]
async fn a_subflow_gets_inputs_and_gives_its_variables() {
    let yaml = r#"
name: s
nodes:
  - subflow: { id: sub, workflow: greeting, inputs: { name: "{{ 1 + 1 }}nd" } }
end: { variables: { said: "{{ sub.greeting }}" } }
"#;
    assert_eq!(
        output(yaml, json!({})).await,
        json!({"said": "Hello, 2nd!"})
    );
    let missing = yaml.replace("1 + 1 }}nd", "none }}");
    assert_eq!(
        output(&missing, json!({})).await["msg"],
        "node 'sub' failed: Missing required parameter 'name'"
    );
}

#[tokio::test]
async fn a_workflow_that_calls_itself_fails_with_a_reason() {
    let yaml = "name: r\nnodes: [ { subflow: { id: sub, workflow: r } } ]\nend: { text: x }";
    let body = output(yaml, json!({})).await;
    assert_eq!(body["code"], 5000);
    assert!(
        body["msg"].as_str().unwrap().contains("deeper than 16"),
        "{body}"
    );
}

#[test]
fn what_a_block_defines_is_not_seen_outside() {
    let yaml = "name: c\nnodes:\n  - loop: { id: l, over: 1, nodes: [ { text: { id: t, template: x } } ] }\n  - text: { id: u, template: \"{{ t.output }}\" }\nend: { text: x }";
    let error = Definition::from_yaml(yaml).unwrap_err();
    assert_eq!(error.line(), Some(4));
    assert!(error.to_string().contains("'t' is neither"));
}

#[tokio::test]
async fn a_dropped_emulator_lets_go_of_waiting_runs() {
    let yaml = "name: q\nnodes: [ { question: { id: q, text: x } } ]\nend: { text: x }";
    let emulator = Emulator::builder()
        .workflow(Definition::from_yaml(yaml).unwrap())
        .build()
        .unwrap();
    post(
        &emulator.service(),
        "/v1/workflow/run",
        json!({"workflow_id": "q"}),
    )
    .await;
    let metrics = tokio::runtime::Handle::current().metrics();
    assert_eq!(metrics.num_alive_tasks(), 1);
    drop(emulator);
    tokio::task::yield_now().await;
    assert_eq!(metrics.num_alive_tasks(), 0);
}
