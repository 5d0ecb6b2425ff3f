//! Responses about conversations, their messages, and agents.

use coze_emulator::EmulatorService;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::support::{get, pass, post, send, with};

const AGENT: &str = "name: agent\nmode: chatflow\napp_id: \"7439\"\nbot_id: \"9\"\nnodes:\n  - delay: { id: d, milliseconds: 100 }\n  - llm: { id: m, prompt: x, returns: Hello }\nend: { text: \"{{ m.output }}\" }";

/// Responses by the name of the example.
pub(crate) async fn all() -> Vec<(String, Value)> {
    let service = with(AGENT);
    let made = json!({"name": "travel plans", "meta_data": {"uuid": "newid1234"}});
    let made = post(&service, "/v1/conversation/create", made).await.json();
    let id = made["data"]["id"].as_str().unwrap();
    let mut responses = lists(&service).await;
    responses.extend(messages(&service, id).await);
    responses.extend(chats(&service, id).await);
    responses.extend(conversation(&service, id).await);
    let named = responses.into_iter();
    named
        .map(|(page, response)| (format!("{page} Response usual"), response))
        .collect()
}

type Responses = Vec<(&'static str, Value)>;

async fn lists(service: &EmulatorService) -> Responses {
    let variable =
        json!({"bot_id": "9", "connector_uid": "u", "data": [{"keyword": "k", "value": "v"}]});
    let updated = call(service, "PUT", "/v1/variables", variable).await;
    let mut responses = vec![("variable/update", updated)];
    for (page, path) in [
        ("conversation/list", "/v1/conversations?bot_id=1"),
        ("workspace/list-members", "/v1/workspaces/7/members"),
        ("bot/list", "/v1/bots?workspace_id=7"),
        ("app/list", "/v1/apps?workspace_id=7"),
        ("variable/read", "/v1/variables?bot_id=9&connector_uid=u"),
    ] {
        responses.push((page, get(service, path).await.json()));
    }
    responses
}

async fn call(service: &EmulatorService, method: &str, path: &str, body: Value) -> Value {
    let request = Request::builder()
        .method(method)
        .uri(format!("http://coze.test{path}"))
        .header("authorization", "Bearer t")
        .body(Full::from(body.to_string()))
        .unwrap();
    send(service, request).await.json()
}

async fn messages(service: &EmulatorService, conversation: &str) -> Responses {
    let path = |what: &str, message: &str| {
        format!(
            "/v1/conversation/message/{what}?conversation_id={conversation}&message_id={message}"
        )
    };
    let text = json!({"role": "user", "content": "good morning", "content_type": "text"});
    let made = post(service, &path("create", ""), text.clone())
        .await
        .json();
    let id = made["data"]["id"].as_str().unwrap().to_owned();
    vec![
        ("conversation/create-message", made),
        (
            "conversation/list-messages",
            post(service, &path("list", ""), json!({})).await.json(),
        ),
        (
            "conversation/retrieve-message",
            get(service, &path("retrieve", &id)).await.json(),
        ),
        (
            "conversation/modify-message",
            post(service, &path("modify", &id), text).await.json(),
        ),
        (
            "conversation/delete-message",
            post(service, &path("delete", &id), json!({})).await.json(),
        ),
    ]
}

async fn chats(service: &EmulatorService, conversation: &str) -> Responses {
    let start = async || {
        let message = json!([{"role": "user", "content": "hi", "content_type": "text"}]);
        let body = json!({"bot_id": "9", "user_id": "u", "additional_messages": message});
        let path = format!("/v3/chat?conversation_id={conversation}");
        let chat = post(service, &path, body).await.json();
        let id = chat["data"]["id"].as_str().unwrap().to_owned();
        (chat, id)
    };
    let (started, id) = start().await;
    pass(200).await;
    let query = format!("conversation_id={conversation}&chat_id={id}");
    let read = get(service, &format!("/v3/chat/retrieve?{query}")).await;
    let said = get(service, &format!("/v3/chat/message/list?{query}")).await;
    let (_, id) = start().await;
    let cancel = json!({"conversation_id": conversation, "chat_id": id});
    let cancelled = post(service, "/v3/chat/cancel", cancel).await;
    vec![
        ("chat/start", started),
        ("chat/retrieve", read.json()),
        ("chat/list-messages", said.json()),
        ("chat/cancel", cancelled.json()),
    ]
}

async fn conversation(service: &EmulatorService, id: &str) -> Responses {
    let path = format!("/v1/conversations/{id}");
    let retrieve = format!("/v1/conversation/retrieve?conversation_id={id}");
    vec![
        (
            "conversation/retrieve",
            get(service, &retrieve).await.json(),
        ),
        (
            "conversation/edit",
            call(service, "PUT", &path, json!({"name": "travel plans"})).await,
        ),
        (
            "conversation/clear",
            post(service, &format!("{path}/clear"), json!({}))
                .await
                .json(),
        ),
        (
            "conversation/delete",
            call(service, "DELETE", &path, json!({})).await,
        ),
    ]
}
