//! The messages of a conversation.

use std::collections::HashMap;

use axum::{extract::Request, response::Response};
use coze_models::codes::NOT_FOUND;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{chat::check_meta_data, conversations};
use crate::{
    render::{Members, data},
    request::{
        Context, Problem, body,
        query::{self, Pairs},
        required,
    },
    store::{Conversation, Message},
};

/// Most messages of one page.
const LARGEST_PAGE: usize = 50;

#[derive(Debug, Deserialize)]
struct Create {
    role: Option<String>,
    content: Option<String>,
    content_type: Option<String>,
    meta_data: Option<HashMap<String, String>>,
}

#[derive(Debug, Default, Deserialize)]
struct Listing {
    order: Option<String>,
    chat_id: Option<String>,
    before_id: Option<String>,
    after_id: Option<String>,
    limit: Option<usize>,
}

/// `POST /v1/conversation/message/create`.
pub(super) async fn create(context: Context, query: Pairs, request: Request) -> Response {
    context.respond(created(&context, &query, request).await)
}

async fn created(context: &Context, query: &Pairs, request: Request) -> Result<Members, Problem> {
    let create: Create = body::object(request).await?;
    let (role, kind) = match required("role", create.role.as_deref())? {
        "user" => ("user", "question"),
        "assistant" => ("assistant", "answer"),
        other => {
            let message = format!("'role' must be user or assistant, but is '{other}'");
            return Err(Problem::value(message));
        }
    };
    let content = required("content", create.content.as_deref())?.to_owned();
    let content_type = content_type(create.content_type.as_deref())?;
    let meta_data = create.meta_data.unwrap_or_default();
    check_meta_data(&meta_data)?;
    let now = context.core.clock.seconds();
    let id = context.core.ids.number();
    in_conversation(context, query, |conversation_id, conversation| {
        let message = Message {
            id,
            role: role.into(),
            kind: kind.into(),
            content,
            content_type,
            meta_data,
            created: now,
            updated: now,
            chat_id: String::new(),
            section_id: conversation.section_id.clone(),
        };
        let described = describe(&message, conversation_id, conversation);
        conversation.messages.add(message);
        Ok(data(described))
    })
}

/// `GET /v1/conversation/message/retrieve`.
pub(super) async fn retrieve(context: Context, query: Pairs) -> Response {
    context.respond(in_conversation(&context, &query, |id, conversation| {
        let message = named(&query, conversation)?;
        Ok(data(describe(&message, id, conversation)))
    }))
}

/// `POST /v1/conversation/message/modify`.
pub(super) async fn modify(context: Context, query: Pairs, request: Request) -> Response {
    context.respond(modified(&context, &query, request).await)
}

async fn modified(context: &Context, query: &Pairs, request: Request) -> Result<Members, Problem> {
    let change: Create = body::object(request).await?;
    if change.content.is_none() && change.meta_data.is_none() {
        return Err(Problem::value(
            "one of 'content' and 'meta_data' must be set",
        ));
    }
    let kind = match &change.content {
        Some(_) => Some(content_type(change.content_type.as_deref())?),
        None => None,
    };
    check_meta_data(change.meta_data.as_ref().unwrap_or(&HashMap::new()))?;
    let now = context.core.clock.seconds();
    in_conversation(context, query, |conversation_id, conversation| {
        let id = named(query, conversation)?.id;
        if let Some(message) = conversation.messages.get_mut(&id) {
            if let (Some(content), Some(kind)) = (change.content, kind) {
                message.content = content;
                message.content_type = kind;
            }
            if let Some(meta_data) = change.meta_data {
                message.meta_data = meta_data;
            }
            message.updated = now;
        }
        let message = describe(&named(query, conversation)?, conversation_id, conversation);
        Ok(Members::from_iter([("message".to_owned(), message)]))
    })
}

/// `POST /v1/conversation/message/delete`.
pub(super) async fn delete(context: Context, query: Pairs) -> Response {
    context.respond(in_conversation(&context, &query, |id, conversation| {
        let message = named(&query, conversation)?;
        conversation.messages.remove(&message.id);
        Ok(data(describe(&message, id, conversation)))
    }))
}

/// `POST /v1/conversation/message/list`.
pub(super) async fn list(context: Context, query: Pairs, request: Request) -> Response {
    context.respond(listed(&context, &query, request).await)
}

