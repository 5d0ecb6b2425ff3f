//! Outputs that the service cut, and runs that are taken up again from text.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use coze_emulator::{Definition, Emulator, Limits, ParamType};
use coze_workflow::{
    Client, DetachedRun, Dialect, ErrorKind, HttpStack, Request, RunOutput, json_reply,
};
use serde_json::{Value, json};

/// An emulator whose histories hold 100 bytes a node.
fn emulator() -> Client {
    let report = |name: &str| {
        Definition::builder(name)
            .required_input("text", ParamType::String)
            .output("report", "{{ text }}")
            .output("note", "short")
    };
    let mut limits = Limits::default();
    limits.history_output = 100;
    let emulator = Emulator::builder()
        .limits(limits)
        .workflow(report("variables").returns("n", json!(7)).build().unwrap())
        .workflow(
            report("long-end")
                .returns("copy", "{{ text }}")
                .build()
                .unwrap(),
        )
        .workflow(
            report("text-end")
                .returns_text("{{ text }}")
                .build()
                .unwrap(),
        )
        .build()
        .unwrap();
    Client::builder()
        .base_url("http://emulator.test")
        .transport(HttpStack::new(emulator.service()))
        .token("pat_1")
        .build()
        .unwrap()
}

async fn run(coze: &Client, name: &str, text: &str) -> RunOutput {
    let run = coze.workflow(name).parameter("text", text).start().await;
    run.unwrap().wait().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn nodes_that_were_cut_are_fetched_one_by_one() {
    let coze = emulator();
    // 100 bytes end within a character here.
    for text in ["x".repeat(300), "é报".repeat(90)] {
        let output = run(&coze, "variables", &text).await;
        assert!(output.raw().len() < 300);
        let nodes = output.node_outputs();
        assert_eq!(nodes.len(), 2, "{nodes:?}");
        assert!(nodes.values().any(|node| *node == text), "{nodes:?}");
        assert!(nodes.values().any(|node| node == "short"));
        assert!(output.truncated().is_none(), "{output:?}");
        assert_eq!(output.output::<Value>().unwrap(), json!({"n": 7}));
    }
    // Nothing was cut, nothing is fetched.
    let output = run(&coze, "variables", "abc").await;
    assert_eq!(output.node_outputs().len(), 2);
    assert!(output.truncated().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_end_node_that_was_cut_is_never_passed_off_as_whole() {
    let coze = emulator();
    for name in ["long-end", "text-end"] {
        let text = "x".repeat(300);
        let output = run(&coze, name, &text).await;
        let truncated = output.truncated().unwrap();
        assert!(
            truncated.end_node && truncated.nodes.is_empty(),
            "{truncated:?}"
        );
        let error = output.output::<String>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutputTruncated);
        assert!(error.hint().unwrap().contains("output node"));
        assert!(error.log_id().is_some() && error.debug_url().is_some());
        // What there is stays.
        assert!(output.text().contains("xxx"));
        assert!(output.node_outputs().values().any(|node| *node == text));
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_day_what_is_missing_is_named() {
    let coze = emulator();
    let start = coze.workflow("long-end").parameter("text", "x".repeat(300));
    let started = start.start().await.unwrap();
    started.wait().await.unwrap();
    tokio::time::advance(Duration::from_secs(25 * 60 * 60)).await;
    let output = started.try_output().await.unwrap().unwrap();
    let truncated = output.truncated().unwrap();
    assert!(truncated.end_node);
    assert_eq!(truncated.nodes.len(), 2, "{truncated:?}");
    for node in &truncated.nodes {
        assert_eq!(node.error.as_ref().unwrap().code(), Some(4314));
    }
    assert!(output.node_outputs().is_empty());
    assert!(output.text().contains("xxx"));
}

#[tokio::test(start_paused = true)]
async fn an_output_that_was_cut_as_a_whole_is_put_together_from_its_nodes() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&seen);
    let stack = HttpStack::from_fn(move |request: Request| {
        let path = request.uri().path().to_owned();
        notes.lock().unwrap().push(path.clone());
        async move {
            json_reply(match path.rsplit('/').next().unwrap() {
                "7413" => {
                    r#"{"data":[{"execute_status":"Success","is_output_trimmed":true,"output":"{\"Output\":\"{\\\"n\\\":",
                        "node_execute_status":{"A":{"node_execute_uuid":"u-a"},"B":{"node_execute_uuid":"u-b"},
                        "C":{"node_execute_uuid":"u-c"},"D":{}}}]}"#
                }
                "u-a" => r#"{"data":{"is_finish":true,"node_output":"all of A"}}"#,
                "u-b" => r#"{"data":{"is_finish":false,"node_output":"part of B"}}"#,
                _ => r#"{"code":4101,"msg":"no"}"#,
            })
        }
    });
    let coze = Client::new(stack);
    let output = coze.attach(("7366", "7413")).wait().await.unwrap();
    let nodes = output.node_outputs();
    assert_eq!(nodes["A"], "all of A");
    assert_eq!(nodes["B"], "part of B");
    let truncated = output.truncated().unwrap();
    assert!(truncated.end_node);
    let missing: Vec<_> = truncated
        .nodes
        .iter()
        .map(|node| {
            let error = node.error.as_ref();
            (node.title.as_str(), error.and_then(|error| error.code()))
        })
        .collect();
    assert_eq!(missing, [("B", None), ("C", Some(4101)), ("D", None)]);
    assert_eq!(output.raw(), r#"{"Output":"{\"n\":"#);
    assert_eq!(seen.lock().unwrap().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_run_is_taken_up_from_its_text_or_its_debug_url() {
    let coze = emulator();
    let run = coze.workflow("variables").parameter("text", "abc");
    let run = run.start().await.unwrap();
    let (text, url) = (
        run.detach().to_string(),
        run.debug_url().unwrap().to_owned(),
    );
    for text in [text, url] {
        let again = coze.attach(text.parse::<DetachedRun>().unwrap());
        assert_eq!(again.execute_id(), run.execute_id());
        assert_eq!(again.wait().await.unwrap().output_value(), json!({"n": 7}));
    }
    let studio = Client::new(HttpStack::from_fn(|_| async { json_reply("{}") }));
    let studio = studio.with_dialect(Dialect::Studio);
    let error = studio.attach(&run).status().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);
    assert!(error.to_string().contains("other dialect"), "{error}");
    let kept = serde_json::to_value(run.detach()).unwrap();
    assert_eq!(
        serde_json::from_value::<DetachedRun>(kept).unwrap(),
        run.detach()
    );
}

#[tokio::test]
async fn a_run_that_goes_on_has_no_output_yet() {
    for answer in [
        r#"{"data":[{"execute_status":"Running"}]}"#,
        r#"{"data":[]}"#,
    ] {
        let stack = HttpStack::from_fn(move |_| async move { json_reply(answer) });
        let run = Client::new(stack).attach(("1", "2"));
        assert!(run.try_output().await.unwrap().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_text_as_long_as_the_limit_that_comes_again_unchanged_is_not_taken_for_whole() {
    const LIMIT: usize = 1024 * 1024;
    // Whether it counts bytes or characters is not documented.
    for (text, is_whole) in [
        ("x".repeat(LIMIT), false),
        ("x".repeat(LIMIT - 1), true),
        ("报".repeat(LIMIT), false),
        ("报".repeat(LIMIT - 1), true),
    ] {
        let length = text.len();
        let coze = Client::new(HttpStack::from_fn(move |request: Request| {
            let text = text.clone();
            async move {
                let is_node = request.uri().path().contains("/nodes/")
                    || !request.uri().path().ends_with("7413");
                json_reply(if is_node {
                    json!({"data": {"is_finish": true, "node_output": text}}).to_string()
                } else {
                    let output = json!({"A": text, "Output": "{}"}).to_string();
                    json!({"data": [{"execute_status": "Success", "is_output_trimmed": true, "output": output,
                        "node_execute_status": {"A": {"node_execute_uuid": "u-a"}}}]})
                    .to_string()
                })
            }
        }));
        let output = coze.attach(("7366", "7413")).wait().await.unwrap();
        assert_eq!(output.node_outputs()["A"].len(), length);
        let missing = output.truncated().map(|truncated| truncated.nodes.len());
        assert_eq!(missing, (!is_whole).then_some(1), "{length}");
    }
}
