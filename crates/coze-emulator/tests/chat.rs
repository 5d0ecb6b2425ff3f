//! Chatflows and conversations.

mod support;

use coze_emulator::EmulatorService;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use support::{Sse, get, names, post, send, stream, with};

const CHAT: &str = "/v1/workflows/chat";

const TALK: &str = r#"
name: talk
mode: chatflow
usage: { input: 1, output: 2 }
inputs: { tone: { type: string, default: kind } }
nodes:
  - output: { id: response, content: "{{ tone }}: {{ USER_INPUT }}", piece: 6 }
end: { text: "bye" }
"#;

const ASK: &str = r#"
name: ask
mode: chatflow
nodes:
  - question: { id: q, text: "Which city?" }
  - input_form: { id: f, fields: { days: { type: integer, required: true } } }
end: { text: "{{ q.answer }} for {{ f.days }} days" }
"#;

fn user(text: &str) -> Value {
    json!([{"role": "user", "content": text, "content_type": "text", "type": "question"}])
}

async fn chat(service: &EmulatorService, mut body: Value, text: &str) -> Vec<Sse> {
    body["additional_messages"] = user(text);
    stream(service, CHAT, body).await
}

#[tokio::test]
async fn a_chat_has_the_documented_order_and_no_ids() {
    let events = chat(
        &with(TALK),
        json!({"workflow_id": "talk", "app_id": "7", "parameters": {}}),
        "hello",
    )
    .await;
    assert!(events.iter().all(|event| event.id.is_none()));
    assert_eq!(
        names(&events),
        [
            "conversation.chat.created",
            "conversation.chat.in_progress",
            "conversation.message.delta",
            "conversation.message.delta",
            "conversation.message.completed",
            "conversation.message.delta",
            "conversation.message.completed",
            "conversation.message.completed",
            "conversation.chat.completed",
            "done",
        ]
    );
    let created = events[0].json();
    assert_eq!(
        (&created["status"], &created["last_error"]),
        (&json!("created"), &json!({"code": 0, "msg": ""}))
    );
    let whole = events[4].json();
    assert_eq!(
        (&whole["content"], &whole["type"], &whole["role"]),
        (&json!("kind: hello"), &json!("answer"), &json!("assistant"))
    );
    assert_eq!(events[2].json()["content"], "kind: ");
    assert_eq!(events[2].json()["id"], whole["id"]);
    assert_ne!(events[5].json()["id"], whole["id"]);
    assert_eq!(whole["chat_id"], created["id"]);
    let verbose = events[7].json();
    assert_eq!(verbose["type"], "verbose");
    let content: Value = serde_json::from_str(verbose["content"].as_str().unwrap()).unwrap();
    assert_eq!(content["msg_type"], "generate_answer_finish");
    assert_eq!(events[8].json()["usage"]["token_count"], 3);
    assert!(events[9].json()["debug_url"].is_string());
}

#[tokio::test]
async fn an_interrupted_chat_goes_on_with_the_next_message_of_its_conversation() {
    let service = with(ASK);
    let events = chat(&service, json!({"workflow_id": "ask"}), "plan").await;
    assert_eq!(
        names(&events)[2..],
        [
            "conversation.message.delta",
            "conversation.message.completed",
            "conversation.message.completed",
            "conversation.message.completed",
            "conversation.chat.requires_action",
            "done",
        ]
    );
    assert_eq!(events[3].json()["content"], "Which city?");
    assert!(
        events[4].json()["content"]
            .as_str()
            .unwrap()
            .contains("\"msg_type\":\"interrupt\"")
    );
    let conversation = events[0].json()["conversation_id"].clone();

    let events = chat(
        &service,
        json!({"workflow_id": "ask", "conversation_id": conversation}),
        "Lyon",
    )
    .await;
    assert_eq!(
        names(&events)[events.len() - 2],
        "conversation.chat.requires_action"
    );
    let events = chat(
        &service,
        json!({"workflow_id": "ask", "conversation_id": conversation}),
        "days: 3",
    )
    .await;
    assert_eq!(events[3].json()["content"], "Lyon for 3 days");
    let events = chat(
        &service,
        json!({"workflow_id": "ask", "conversation_id": conversation}),
        "again",
    )
    .await;
    assert_eq!(events[3].json()["content"], "Which city?");
}

