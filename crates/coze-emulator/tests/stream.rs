//! Workflow streams: framing, pieces, pings, errors.

mod support;

use coze_emulator::{Definition, Emulator, Limits};
use http::StatusCode;
use serde_json::json;
use support::{builtins, events, get, limited, names, post, stream, with};

const STREAM: &str = "/v1/workflow/stream_run";

const STORY: &str = r#"
name: story
usage: { input: 60, output: 38 }
inputs: { topic: { type: string, required: true } }
nodes:
  - output: { id: told, title: Story, content: "Once: {{ topic }}.\nEnd", piece: 6 }
end:
  variables: { length: "{{ told.output | length }}" }
"#;

#[tokio::test]
async fn the_bytes_of_a_stream_are_exact() {
    let service = Emulator::builder()
        .seed(1)
        .base_url("http://emulator")
        .workflow(Definition::from_yaml("name: s\nid: \"7\"\nend: { text: \"a\\nb\" }").unwrap())
        .build()
        .unwrap()
        .service();
    let response = post(&service, STREAM, json!({"workflow_id": "s"})).await;
    assert_eq!(
        response.headers["content-type"],
        "text/event-stream; charset=utf-8"
    );
    assert_eq!(response.headers["cache-control"], "no-cache");
    assert!(response.headers.contains_key("x-tt-logid"));
    let text = response.text();
    let uuid = events(&text)[0].json()["node_execute_uuid"]
        .as_str()
        .unwrap()
        .to_owned();
    let url = events(&text)[1].json()["debug_url"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        url.starts_with("http://emulator/work_flow?execute_id=") && url.ends_with("&workflow_id=7")
    );
    let url = url.replace('&', r"\u0026");
    assert_eq!(
        text,
        format!(
            "id: 0\nevent: Message\ndata: {{\"content\":\"a\\nb\",\"content_type\":\"text\",\"node_title\":\"End\",\
             \"node_seq_id\":\"0\",\"node_is_finish\":true,\"node_id\":\"900001\",\"node_execute_uuid\":\"{uuid}\",\
             \"token\":0,\"cost\":\"0\",\"usage\":{{\"token_count\":0,\"input_count\":0,\"output_count\":0}}}}\n\n\
             id: 1\nevent: Done\ndata: {{\"debug_url\":\"{url}\"}}\n\n"
        )
    );
}

