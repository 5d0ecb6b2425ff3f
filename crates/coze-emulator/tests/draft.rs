//! A draft of a recorded run is a workflow that responds as the recorded one did.

mod support;

use coze_emulator::{Definition, Emulator, EmulatorService, RecordedCall, draft};
use serde_json::{Value, json};
use support::{events, get, post, with};

/// What callers see of a workflow that says something, asks, and returns variables.
const TRIP: &str = r#"
name: trip
description: Plans a trip
inputs:
  city: { type: string, required: true, description: Where to go }
  days: { type: integer }
nodes:
  - output: { id: plan, title: Plan, content: "{{ days }} days in {{ city }}, all in {% raw %}{{braces}}{% endraw %}", piece: 7 }
  - question: { id: sure, title: Sure, text: "Book {{ city }}?", options: ["Yes", "No"] }
  - input_form: { id: who, title: Who, fields: { name: { type: string, required: true }, age: { type: integer } } }
end:
  variables: { booked: "{{ sure.option }}", to: ["{{ city }}"] }
"#;

const STREAM_RUN: &str = "/v1/workflow/stream_run";
const STREAM_RESUME: &str = "/v1/workflow/stream_resume";

/// An exchange as it would be recorded.
struct Recorded {
    method: &'static str,
    path: String,
    request: String,
    response: String,
}

async fn record(service: &EmulatorService, path: &str, body: Value) -> Recorded {
    let response = post(service, path, body.clone()).await.text();
    Recorded {
        method: "POST",
        path: path.to_owned(),
        request: body.to_string(),
        response,
    }
}

fn draft_of(recorded: &[Recorded]) -> String {
    let calls = recorded.iter().map(|call| RecordedCall {
        method: call.method,
        path: &call.path,
        request: &call.request,
        response: &call.response,
    });
    let drafts = draft(calls);
    assert_eq!(drafts.len(), 1);
    drafts[0].yaml.clone()
}

/// What of an event is the same in every run.
fn essence(stream: &str) -> Vec<(String, Value, Value)> {
    let mut texts: Vec<(String, Value, Value)> = Vec::new();
    for event in events(stream) {
        let data = event.json();
        let (title, content) = (data["node_title"].clone(), data["content"].clone());
        match texts.last_mut() {
            Some((name, last, text)) if *name == event.event && *last == title => {
                *text = format!("{}{}", text.as_str().unwrap(), content.as_str().unwrap()).into();
            }
            _ => texts.push((event.event, title, content)),
        }
    }
    texts
}

#[tokio::test(start_paused = true)]
async fn a_draft_responds_as_what_was_recorded() {
    let original = with(TRIP);
    let run = json!({ "workflow_id": "trip", "parameters": { "city": "Lima", "days": 3 } });
    let begun = record(&original, STREAM_RUN, run.clone()).await;
    let mut recorded = vec![begun];
    for answer in ["Yes", r#"{"name":"Ada"}"#] {
        let asked = events(&recorded[recorded.len() - 1].response);
        let asked = asked
            .iter()
            .find(|event| event.event == "Interrupt")
            .unwrap()
            .json();
        let resume = json!({
            "workflow_id": "trip",
            "event_id": asked["interrupt_data"]["event_id"],
            "interrupt_type": asked["interrupt_data"]["type"],
            "resume_data": answer,
        });
        recorded.push(record(&original, STREAM_RESUME, resume).await);
    }
    let about = Recorded {
        method: "GET",
        path: "/v1/workflows/trip?include_input_output=true".to_owned(),
        request: String::new(),
        response: get(&original, "/v1/workflows/trip?include_input_output=true")
            .await
            .text(),
    };
    recorded.push(about);
    let yaml = draft_of(&recorded);
    assert!(
        yaml.contains("city: { type: string, required: true, description: \"Where to go\" }"),
        "{yaml}"
    );
    assert!(yaml.contains("description: \"Plans a trip\""), "{yaml}");
    assert!(yaml.contains("options: [\"Yes\",\"No\"]"), "{yaml}");
    assert!(
        yaml.contains("fields: { name: { type: string, required: true }, age: { type: integer } }"),
        "{yaml}"
    );
    assert!(yaml.contains("to: [\"{{ city }}\"]"), "{yaml}");

    let workflow = Definition::from_yaml(&yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    let drafted = Emulator::builder()
        .workflow(workflow)
        .build()
        .unwrap()
        .service();
    let again = record(&drafted, STREAM_RUN, run.clone()).await;
    let first = record(&original, STREAM_RUN, run).await;
    assert_eq!(essence(&again.response), essence(&first.response));

    // Another city goes through the draft as it would through the original.
    let other = json!({ "workflow_id": "trip", "parameters": { "city": "Quito", "days": 3 } });
    let other = record(&drafted, STREAM_RUN, other).await;
    assert!(
        other.response.contains("3 days in Quito"),
        "{}",
        other.response
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_drafted_where_no_run_succeeded() {
    let original = with(
        "name: odd\ninputs:\n  n: { type: integer }\nnodes:\n  - condition: { id: c, branches: [{ when: \"n > 1\", nodes: [{ fail: { id: f, code: 5001, message: \"no {{ n }}\" } }] }] }\nend: { text: fine }",
    );
    let call = |n: i64| json!({ "workflow_id": "odd", "parameters": { "n": n } });
    let failed = record(&original, "/v1/workflow/run", call(2)).await;
    let yaml = draft_of(std::slice::from_ref(&failed));
    assert!(yaml.contains("fail: { id: fail, code: 5001"), "{yaml}");
    Definition::from_yaml(&yaml).unwrap();

    let succeeded = record(&original, "/v1/workflow/run", call(1)).await;
    let failed_again = record(&original, "/v1/workflow/run", call(3)).await;
    let yaml = draft_of(&[failed, succeeded, failed_again]);
    assert!(yaml.contains("text: \"fine\""), "{yaml}");
    assert!(!yaml.contains("fail:"), "{yaml}");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_run_drafts_nothing() {
    let call = |path, request, response| RecordedCall {
        method: "POST",
        path,
        request,
        response,
    };
    let calls = [
        call("/v1/workflow/run", "not json", "{}"),
        call("/v1/workflow/run", "{}", "{}"),
        call("/v1/files/upload", "{\"workflow_id\":\"1\"}", "{}"),
        call("/v1/workflows/resume", "{\"workflow_id\":\"1\"}", "{}"),
    ];
    assert!(draft(calls).is_empty());
    // A run without a response that tells anything is still a workflow.
    let drafts = draft([call(
        "/v1/workflow/run",
        "{\"workflow_id\":\"1\"}",
        "<html>",
    )]);
    assert_eq!(drafts[0].name, "1");
    Definition::from_yaml(&drafts[0].yaml).unwrap();
}
