//! Agents and apps: each chatflow is an agent, and an app is known by the workflows that name it.

use std::collections::HashSet;

use axum::response::Response;
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