#[tokio::test]
async fn an_output_node_streams_in_pieces_with_their_own_count() {
    let events = stream(
        &with(STORY),
        STREAM,
        json!({"workflow_id": "story", "parameters": {"topic": "tea"}}),
    )
    .await;
    assert_eq!(
        names(&events),
        ["Message", "Message", "Message", "Message", "Done"]
    );
    let told: Vec<_> = events[..3].iter().map(support::Sse::json).collect();
    let contents: Vec<_> = told
        .iter()
        .map(|message| message["content"].as_str().unwrap())
        .collect();
    assert_eq!(contents, ["Once: ", "tea.\nE", "nd"]);
    for (index, message) in told.iter().enumerate() {
        assert_eq!(message["node_title"], "Story");
        assert_eq!(message["node_seq_id"], index.to_string());
        assert_eq!(message["node_is_finish"], index == 2);
        assert_eq!(message["node_execute_uuid"], told[0]["node_execute_uuid"]);
        assert_eq!(message.get("usage"), None);
    }
    let end = events[3].json();
    assert_eq!(end["content"], r#"{"length":14}"#);
    assert_eq!(
        (&end["node_id"], &end["node_title"], &end["node_seq_id"]),
        (&json!("900001"), &json!("End"), &json!("0"))
    );
    assert_eq!(
        end["usage"],
        json!({"token_count": 98, "input_count": 60, "output_count": 38})
    );
}

#[tokio::test]
async fn a_streaming_end_comes_in_pieces() {
    let service = with("name: s\nend: { text: \"0123456789abcdefXYZ\", streaming: true }");
    let events = stream(&service, STREAM, json!({"workflow_id": "s"})).await;
    let contents: Vec<_> = events[..2]
        .iter()
        .map(|event| event.json()["content"].clone())
        .collect();
    assert_eq!(contents, ["0123456789abcdef", "XYZ"]);
}

#[tokio::test(start_paused = true)]
async fn silence_is_filled_with_pings_that_count() {
    let yaml = "name: s\nnodes: [ { delay: { id: d, milliseconds: 25000 } } ]\nend: { text: x }";
    let events = stream(&with(yaml), STREAM, json!({"workflow_id": "s"})).await;
    assert_eq!(names(&events), ["PING", "PING", "Message", "Done"]);
    assert_eq!(events[0].data, "{}");
}

#[tokio::test]
async fn a_failed_run_ends_its_stream_with_an_error() {
    let yaml = "name: f\nnodes:\n  - output: { id: o, content: hi }\n  - fail: { id: stop, code: 4013, message: broken }\nend: { text: x }";
    let events = stream(&with(yaml), STREAM, json!({"workflow_id": "f"})).await;
    assert_eq!(names(&events), ["Message", "Error"]);
    let error = events[1].json();
    assert_eq!(
        (&error["error_code"], &error["error_message"]),
        (&json!(4013), &json!("broken"))
    );
    assert!(error["debug_url"].is_string());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_takes_too_long_fails() {
    let mut limits = Limits::default();
    limits.ping = std::time::Duration::ZERO;
    let yaml = "name: s\nnodes: [ { delay: { id: d, milliseconds: 600001 } } ]\nend: { text: x }";
    let service = limited(limits, yaml);
    let events = stream(&service, STREAM, json!({"workflow_id": "s"})).await;
    assert_eq!(names(&events), ["Error"]);
    assert!(
        events[0].data.contains("longer than 600 s"),
        "{}",
        events[0].data
    );
}

#[tokio::test]
async fn what_cannot_start_gets_an_envelope() {
    let service = builtins();
    for (body, code) in [
        (json!({"workflow_id": "greeting"}), 4000),
        (json!({"workflow_id": "nowhere"}), 4200),
        (
            json!({"workflow_id": "greeting", "workflow_version": "v9.9.9", "parameters": {"name": "A"}}),
            4200,
        ),
    ] {
        let response = post(&service, STREAM, body).await;
        assert_eq!(response.status, StatusCode::OK);
        assert!(
            response.headers["content-type"]
                .to_str()
                .unwrap()
                .starts_with("application/json")
        );
        assert_eq!(response.json()["code"], code);
    }
}

#[tokio::test(start_paused = true)]
async fn history_has_output_nodes_and_cuts_what_is_too_large() {
    let mut limits = Limits::default();
    limits.history_output = 10;
    let yaml = r#"
name: s
nodes:
  - output: { id: big, title: Big, content: "abcdefghijé", piece: 4, pause: 1000 }
  - loop: { id: l, over: 2, nodes: [ { output: { id: o, title: Round, content: "r{{ index }}" } } ] }
end: { variables: { n: "{{ l.items | length }}" } }
"#;
    let service = limited(limits, yaml);
    let started = post(
        &service,
        "/v1/workflow/run",
        json!({"workflow_id": "s", "is_async": true}),
    )
    .await
    .json();
    let path = format!(
        "/v1/workflows/s/run_histories/{}",
        started["execute_id"].as_str().unwrap()
    );

    support::pass(1_500).await;
    let row = get(&service, &path).await.json()["data"][0].clone();
    assert_eq!(row["output"], r#"{"Output":"null","Big":"abcd"}"#);
    let status = &row["node_execute_status"]["Big"];
    assert_eq!(status["is_finish"], false);
    let node = format!(
        "{path}/execute_nodes/{}",
        status["node_execute_uuid"].as_str().unwrap()
    );
    assert_eq!(
        get(&service, &node).await.json()["data"],
        json!({"is_finish": false, "node_output": "abcd"})
    );

    support::pass(10_000).await;
    let row = get(&service, &path).await.json()["data"][0].clone();
    assert_eq!(row["execute_status"], "Success");
    assert_eq!(row["is_output_trimmed"], true);
    let output: serde_json::Value = serde_json::from_str(row["output"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&output["Output"], &output["Big"]),
        (&json!(r#"{"n":2}"#), &json!("abcdefghij"))
    );
    let rounds = row["node_execute_status"].as_object().unwrap();
    let rounds: Vec<_> = rounds
        .values()
        .filter_map(|status| status["loop_index"].as_u64())
        .collect();
    assert_eq!(rounds, [0, 1]);
    assert_eq!(
        get(&service, &node).await.json()["data"],
        json!({"is_finish": true, "node_output": "abcdefghijé"})
    );

    support::pass(24 * 3_600_000).await;
    assert_eq!(get(&service, &node).await.json()["code"], 4314);
    assert_eq!(get(&service, &path).await.json()["code"], 0);
    support::pass(6 * 24 * 3_600_000).await;
    assert_eq!(get(&service, &path).await.json()["code"], 4314);
}
