//! Operations that have a model and no method of their own, called with `client.call`: what is sent, and
//! that the response of the page's example is read with everything it holds.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use coze_workflow::{
    Client, HttpStack, Request, json_reply,
    models::{
        CancelChat, ClearConversation, CreateMessage, DeleteConversation, DeleteMessage,
        EditConversation, EnterMessage, ListApps, ListBots, ListChatMessages, ListConversations,
        ListMessages, ListWorkspaceMembers, MessageContentType, MessageRole, ModifyMessage,
        Operation, ReadVariables, RetrieveBot, RetrieveChat, RetrieveConversation, RetrieveMessage,
        SortOrder, StartChat, StreamChat, UpdateVariables, VariableValue,
    },
};
use serde::Serialize;
use serde_json::{Map, Value};

/// The example of a page's response.
fn example(page: &str) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api");
    // The published crate is without the pages.
    let text = std::fs::read_to_string(root.join(page).with_extension("md")).ok()?;
    let (_, rest) = text.split_once("### Response `")?;
    let (_, rest) = rest.split_once("```json\n")?;
    Some(rest.split_once("\n```")?.0.to_owned())
}

/// Method, URI and body of a request.
fn told(request: &Request) -> String {
    let body = request.body().as_bytes().cloned().unwrap_or_default();
    let text = String::from_utf8_lossy(&body);
    format!("{} {} {text}", request.method(), request.uri())
}

/// A client that responds with `body`, and the request it sent.
fn client(body: String) -> (Client, Arc<Mutex<String>>) {
    let sent = Arc::new(Mutex::new(String::new()));
    let notes = Arc::clone(&sent);
    let stack = HttpStack::from_fn(move |request: Request| {
        *notes.lock().unwrap() = told(&request);
        let body = body.clone();
        async move { json_reply(body) }
    });
    (Client::new(stack), sent)
}

/// What of the example the reply has lost; numbers in strings and strings with numbers are the same.
fn lost(read: &Value, written: &Value, path: &str, out: &mut Vec<String>) {
    match (read, written) {
        (Value::Object(read), Value::Object(written)) => {
            for (key, value) in read {
                let found = written.get(key).unwrap_or(&Value::Null);
                lost(value, found, &format!("{path}.{key}"), out);
            }
        }
        (Value::Array(read), Value::Array(written)) if read.len() == written.len() => {
            for (read, written) in read.iter().zip(written) {
                lost(read, written, &format!("{path}[]"), out);
            }
        }
        (Value::Object(read), Value::Null) if read.is_empty() => {}
        (read, written) => {
            let text = |value: &Value| value.to_string().trim_matches('"').to_owned();
            let same = text(read) == text(written)
                || read.as_f64() == written.as_f64() && read.is_number();
            if !same {
                out.push(format!("{path}: {read} became {written}"));
            }
        }
    }
}

async fn check<O>(page: &str, operation: O, wire: &str)
where
    O: Operation + Send + Sync + 'static,
    O::Reply: Serialize + Send,
{
    let Some(body) = example(page) else {
        println!("skipped: the pages of the documentation are not here");
        return;
    };
    let (client, sent) = client(body.clone());
    let reply = client.call(operation).await.unwrap();
    assert_eq!(sent.lock().unwrap().trim_end(), wire, "{page}");
    let mut envelope: Map<String, Value> = serde_json::from_str(&body).unwrap();
    for key in ["code", "msg", "detail"] {
        envelope.remove(key);
    }
    let written = serde_json::to_value(reply.get_ref()).unwrap();
    let flat = O::META.reply == coze_workflow::models::ReplyShape::Flat;
    let read = match envelope.remove("data") {
        Some(data) if !flat => data,
        data => {
            envelope.extend(data.map(|data| ("data".to_owned(), data)));
            Value::Object(envelope)
        }
    };
    let mut wrong = Vec::new();
    lost(&read, &written, "$", &mut wrong);
    assert!(wrong.is_empty(), "{page}: {wrong:#?}");
}

fn message() -> EnterMessage {
    EnterMessage::new(MessageRole::User)
        .content("hi")
        .content_type(MessageContentType::Text)
}

