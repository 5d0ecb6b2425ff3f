//! Chatflows and uploads of the self-hosted server.

mod support;

use coze_emulator::{Definition, Dialect, Emulator, EmulatorService};
use http::{Request, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use support::{Response, Sse, events, get, names, post, send};

const CHAT: &str = "/v1/workflows/chat";

const TALK: &str = r#"
id: "81"
name: talk
mode: chatflow
usage: { input: 1, output: 2 }
nodes:
  - output: { id: long, content: "you said {{ USER_INPUT }}", piece: 9 }
  - output: { id: short, content: "ok", piece: 9 }
end: { variables: { done: true } }
"#;

const ASK: &str = r#"
id: "82"
name: ask
mode: chatflow
nodes:
  - question: { id: q, text: "Which city?" }
  - question: { id: o, text: "Which way?", options: [ by train, by boat ] }
  - input_form: { id: f, fields: { days: { type: integer, required: true } } }
end: { text: "{{ q.answer }} {{ o.option_id }} for {{ f.days }} days", streaming: false }
"#;

const BROKEN: &str = "id: \"83\"\nname: broken\nmode: chatflow\nnodes: [ { fail: { id: f, message: no } } ]\nend: { text: x }";

const TOLD: &str = r#"
id: "85"
name: told
nodes: [ { output: { id: long, content: "one two", piece: 4 } }, { output: { id: short, content: ok } } ]
end: { text: x }
"#;

fn studio() -> EmulatorService {
    [TALK, ASK, BROKEN, TOLD]
        .into_iter()
        .fold(Emulator::builder(), |builder, yaml| {
            builder.workflow(Definition::from_yaml(yaml).unwrap())
        })
        .dialect(Dialect::Studio)
        .build()
        .unwrap()
        .service()
}

fn said(workflow: &str, text: &str) -> Value {
    json!({
        "workflow_id": workflow,
        "parameters": { "CONVERSATION_NAME": "trip" },
        "additional_messages": [{ "role": "user", "content": text, "content_type": "text" }],
    })
}

async fn chat(service: &EmulatorService, workflow: &str, text: &str) -> Vec<Sse> {
    let response = post(service, CHAT, said(workflow, text)).await;
    assert_eq!(
        response.headers["content-type"],
        "text/event-stream; charset=utf-8"
    );
    let events = events(&response.text());
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event.id, Some((index + 1).to_string()));
    }
    events
}

#[tokio::test]
async fn a_chat_counts_from_one_and_completes_what_came_in_pieces() {
    let events = chat(&studio(), "81", "hello").await;
    assert_eq!(
        names(&events),
        [
            "conversation.chat.created",
            "conversation.chat.in_progress",
            "conversation.message.delta",
            "conversation.message.delta",
            "conversation.message.completed",
            // A single piece of a node that streams is never completed.
            "conversation.message.delta",
            "conversation.message.delta",
            "conversation.message.completed",
            "conversation.chat.completed",
            "done",
        ]
    );
    let created = events[0].json();
    let keys: Vec<_> = created.as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        [
            "id",
            "conversation_id",
            "bot_id",
            "status",
            "execute_id",
            "section_id"
        ]
    );
    assert_eq!(events[4].json()["content"], "you said hello");
    assert_eq!(events[4].json()["chat_id"], created["id"]);
    assert_eq!(events[7].json()["content"], r#"{"done":true}"#);
    assert_eq!(
        events[8].json()["usage"],
        json!({"token_count": 4, "output_count": 2, "input_count": 1})
    );
    let url = events[9].json()["debug_url"].clone();
    assert!(url.as_str().unwrap().contains("execute_mode=2"), "{url}");
}

#[tokio::test]
async fn an_interrupt_is_text_or_a_card_and_the_next_message_answers_it() {
    let service = studio();
    let asked = chat(&service, "82", "plan").await;
    let stopped = ["conversation.chat.requires_action", "done"];
    assert_eq!(
        names(&asked)[2..4],
        [
            "conversation.message.delta",
            "conversation.message.completed"
        ]
    );
    assert_eq!(names(&asked)[4..], stopped);
    assert_eq!(asked[3].json()["content"], "Which city?");
    assert_eq!(asked[4].json()["status"], "requires_action");

    let options = chat(&service, "82", "Lyon").await;
    assert_eq!(names(&options)[2], "conversation.message.completed");
    assert_eq!(names(&options)[3..], stopped);
    assert_eq!(options[2].json()["content_type"], "card");
    let info = |event: &Sse| -> Value {
        let card: Value = serde_json::from_str(event.json()["content"].as_str().unwrap()).unwrap();
        let info = card["x_properties"]["workflow_card_info"].as_str().unwrap();
        serde_json::from_str(info).unwrap()
    };
    assert_eq!(
        info(&options[2]),
        json!({"card_type": "QUESTION", "question_card_data":
            {"Title": "Which way?", "Options": [{"name": "by train"}, {"name": "by boat"}]}})
    );

    let form = chat(&service, "82", "by boat").await;
    assert_eq!(
        info(&form[2]),
        json!({"card_type": "INPUT", "input_card_data":
            [{"type": "integer", "name": "days", "required": true}]})
    );

    // Lines of names and values, as people type them.
    let done = chat(&service, "82", "days: 3").await;
    let whole = done
        .iter()
        .find(|event| event.event == "conversation.message.completed");
    assert_eq!(whole.unwrap().json()["content"], "Lyon B for 3 days");
    assert_eq!(names(&done).last(), Some(&"done"));
}

