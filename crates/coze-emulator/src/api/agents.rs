//! Agents and apps: each chatflow is an agent, and an app is known by the workflows that name it.

use std::collections::HashSet;

use axum::{extract::Path, response::Response};
use coze_models::codes::NOT_FOUND;
use serde_json::{Value, json};

use crate::{
    definition::Definition,
    ids::USER_ID,
    render::{Members, data},
    request::{
        Context, Problem,
        query::{self, Pairs},
    },
};

/// Entries of a page unless the query says more; the pages of these lists name no bound.
const PAGE: usize = 20;

impl Context {
    /// The chatflow behind an agent: the one that names it, else the one with this id or name.
    pub(super) fn agent(&self, bot_id: &str) -> Result<&Definition, Problem> {
        let all = self.core.workflows.all().iter();
        let mut chatflows = all.filter(|workflow| workflow.is_chatflow());
        let found = chatflows.find(|workflow| workflow.bot_id() == bot_id);
        let found = found.or_else(|| {
            let workflow = self.core.workflows.get(bot_id);
            workflow.filter(|workflow| workflow.is_chatflow())
        });
        let workflow = found.ok_or_else(|| {
            Problem::code(
                NOT_FOUND,
                format!("agent '{bot_id}' does not exist; the agents are the chatflows and what they name as 'bot_id'"),
            )
        })?;
        self.published(workflow.id())
    }
}

/// `GET /v1/bots`.
pub(super) async fn bots(context: Context, query: Pairs) -> Response {
    let all = context.core.workflows.all().iter();
    let chatflows = all.filter(|workflow| workflow.is_chatflow());
    let found =
        chatflows.map(|workflow| summary(&context, workflow.bot_id(), workflow.name(), workflow));
    context.respond(page(&query, found.collect()))
}

/// `GET /v1/space/published_bots_list`, the older form of the list.
pub(super) async fn published(context: Context, query: Pairs) -> Response {
    let all = context.core.workflows.all().iter();
    let found = all.filter(|workflow| workflow.is_chatflow() && workflow.is_published());
    let found: Vec<_> = found
        .map(|workflow| {
            json!({
                "bot_id": workflow.bot_id(),
                "bot_name": workflow.name(),
                "description": workflow.description(),
                "icon_url": "",
                "publish_time": context.core.started.to_string(),
            })
        })
        .collect();
    let page = query::required(&query, "space_id").and_then(|_| {
        let index = query::count(&query, "page_index")?.unwrap_or(1);
        let size = query::count(&query, "page_size")?.unwrap_or(PAGE);
        let total = found.len();
        let first = (index - 1).saturating_mul(size);
        let items: Vec<_> = found.into_iter().skip(first).take(size).collect();
        Ok(data(json!({ "space_bots": items, "total": total })))
    });
    context.respond(page)
}

/// `GET /v1/bots/:bot_id`.
pub(super) async fn bot(context: Context, Path(bot_id): Path<String>) -> Response {
    context.respond(described(&context, &bot_id))
}

/// `GET /v1/bot/get_online_info`, the older form of it.
pub(super) async fn online(context: Context, query: Pairs) -> Response {
    context.respond(query::required(&query, "bot_id").and_then(|id| described(&context, id)))
}

/// An agent, with what a chatflow has of one.
fn described(context: &Context, bot_id: &str) -> Result<Members, Problem> {
    let workflow = context.agent(bot_id)?;
    let flow = json!({
        "id": workflow.id(),
        "name": workflow.name(),
        "icon_url": "",
        "description": workflow.description(),
    });
    Ok(data(json!({
        "bot_id": workflow.bot_id(),
        "name": workflow.name(),
        "description": workflow.description(),
        "icon_url": "",
        "create_time": context.core.started,
        "update_time": context.core.started,
        "version": context.core.started.to_string(),
        "prompt_info": { "prompt": "" },
        "onboarding_info": { "prologue": "", "suggested_questions": [] },
        "bot_mode": 0,
        "plugin_info_list": [],
        "model_info": { "model_id": "", "model_name": "" },
        "owner_user_id": USER_ID,
        "workflow_info_list": [flow],
    })))
}

/// `GET /v1/apps`.
pub(super) async fn apps(context: Context, query: Pairs) -> Response {
    let mut seen = HashSet::new();
    let all = context.core.workflows.all().iter();
    let of_apps = all.filter(|workflow| workflow.app_id() != "0" && seen.insert(workflow.app_id()));
    let found = of_apps.map(|workflow| {
        let id = workflow.app_id();
        summary(&context, id, &format!("app {id}"), workflow)
    });
    let found = found.collect();
    context.respond(page(&query, found))
}

fn summary(context: &Context, id: &str, name: &str, workflow: &Definition) -> Value {
    let mut summary = json!({
        "id": id,
        "name": name,
        "description": workflow.description(),
        "icon_url": "",
        "folder_id": "",
        "updated_at": context.core.started,
        "is_published": workflow.is_published(),
        "owner_user_id": USER_ID,
    });
    if workflow.is_published() {
        summary["published_at"] = context.core.started.into();
    }
    summary
}

/// One page of those in the state that the query names.
fn page(query: &Pairs, mut all: Vec<Value>) -> Result<Members, Problem> {
    query::required(query, "workspace_id")?;
    let states = [
        "published_online",
        "all",
        "unpublished_draft",
        "published_draft",
    ];
    match query::word(query, "publish_status", &states)? {
        "all" => {}
        "published_online" => all.retain(|item| item["is_published"] == true),
        "unpublished_draft" => all.retain(|item| item["is_published"] == false),
        _ => all.clear(),
    }
    let page = query::count(query, "page_num")?.unwrap_or(1);
    let size = query::count(query, "page_size")?.unwrap_or(PAGE);
    let total = all.len();
    let first = (page - 1).saturating_mul(size);
    let items: Vec<_> = all.into_iter().skip(first).take(size).collect();
    Ok(data(json!({ "items": items, "total": total })))
}