#[tokio::test]
async fn a_failed_chat_ends_with_its_error() {
    let service = with(
        "name: f\nmode: chatflow\nnodes: [ { fail: { id: x, code: 4013, message: broken } } ]\nend: { text: x }",
    );
    let events = chat(&service, json!({"workflow_id": "f"}), "x").await;
    assert_eq!(names(&events)[2..], ["conversation.chat.failed"]);
    let chat = events[2].json();
    assert_eq!(
        (&chat["status"], &chat["last_error"]),
        (&json!("failed"), &json!({"code": 4013, "msg": "broken"}))
    );
}

#[tokio::test]
async fn requests_that_do_not_fit_are_refused() {
    let service = with(TALK);
    let many: Vec<_> = (0..51)
        .map(|_| json!({"role": "user", "content": "x"}))
        .collect();
    let cases = [
        (json!({"workflow_id": "talk"}), 4000),
        (
            json!({"workflow_id": "talk", "additional_messages": []}),
            4000,
        ),
        (
            json!({"workflow_id": "talk", "additional_messages": [{"role": "assistant", "content": "x"}]}),
            4000,
        ),
        (
            json!({"workflow_id": "talk", "additional_messages": many}),
            4004,
        ),
        (
            json!({"workflow_id": "talk", "additional_messages": [{"role": "user", "content": "x", "meta_data": {"": "x"}}]}),
            4003,
        ),
        (
            json!({"workflow_id": "talk", "additional_messages": user("x"), "bot_id": "1", "app_id": "2"}),
            4000,
        ),
        (
            json!({"workflow_id": "talk", "additional_messages": user("x"), "conversation_id": "12"}),
            4002,
        ),
        (
            json!({"workflow_id": "greeting", "additional_messages": user("x")}),
            4000,
        ),
        (
            json!({"workflow_id": "nowhere", "additional_messages": user("x")}),
            4200,
        ),
    ];
    for (body, code) in cases {
        assert_eq!(
            post(&service, CHAT, body.clone()).await.json()["code"],
            code,
            "{body}"
        );
    }
    let as_workflow = post(&service, "/v1/workflow/run", json!({"workflow_id": "talk"})).await;
    assert_eq!(as_workflow.json()["code"], 4000);
}

#[tokio::test]
async fn conversations_are_made_found_listed_cleared_and_deleted() {
    let service = with(TALK);
    let made = post(
        &service,
        "/v1/conversation/create",
        json!({"meta_data": {"k": "v"}}),
    )
    .await
    .json()["data"]
        .clone();
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["meta_data"], json!({"k": "v"}));
    assert_eq!(
        get(
            &service,
            &format!("/v1/conversation/retrieve?conversation_id={id}")
        )
        .await
        .json()["data"],
        made
    );
    let events = chat(
        &service,
        json!({"workflow_id": "talk", "conversation_id": id}),
        "x",
    )
    .await;
    assert_eq!(events[0].json()["section_id"], made["last_section_id"]);
    let named = json!({"workflow_id": "talk", "parameters": {"CONVERSATION_NAME": "mine"}});
    let first = chat(&service, named.clone(), "x").await[0].json()["conversation_id"].clone();
    assert_eq!(
        chat(&service, named, "x").await[0].json()["conversation_id"],
        first
    );
    let all = get(
        &service,
        "/v1/conversations?bot_id=1&page_num=1&page_size=50",
    )
    .await
    .json()["data"]
        .clone();
    assert_eq!(
        (
            all["conversations"].as_array().unwrap().len(),
            &all["has_more"]
        ),
        (2, &json!(false))
    );
    let cleared = post(
        &service,
        &format!("/v1/conversations/{id}/clear"),
        json!({}),
    )
    .await
    .json();
    assert_ne!(cleared["data"]["id"], made["last_section_id"]);
    let delete = || {
        Request::delete(format!("http://coze.test/v1/conversations/{id}"))
            .header("authorization", "Bearer t")
            .body(Full::default())
            .unwrap()
    };
    assert_eq!(send(&service, delete()).await.json()["code"], 0);
    assert_eq!(send(&service, delete()).await.json()["code"], 4002);
    let spaces = get(&service, "/v1/workspaces?page_num=1&page_size=20")
        .await
        .json();
    assert_eq!(spaces["data"]["workspaces"][0]["name"], "Emulator");
}