#[tokio::test]
async fn a_failed_chat_ends_with_an_error_alone() {
    let events = chat(&studio(), "83", "hi").await;
    assert_eq!(names(&events)[2..], ["error"]);
    let error = events[2].json();
    assert_eq!(
        (&error["code"], &error["msg"]),
        (&json!("720701013"), &json!("no"))
    );
    assert!(error["debug_url"].is_string());
}

#[tokio::test]
async fn chats_that_do_not_fit_are_refused_with_an_envelope() {
    let service = studio();
    let with = |changes: Value| {
        let mut body = said("81", "hi");
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let cases = [
        (with(json!({"additional_messages": []})), 777_777_780),
        (with(json!({"parameters": {}})), 777_777_780),
        (with(json!({"workflow_id": "talk"})), 777_777_780),
        (
            with(json!({"workflow_id": "7400000000000000101"})),
            777_777_780,
        ),
        (with(json!({"workflow_id": "84"})), 720_702_004),
        (with(json!({"conversation_id": "x"})), 777_777_780),
        (with(json!({"conversation_id": "5"})), 777_777_762),
        (with(json!({"bot_id": "1", "app_id": "2"})), 777_777_780),
        (
            with(json!({"additional_messages": [{"role": "user", "content": "no type"}]})),
            777_777_780,
        ),
        (
            with(
                json!({"additional_messages": [{"role": "assistant", "content": "x", "content_type": "text"}]}),
            ),
            777_777_780,
        ),
    ];
    for (body, code) in cases {
        let response = post(&service, CHAT, body.clone()).await;
        assert_eq!(response.status, StatusCode::OK);
        assert_eq!(response.json()["code"], code, "{body}");
    }
}

async fn upload(service: &EmulatorService, parts: &[&str]) -> Response {
    let part = |name: &&str| {
        format!(
            "--b\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"a.txt\"\r\n\r\nhello\r\n"
        )
    };
    let form: String = parts.iter().map(part).collect();
    let request = Request::post("http://coze.test/v1/files/upload")
        .header("authorization", "Bearer t")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(Full::from(form + "--b--\r\n"))
        .unwrap();
    send(service, request).await
}

#[tokio::test]
async fn an_uploaded_file_has_an_address_that_messages_can_name() {
    let service = studio();
    let body = upload(&service, &["file"]).await.json();
    let id = body["data"]["id"].as_str().unwrap();
    let url = format!("http://coze.test/uploaded/{id}");
    assert_eq!(
        (&body["code"], &body["BaseResp"]),
        (&json!(0), &Value::Null)
    );
    assert_eq!(body["data"]["url"], url);
    assert_eq!(body["data"]["bytes"], 5);
    assert!(body["data"]["CreatedAt"].is_i64());
    assert_eq!(body["data"]["uri"], format!("bot_files/{id}/a.txt"));
    assert_eq!(
        get(&service, &format!("/uploaded/{id}")).await.text(),
        "hello"
    );

    let parts = json!([{"type": "text", "text": "look"}, {"type": "file", "file_id": id}]);
    let mut body = said("81", &parts.to_string());
    body["additional_messages"][0]["content_type"] = "object_string".into();
    let said = events(&post(&service, CHAT, body).await.text());
    let whole = said
        .iter()
        .find(|event| event.event == "conversation.message.completed");
    assert_eq!(
        whole.unwrap().json()["content"],
        format!("you said look{url}")
    );
}

#[tokio::test]
async fn uploads_without_one_file_are_refused() {
    let service = studio();
    for (parts, code) in [
        (&["Data"][..], 104_000_006),
        (&["file", "file"], 104_000_007),
    ] {
        let response = upload(&service, parts).await;
        assert_eq!(
            (response.status, &response.json()["code"]),
            (StatusCode::OK, &json!(code))
        );
    }
    let text = post(&service, "/v1/files/upload", json!({})).await.json();
    assert_eq!(text["code"], 104_000_003);
    // There is nothing to ask for a file with.
    let response = get(&service, "/v1/files/retrieve?file_id=1").await;
    assert_eq!(response.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_description_is_the_role_of_a_chatflow() {
    let service = studio();
    let body = get(&service, "/v1/workflows/81").await.json();
    assert_eq!(body, json!({"BaseResp": null}));
    let greeting = get(&service, "/v1/workflows/7400000000000000101")
        .await
        .json();
    assert_eq!(greeting["code"], 777_777_780);
    for path in ["/v1/workflows/talk", "/v1/workflows/chat"] {
        assert_eq!(
            get(&service, path).await.status,
            StatusCode::UNAUTHORIZED,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_single_piece_of_a_stream_is_never_marked_as_the_last() {
    let service = studio();
    let body = json!({"workflow_id": "85"});
    let events = support::stream(&service, "/v1/workflow/stream_run", body).await;
    let finished: Vec<_> = events
        .iter()
        .filter(|event| event.event == "Message")
        .map(|event| event.json()["node_is_finish"].as_bool().unwrap())
        .collect();
    // Two pieces of the one, the lone piece of the other, and an end that does not stream.
    assert_eq!(finished, [false, true, false, true]);
}
