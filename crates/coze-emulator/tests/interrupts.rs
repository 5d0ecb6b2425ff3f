//! Questions and forms: how a run stops, and how each form of run goes on.

mod support;

use coze_emulator::{EmulatorService, Limits};
use serde_json::{Value, json};
use support::{get, limited, names, post, stream, with};

const RUN: &str = "/v1/workflow/run";
const RESUME: &str = "/v1/workflows/resume";
const STREAM: &str = "/v1/workflow/stream_run";
const STREAM_RESUME: &str = "/v1/workflow/stream_resume";

const ASK: &str = r#"
name: ask
nodes:
  - question: { id: where, title: Ask, text: "Which city?" }
end: { variables: { city: "{{ where.answer }}" } }
"#;

const TRIP: &str = r#"
name: trip
nodes:
  - question:
      id: plan
      text: "Where and for how many days?"
      extract:
        city: { type: string, required: true }
        days: { type: integer, required: true }
end: { variables: { city: "{{ plan.city }}", days: "{{ plan.days }}" } }
"#;

async fn resume(
    service: &EmulatorService,
    path: &str,
    workflow: &str,
    event: &Value,
    answer: &str,
) -> Value {
    post(service, path, answer_to(workflow, event, answer))
        .await
        .json()
}

fn answer_to(workflow: &str, event: &Value, answer: &str) -> Value {
    json!({
        "workflow_id": workflow,
        "event_id": event["event_id"],
        "interrupt_type": event["type"],
        "resume_data": answer,
    })
}

