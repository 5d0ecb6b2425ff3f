//! Conversations that chatflows write to, and the one workspace.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::{
    extract::{Path, Request},
    response::Response,
};
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    body,
    context::{Context, Members},
    failure::{self, Failure},
    query::{self, Pairs},
    start,
};

/// All conversations, by id.
#[derive(Debug, Default)]
pub(crate) struct Conversations(Mutex<IndexMap<String, Conversation>>);

/// One conversation.
#[derive(Clone, Debug, Default)]
pub(super) struct Conversation {
    /// Unix seconds.
    created: i64,
    /// Unix seconds of the last change.
    updated: i64,
    pub(super) section_id: String,
    name: Option<String>,
    meta_data: HashMap<String, String>,
    /// Execute id of a chat that waits for an answer.
    pub(super) waiting: Option<String>,
}

impl Conversations {
    pub(super) fn lock(&self) -> MutexGuard<'_, IndexMap<String, Conversation>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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
            waiting: None,
        };
        self.core
            .conversations
            .lock()
            .insert(id.clone(), conversation);
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
    context.reply(created(&context, request).await)
}

async fn created(context: &Context, request: Request) -> Result<Members, Failure> {
    let body = body::read(request).await?;
    let create: Create = if body.is_empty() {
        Create::default()
    } else {
        body::object(&body)?
    };
    let meta_data = create.meta_data.unwrap_or_default();
    if meta_data.len() > 16 {
        return Err(Failure::new(
            failure::META_DATA_EXCEEDS_LIMITS,
            "'meta_data' has more than 16 pairs",
        ));
    }
    let id = context.new_conversation(create.name, meta_data);
    found(context, &id)
}

/// `GET /v1/conversation/retrieve`.
pub(super) async fn retrieve(context: Context, query: Pairs) -> Response {
    context.reply(query::required(&query, "conversation_id").and_then(|id| found(&context, id)))
}

/// `GET /v1/conversations`.
pub(super) async fn list(context: Context, query: Pairs) -> Response {
    context.reply(listed(&context, &query))
}

fn listed(context: &Context, query: &Pairs) -> Result<Members, Failure> {
    let page = query::count(query, "page_num")?.unwrap_or(1);
    let size = query::count(query, "page_size")?.unwrap_or(50).min(50);
    let all = context.core.conversations.lock();
    let first = (page - 1).saturating_mul(size);
    let items: Vec<Value> = all
        .iter()
        .rev()
        .skip(first)
        .take(size)
        .map(|(id, conversation)| describe(id, conversation).into())
        .collect();
    let mut data = Map::new();
    data.insert("has_more".into(), (first + items.len() < all.len()).into());
    data.insert("conversations".into(), items.into());
    Ok(query::data(data))
}

/// `POST /v1/conversations/:conversation_id/clear`: a new section, so that what was said before no longer counts.
pub(super) async fn clear(context: Context, Path(id): Path<String>) -> Response {
    let section_id = context.core.ids.number();
    let cleared = match context.core.conversations.lock().get_mut(&id) {
        Some(conversation) => {
            conversation.section_id.clone_from(&section_id);
            conversation.updated = context.core.clock.seconds();
            conversation.waiting = None;
            let mut data = Map::new();
            data.insert("id".into(), section_id.into());
            data.insert("conversation_id".into(), id.into());
            Ok(query::data(data))
        }
        None => Err(unknown(&id)),
    };
    context.reply(cleared)
}

/// `DELETE /v1/conversations/:conversation_id`.
pub(super) async fn delete(context: Context, Path(id): Path<String>) -> Response {
    let removed = context.core.conversations.lock().shift_remove(&id);
    context.reply(removed.map(|_| Members::new()).ok_or_else(|| unknown(&id)))
}

fn found(context: &Context, id: &str) -> Result<Members, Failure> {
    let all = context.core.conversations.lock();
    let conversation = all.get(id).ok_or_else(|| unknown(id))?;
    Ok(query::data(describe(id, conversation)))
}

pub(super) fn unknown(id: &str) -> Failure {
    Failure::new(
        failure::CONVERSATION_NOT_FOUND,
        format!("conversation '{id}' does not exist"),
    )
}

fn describe(id: &str, conversation: &Conversation) -> Map<String, Value> {
    let mut described = Map::new();
    described.insert("id".into(), id.into());
    described.insert("created_at".into(), conversation.created.into());
    described.insert("meta_data".into(), json!(conversation.meta_data));
    described.insert(
        "last_section_id".into(),
        conversation.section_id.as_str().into(),
    );
    let name = conversation.name.as_deref().unwrap_or_default();
    described.insert("name".into(), name.into());
    described.insert("updated_at".into(), conversation.updated.into());
    described.insert("creator_id".into(), crate::USER_ID.into());
    described.insert("connector_id".into(), start::API_CHANNEL.into());
    described
}

/// `GET /v1/workspaces`.
pub(super) async fn workspaces(context: Context, query: Pairs) -> Response {
    let data = query::count(&query, "page_num").map(|page| {
        let workspace = json!({
            "id": crate::SPACE_ID,
            "name": "Emulator",
            "icon_url": "",
            "role_type": "owner",
            "workspace_type": "personal",
            "enterprise_id": "",
            "joined_status": "joined",
            "owner_uid": crate::USER_ID,
            "admin_uids": [crate::USER_ID],
            "description": "Holds every workflow of the emulator",
        });
        let first_page = page.unwrap_or(1) == 1;
        let mut data = Map::new();
        data.insert("total_count".into(), 1.into());
        data.insert(
            "workspaces".into(),
            if first_page {
                json!([workspace])
            } else {
                json!([])
            },
        );
        query::data(data)
    });
    context.reply(data)
}