async fn listed(context: &Context, query: &Pairs, request: Request) -> Result<Members, Problem> {
    let listing: Listing = body::object_or_nothing(request).await?;
    let limit = listing.limit.unwrap_or(LARGEST_PAGE);
    if !(1..=LARGEST_PAGE).contains(&limit) {
        let message = format!("'limit' must be from 1 to {LARGEST_PAGE}, but is {limit}");
        return Err(Problem::value(message));
    }
    let ascending = match listing.order.as_deref() {
        None | Some("" | "desc") => false,
        Some("asc") => true,
        Some(other) => {
            let message = format!("'order' must be asc or desc, but is '{other}'");
            return Err(Problem::value(message));
        }
    };
    let set = |id: Option<String>| id.filter(|id| !id.is_empty() && id != "0");
    let (before, after) = (set(listing.before_id), set(listing.after_id));
    let chat_id = listing.chat_id.filter(|id| !id.is_empty());
    in_conversation(context, query, |conversation_id, conversation| {
        let of_chat = |message: &&Message| {
            let wanted = chat_id.as_ref();
            wanted.is_none_or(|chat_id| *chat_id == message.chat_id)
        };
        let all = conversation.messages.all().iter().filter(of_chat);
        let mut all: Vec<&Message> = all.collect();
        if !ascending {
            all.reverse();
        }
        let position = |id: &str| all.iter().position(|message| message.id == id);
        let first = after.and_then(|id| position(&id)).map_or(0, |at| at + 1);
        let end = before.as_deref().and_then(position).unwrap_or(all.len());
        let between = all.get(first..end).unwrap_or_default();
        // A page that ends at a message holds those right before it.
        let page = if before.is_some() {
            &between[between.len().saturating_sub(limit)..]
        } else {
            &between[..between.len().min(limit)]
        };
        let id = |message: Option<&&Message>| message.map(|message| message.id.clone());
        let items = page
            .iter()
            .map(|message| describe(message, conversation_id, conversation));
        let mut members = data(items.collect::<Vec<_>>());
        members.insert("has_more".into(), (page.len() < between.len()).into());
        members.insert(
            "first_id".into(),
            id(page.first()).unwrap_or_default().into(),
        );
        members.insert("last_id".into(), id(page.last()).unwrap_or_default().into());
        Ok(members)
    })
}

/// Works on the conversation that the query names.
fn in_conversation(
    context: &Context,
    query: &Pairs,
    work: impl FnOnce(&str, &mut Conversation) -> Result<Members, Problem>,
) -> Result<Members, Problem> {
    let id = query::required(query, "conversation_id")?;
    let mut all = context.core.conversations.lock();
    let conversation = all.get_mut(id).ok_or_else(|| conversations::unknown(id))?;
    work(id, conversation)
}

/// The message that the query names.
fn named(query: &Pairs, conversation: &Conversation) -> Result<Message, Problem> {
    let id = query::required(query, "message_id")?;
    let mut messages = conversation.messages.all().iter();
    let found = messages.find(|message| message.id == id).cloned();
    found.ok_or_else(|| Problem::code(NOT_FOUND, format!("message '{id}' does not exist")))
}

fn content_type(kind: Option<&str>) -> Result<String, Problem> {
    match required("content_type", kind)? {
        kind @ ("text" | "object_string") => Ok(kind.to_owned()),
        other => Err(Problem::value(format!(
            "'content_type' must be text or object_string, but is '{other}'"
        ))),
    }
}

/// A message with the caller's own data. Both times are numbers, as the pages declare them and an official SDK needs them,
/// although an example has one as a text.
fn describe(message: &Message, conversation_id: &str, conversation: &Conversation) -> Value {
    let mut described = in_chat(message, conversation_id, conversation);
    described["meta_data"] = json!(message.meta_data);
    described
}

/// A message as the list of a chat shows it.
pub(super) fn in_chat(
    message: &Message,
    conversation_id: &str,
    conversation: &Conversation,
) -> Value {
    let chat = conversation.chats.get(&message.chat_id);
    json!({
        "id": message.id,
        "conversation_id": conversation_id,
        "bot_id": chat.map(|chat| chat.bot_id.as_str()).unwrap_or_default(),
        "chat_id": message.chat_id,
        "section_id": message.section_id,
        "role": message.role,
        "type": message.kind,
        "content": message.content,
        "content_type": message.content_type,
        "created_at": message.created,
        "updated_at": message.updated,
    })
}