#[tokio::test]
async fn a_sync_run_stops_at_a_question_and_goes_on_with_the_answer() {
    let service = with(ASK);
    let asked = post(&service, RUN, json!({"workflow_id": "ask"}))
        .await
        .json();
    assert_eq!(asked["code"], 0);
    assert_eq!(asked.get("data"), None);
    let event = &asked["interrupt_data"];
    let execute_id = asked["execute_id"].as_str().unwrap();
    assert!(
        event["event_id"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{execute_id}/"))
    );
    assert_eq!(event["type"], 2);
    assert_eq!(
        event["data"],
        r#"{"content_type":"text","content":"Which city?"}"#
    );

    let done = resume(&service, RESUME, "ask", event, "Lyon").await;
    assert_eq!(done["data"], r#"{"city":"Lyon"}"#);
    let again = resume(&service, RESUME, "ask", event, "Oslo").await;
    assert_eq!(again["code"], 4315);
}

#[tokio::test]
async fn an_async_run_shows_its_question_in_the_history() {
    let service = with(ASK);
    let started = post(
        &service,
        RUN,
        json!({"workflow_id": "ask", "is_async": true}),
    )
    .await
    .json();
    let execute_id = started["execute_id"].as_str().unwrap().to_owned();
    let path = format!("/v1/workflows/ask/run_histories/{execute_id}");
    tokio::task::yield_now().await;
    let row = get(&service, &path).await.json()["data"][0].clone();
    let event = &row["interrupt_data"];
    assert_eq!(event["type"], 2);
    let resumed = resume(&service, RESUME, "ask", event, "Lyon").await;
    assert_eq!(resumed["execute_id"], execute_id);
    assert_eq!(resumed.get("data"), None);
    tokio::task::yield_now().await;
    let row = get(&service, &path).await.json()["data"][0].clone();
    assert_eq!(row["execute_status"], "Success");
    assert_eq!(row.get("interrupt_data"), None);
    assert_eq!(row["output"], r#"{"Output":"{\"city\":\"Lyon\"}"}"#);
}

#[tokio::test]
async fn a_stream_says_the_question_then_interrupts_and_counts_anew_after_the_resume() {
    let service = with(ASK);
    let events = stream(&service, STREAM, json!({"workflow_id": "ask"})).await;
    assert_eq!(names(&events), ["Message", "Interrupt"]);
    assert_eq!(events[0].json()["content"], "Which city?");
    let interrupt = events[1].json();
    assert_eq!(interrupt["node_title"], "Ask");
    assert_eq!(interrupt["interrupt_data"]["data"], "");
    let answer = answer_to("ask", &interrupt["interrupt_data"], "Lyon");
    let events = stream(&service, STREAM_RESUME, answer).await;
    assert_eq!(names(&events), ["Message", "Done"]);
    assert_eq!(events[0].json()["content"], r#"{"city":"Lyon"}"#);
}

#[tokio::test]
async fn missing_fields_are_asked_for_again_under_a_new_event_and_three_failures_end_the_run() {
    let service = with(TRIP);
    let first = post(&service, RUN, json!({"workflow_id": "trip"}))
        .await
        .json();
    let event = &first["interrupt_data"];
    assert_eq!(event["required_parameters"]["days"]["type"], "integer");
    let second = resume(&service, RESUME, "trip", event, "city: Lyon").await;
    let newer = &second["interrupt_data"];
    assert_ne!(newer["event_id"], event["event_id"]);
    assert_eq!(
        newer["required_parameters"]
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        ["days"]
    );
    assert_eq!(
        resume(&service, RESUME, "trip", event, "days: 3").await["code"],
        4315
    );
    let done = resume(&service, RESUME, "trip", newer, "3").await;
    assert_eq!(done["data"], r#"{"city":"Lyon","days":3}"#);

    let mut asked = post(&service, RUN, json!({"workflow_id": "trip"}))
        .await
        .json();
    for _ in 0..3 {
        asked = resume(
            &service,
            RESUME,
            "trip",
            &asked["interrupt_data"],
            "no idea",
        )
        .await;
    }
    assert_eq!(asked["code"], 5000);
    assert!(
        asked["msg"].as_str().unwrap().contains("city, days"),
        "{asked}"
    );
}

#[tokio::test]
async fn a_form_lists_its_fields_and_takes_json() {
    let service = with(
        "name: form\nnodes:\n  - input_form: { id: f, fields: { img: { type: image, required: true }, n: { type: integer, default: 2 } } }\nend: { variables: { img: \"{{ f.img }}\", n: \"{{ f.n }}\" } }",
    );
    let asked = post(&service, RUN, json!({"workflow_id": "form"}))
        .await
        .json();
    let event = &asked["interrupt_data"];
    assert_eq!(event["type"], 5);
    assert_eq!(event["required_parameters"]["img"]["type"], "image");
    let data: Value = serde_json::from_str(event["data"].as_str().unwrap()).unwrap();
    assert_eq!(
        data["content"],
        r#"[{"type":"string","name":"img","required":true,"assistType":2},{"type":"integer","name":"n","required":false}]"#
    );
    let done = resume(
        &service,
        RESUME,
        "form",
        event,
        r#"{"img":"http://example.com/a.png"}"#,
    )
    .await;
    assert_eq!(done["data"], r#"{"img":"http://example.com/a.png","n":2}"#);
}

#[tokio::test]
async fn options_are_listed_and_chosen() {
    let service = with(
        "name: o\nnodes:\n  - question: { id: q, text: Which, options: [Lyon, Oslo] }\nend: { variables: { id: \"{{ q.option_id }}\", option: \"{{ q.option }}\" } }",
    );
    let asked = post(&service, RUN, json!({"workflow_id": "o"}))
        .await
        .json();
    assert!(
        asked["interrupt_data"]["data"]
            .as_str()
            .unwrap()
            .contains(r"Which\nA. Lyon\nB. Oslo")
    );
    let done = resume(&service, RESUME, "o", &asked["interrupt_data"], "oslo").await;
    assert_eq!(done["data"], r#"{"id":"B","option":"Oslo"}"#);
}

#[tokio::test]
async fn a_resume_that_does_not_fit_is_refused_and_changes_nothing() {
    let service = with(ASK);
    let asked = post(&service, RUN, json!({"workflow_id": "ask"}))
        .await
        .json();
    let event = &asked["interrupt_data"];
    let id = asked["execute_id"].as_str().unwrap();
    let cases = [
        (json!({"workflow_id": "ask"}), 4000, "'event_id'"),
        (
            json!({"workflow_id": "ask", "event_id": event["event_id"], "resume_data": "x"}),
            4000,
            "'interrupt_type'",
        ),
        (
            json!({"workflow_id": "ask", "event_id": event["event_id"], "interrupt_type": 2}),
            4000,
            "'resume_data'",
        ),
        (
            json!({"workflow_id": "ask", "event_id": event["event_id"], "interrupt_type": 5, "resume_data": "x"}),
            4000,
            "must be 2",
        ),
        (
            json!({"workflow_id": "ask", "event_id": "1/2", "interrupt_type": 2, "resume_data": "x"}),
            4314,
            "no execution",
        ),
        (
            json!({"workflow_id": "greeting", "event_id": event["event_id"], "interrupt_type": 2, "resume_data": "x"}),
            4314,
            "no execution",
        ),
        (
            json!({"workflow_id": "ask", "event_id": format!("{id}/2"), "interrupt_type": 2, "resume_data": "x"}),
            4315,
            "newest",
        ),
    ];
    for (body, code, hint) in cases {
        let response = post(&service, RESUME, body).await.json();
        assert_eq!(response["code"], code, "{response}");
        assert!(
            response["msg"].as_str().unwrap().contains(hint),
            "{response}"
        );
    }
    let wrong_form = post(&service, STREAM_RESUME, answer_to("ask", event, "x"))
        .await
        .json();
    assert_eq!(wrong_form["code"], 4000);
    assert_eq!(
        resume(&service, RESUME, "ask", event, "Lyon").await["data"],
        r#"{"city":"Lyon"}"#
    );
}

const FIVE: &str = r#"
name: five
nodes:
  - loop: { id: l, over: 5, nodes: [ { question: { id: q, text: "{{ index }}?" } } ], output: "{{ q.answer }}" }
end: { variables: { l: "{{ l.items }}" } }
"#;

#[tokio::test]
async fn a_stream_can_be_resumed_three_times() {
    let service = with(FIVE);
    let mut events = stream(&service, STREAM, json!({"workflow_id": "five"})).await;
    for round in 0..3 {
        assert_eq!(events[0].json()["content"], format!("{round}?"));
        let event = events[1].json()["interrupt_data"].clone();
        events = stream(&service, STREAM_RESUME, answer_to("five", &event, "x")).await;
    }
    let event = events[1].json()["interrupt_data"].clone();
    let refused = post(&service, STREAM_RESUME, answer_to("five", &event, "x"))
        .await
        .json();
    assert_eq!(refused["code"], 4000);
}

#[tokio::test]
async fn other_runs_can_be_resumed_as_often_as_they_ask() {
    let service = with(FIVE);
    let mut asked = post(&service, RUN, json!({"workflow_id": "five"}))
        .await
        .json();
    for _ in 0..5 {
        asked = resume(&service, RESUME, "five", &asked["interrupt_data"], "x").await;
    }
    assert_eq!(asked["data"], r#"{"l":["x","x","x","x","x"]}"#);
}

#[tokio::test]
async fn other_runs_can_have_a_bound_too() {
    let mut limits = Limits::default();
    limits.resumes = Some(3);
    let service = limited(limits, FIVE);
    for is_async in [false, true] {
        let body = json!({"workflow_id": "five", "is_async": is_async});
        let started = post(&service, RUN, body).await.json();
        let id = started["execute_id"].as_str().unwrap();
        let path = format!("/v1/workflows/five/run_histories/{id}");
        let mut asked = Vec::new();
        for _ in 0..3 {
            tokio::task::yield_now().await;
            let row = get(&service, &path).await.json()["data"][0].clone();
            let event = row["interrupt_data"].clone();
            asked.push(event["data"].clone());
            let resumed = resume(&service, RESUME, "five", &event, "x").await;
            assert_eq!(
                (&resumed["code"], &resumed["execute_id"]),
                (&json!(0), &json!(id))
            );
            // A run that is waited for asks again at once; one in the background shows it in its history.
            assert_eq!(resumed.get("interrupt_data").is_some(), !is_async);
        }
        asked.dedup();
        assert_eq!(asked.len(), 3, "{asked:?}");
        tokio::task::yield_now().await;
        let row = get(&service, &path).await.json()["data"][0].clone();
        let refused = resume(&service, RESUME, "five", &row["interrupt_data"], "x").await;
        assert_eq!(refused["code"], 4000);
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_for_an_answer_costs_no_running_time_but_ends_after_a_day() {
    let service = with(ASK);
    let asked = post(&service, RUN, json!({"workflow_id": "ask"}))
        .await
        .json();
    support::pass(3_600_000).await;
    let done = resume(&service, RESUME, "ask", &asked["interrupt_data"], "Lyon").await;
    assert_eq!(done["code"], 0);

    let asked = post(&service, RUN, json!({"workflow_id": "ask"}))
        .await
        .json();
    support::pass(24 * 3_600_000 + 1).await;
    let late = resume(&service, RESUME, "ask", &asked["interrupt_data"], "Lyon").await;
    assert_eq!(late["code"], 4315);
}