#[tokio::test]
async fn conversations_and_their_messages() {
    check(
        "conversation/create-message",
        CreateMessage::new("7", MessageRole::User, "hi", MessageContentType::Text),
        r#"POST /v1/conversation/message/create?conversation_id=7 {"role":"user","content":"hi","content_type":"text"}"#,
    )
    .await;
    check(
        "conversation/list-messages",
        ListMessages::new("7").limit(2).chat_id("9"),
        r#"POST /v1/conversation/message/list?conversation_id=7 {"chat_id":"9","limit":2}"#,
    )
    .await;
    check(
        "conversation/retrieve-message",
        RetrieveMessage::new("7", "8"),
        "GET /v1/conversation/message/retrieve?conversation_id=7&message_id=8",
    )
    .await;
    check(
        "conversation/modify-message",
        ModifyMessage::new("7", "8").content("hi").content_type(MessageContentType::Text),
        r#"POST /v1/conversation/message/modify?conversation_id=7&message_id=8 {"content":"hi","content_type":"text"}"#,
    )
    .await;
    check(
        "conversation/delete-message",
        DeleteMessage::new("7", "8"),
        "POST /v1/conversation/message/delete?conversation_id=7&message_id=8",
    )
    .await;
    check(
        "conversation/list",
        ListConversations::new("5")
            .page_size(2)
            .sort_order(SortOrder::Asc),
        "GET /v1/conversations?bot_id=5&page_size=2&sort_order=ASC",
    )
    .await;
    check(
        "conversation/retrieve",
        RetrieveConversation::new("7"),
        "GET /v1/conversation/retrieve?conversation_id=7",
    )
    .await;
    check(
        "conversation/edit",
        EditConversation::new("7", "trip"),
        r#"PUT /v1/conversations/7 {"name":"trip"}"#,
    )
    .await;
    check(
        "conversation/clear",
        ClearConversation::new("7"),
        "POST /v1/conversations/7/clear",
    )
    .await;
    check(
        "conversation/delete",
        DeleteConversation::new("7"),
        "DELETE /v1/conversations/7",
    )
    .await;
}

#[tokio::test]
async fn chats() {
    check(
        "chat/start",
        StartChat::new("5", "u-17").conversation_id("7").additional_messages([message()]),
        r#"POST /v3/chat?conversation_id=7 {"bot_id":"5","user_id":"u-17","additional_messages":[{"role":"user","content":"hi","content_type":"text"}],"stream":false}"#,
    )
    .await;
    check(
        "chat/retrieve",
        RetrieveChat::new("7", "9"),
        "GET /v3/chat/retrieve?conversation_id=7&chat_id=9",
    )
    .await;
    check(
        "chat/list-messages",
        ListChatMessages::new("7", "9"),
        "GET /v3/chat/message/list?conversation_id=7&chat_id=9",
    )
    .await;
    check(
        "chat/cancel",
        CancelChat::new("9", "7"),
        r#"POST /v3/chat/cancel {"chat_id":"9","conversation_id":"7"}"#,
    )
    .await;
}

#[tokio::test]
async fn agents_apps_members_and_variables() {
    check(
        "bot/list",
        ListBots::new("3").page_num(2),
        "GET /v1/bots?workspace_id=3&page_num=2",
    )
    .await;
    check(
        "bot/retrieve",
        RetrieveBot::new("5").is_published(false),
        "GET /v1/bots/5?is_published=false",
    )
    .await;
    check(
        "app/list",
        ListApps::new("3"),
        "GET /v1/apps?workspace_id=3",
    )
    .await;
    check(
        "workspace/list-members",
        ListWorkspaceMembers::new("3"),
        "GET /v1/workspaces/3/members",
    )
    .await;
    check(
        "variable/read",
        ReadVariables::new("u-17").bot_id("5").keywords("name,age"),
        "GET /v1/variables?bot_id=5&connector_uid=u-17&keywords=name%2Cage",
    )
    .await;
    check(
        "variable/update",
        UpdateVariables::new("u-17", [VariableValue::new("name", "Ada")]).bot_id("5"),
        r#"PUT /v1/variables {"bot_id":"5","connector_uid":"u-17","data":[{"keyword":"name","value":"Ada"}]}"#,
    )
    .await;
}

#[tokio::test]
async fn a_chat_as_a_stream() {
    let sent = Arc::new(Mutex::new(String::new()));
    let notes = Arc::clone(&sent);
    let stack = HttpStack::from_fn(move |request: Request| {
        *notes.lock().unwrap() = told(&request);
        async move {
            let events = "event:conversation.message.completed\ndata:{\"type\":\"answer\",\"content\":\"hi\"}\n\n\
                          event:done\ndata:[DONE]\n\n";
            let response = http::Response::builder().header("content-type", "text/event-stream");
            response.body(coze_transport::ResponseBody::full(events.into()))
        }
    });
    let chat = StreamChat::new("5", "u-17").additional_messages([message()]);
    let mut stream = Client::new(stack).stream(chat).await.unwrap();
    let mut names = Vec::new();
    while let Some(event) = stream.try_next().await.unwrap() {
        names.push(
            format!("{event:?}")
                .split(['(', ' '])
                .next()
                .unwrap_or_default()
                .to_owned(),
        );
    }
    assert_eq!(names.len(), 2, "{names:?}");
    let sent = sent.lock().unwrap();
    assert!(
        sent.starts_with("POST /v3/chat {\"bot_id\":\"5\"") && sent.contains("\"stream\":true"),
        "{sent}"
    );
}
