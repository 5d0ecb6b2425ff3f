//! Conversations that chatflows write to.

use std::collections::HashMap;

use axum::{
    extract::{Path, Request},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::chat::check_meta_data;
use crate::{
    ids::{API_CHANNEL, USER_ID},
    render::{Members, data},
    request::{
        Context, Kind, Problem, body,
        query::{self, Pairs},
        required,
    },
    store::Conversation,
};

#[derive(Debug, Default, Deserialize)]
struct Create {
    name: Option<String>,
    meta_data: Option<HashMap<String, String>>,
}

impl Context {
    /// Makes a conversation and gives its id.
    pub(super) fn new_conversation(
        &self,
        name: Option<String>,
        meta_data: HashMap<String, String>,
    ) -> String {
        let id = self.core.ids.number();
        let now = self.core.clock.seconds();
        let conversation = Conversation {
            created: now,
            updated: now,
            section_id: id.clone(),
            name,
            meta_data,
            ..Conversation::default()
        };
        self.core.conversations.add(id.clone(), conversation);
        id
    }

    /// The conversation of a name; made when it is new.
    pub(super) fn named_conversation(&self, name: &str) -> String {
        self.by_name(name)
            .unwrap_or_else(|| self.new_conversation(Some(name.to_owned()), HashMap::new()))
    }

    pub(super) fn has_conversation(&self, name: &str) -> bool {
        self.by_name(name).is_some()
    }

    fn by_name(&self, name: &str) -> Option<String> {
        let all = self.core.conversations.lock();
        all.iter()
            .find(|(_, conversation)| conversation.name.as_deref() == Some(name))
            .map(|(id, _)| id.clone())
    }
}

/// `POST /v1/conversation/create`.
pub(super) async fn create(context: Context, request: Request) -> Response {
    context.respond(created(&context, request).await)
}

async fn created(context: &Context, request: Request) -> Result<Members, Problem> {
    let create: Create = body::object_or_nothing(request).await?;
    let meta_data = create.meta_data.unwrap_or_default();
    check_meta_data(&meta_data)?;
    let id = context.new_conversation(create.name, meta_data);
    found(context, &id)
}

/// `GET /v1/conversation/retrieve`.
pub(super) async fn retrieve(context: Context, query: Pairs) -> Response {
    context.respond(query::required(&query, "conversation_id").and_then(|id| found(&context, id)))
}

/// `GET /v1/conversations`.
pub(super) async fn list(context: Context, query: Pairs) -> Response {
    context.respond(listed(&context, &query))
}

fn listed(context: &Context, query: &Pairs) -> Result<Members, Problem> {
    let page = query::count(query, "page_num")?.unwrap_or(1);
    let size = query::count(query, "page_size")?.unwrap_or(50).min(50);
    let all = context.core.conversations.lock();
    let first = (page - 1).saturating_mul(size);
    let items: Vec<Value> = all
        .iter()
        .rev()
        .skip(first)
        .take(size)
        .map(|(id, conversation)| describe(id, conversation))
        .collect();
    let has_more = first + items.len() < all.len();
    Ok(data(
        json!({ "has_more": has_more, "conversations": items }),
    ))
}

/// `POST /v1/conversations/:conversation_id/clear`: a new section, so that what was said before no longer counts.
pub(super) async fn clear(context: Context, Path(id): Path<String>) -> Response {
    let section_id = context.core.ids.number();
    let cleared = match context.core.conversations.lock().get_mut(&id) {
        Some(conversation) => {
            conversation.section_id.clone_from(&section_id);
            conversation.updated = context.core.clock.seconds();
            conversation.waiting = None;
            Ok(data(json!({ "id": section_id, "conversation_id": id })))
        }
        None => Err(unknown(&id)),
    };
    context.respond(cleared)
}

/// `PUT /v1/conversations/:conversation_id`.
pub(super) async fn edit(context: Context, Path(id): Path<String>, request: Request) -> Response {
    context.respond(renamed(&context, &id, request).await)
}

async fn renamed(context: &Context, id: &str, request: Request) -> Result<Members, Problem> {
    let edit: Create = body::object(request).await?;
    let name = required("name", edit.name.as_deref())?;
    if name.chars().count() > 100 {
        return Err(Problem::value("'name' has more than 100 characters"));
    }
    if let Some(conversation) = context.core.conversations.lock().get_mut(id) {
        conversation.name = Some(name.to_owned());
        conversation.updated = context.core.clock.seconds();
    }
    found(context, id)
}

/// `DELETE /v1/conversations/:conversation_id`.
pub(super) async fn delete(context: Context, Path(id): Path<String>) -> Response {
    let removed = context.core.conversations.lock().shift_remove(&id);
    context.respond(removed.map(|_| Members::new()).ok_or_else(|| unknown(&id)))
}

fn found(context: &Context, id: &str) -> Result<Members, Problem> {
    let all = context.core.conversations.lock();
    let conversation = all.get(id).ok_or_else(|| unknown(id))?;
    Ok(data(describe(id, conversation)))
}

pub(super) fn unknown(id: &str) -> Problem {
    let message = format!("conversation '{id}' does not exist");
    Problem::new(Kind::UnknownConversation, message)
}

fn describe(id: &str, conversation: &Conversation) -> Value {
    json!({
        "id": id,
        "created_at": conversation.created,
        "meta_data": conversation.meta_data,
        "last_section_id": conversation.section_id,
        "name": conversation.name.as_deref().unwrap_or_default(),
        "updated_at": conversation.updated,
        "creator_id": USER_ID,
        "connector_id": API_CHANNEL,
    })
}
