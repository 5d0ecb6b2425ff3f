//! What workflows there are: list, description and versions.

use axum::{extract::Path, response::Response};
use serde_json::{Map, Value, json};

use crate::{
    definition::{self, Definition, template::Names},
    ids::USER_ID,
    render::{Members, data},
    request::{
        Context, Problem,
        query::{self, Pairs},
    },
};

/// States that a list can be narrowed to; the first is the default.
const PUBLISH_STATUS: [&str; 4] = [
    "published_online",
    "all",
    "unpublished_draft",
    "published_draft",
];

/// `GET /v1/workflows`.
pub(super) async fn list(context: Context, query: Pairs) -> Response {
    context.respond(listed(&context, &query))
}

fn listed(context: &Context, query: &Pairs) -> Result<Members, Problem> {
    // Whatever the workspace is called, all workflows are in it.
    query::required(query, "workspace_id")?;
    let page = query::count(query, "page_num")?.ok_or_else(|| Problem::missing("page_num"))?;
    let size = query::page_size(query)?;
    let status = query::word(query, "publish_status", &PUBLISH_STATUS)?;
    let mode = match query::text(query, "workflow_mode") {
        None => None,
        Some(_) => Some(query::word(
            query,
            "workflow_mode",
            &["workflow", "chatflow"],
        )?),
    };
    let app_id = query::text(query, "app_id");
    let all: Vec<_> = context
        .core
        .workflows
        .all()
        .iter()
        .filter(|workflow| has_status(workflow, status))
        .filter(|workflow| mode.is_none_or(|mode| (mode == "chatflow") == workflow.is_chatflow()))
        .filter(|workflow| app_id.is_none_or(|app_id| app_id == workflow.app_id()))
        .collect();
    let first = (page - 1).saturating_mul(size);
    let items: Vec<_> = all
        .iter()
        .skip(first)
        .take(size)
        .map(|workflow| basics(context, workflow))
        .collect();
    let has_more = first + items.len() < all.len();
    Ok(data(json!({ "has_more": has_more, "items": items })))
}

fn has_status(workflow: &Definition, status: &str) -> bool {
    match status {
        "all" => true,
        "published_online" => workflow.is_published(),
        "unpublished_draft" => !workflow.is_published(),
        // A definition has no draft beside its published form.
        _ => false,
    }
}

/// `GET /v1/workflows/:workflow_id`.
pub(super) async fn info(
    context: Context,
    Path(workflow_id): Path<String>,
    query: Pairs,
) -> Response {
    context.respond(described(&context, &workflow_id, &query))
}

fn described(context: &Context, workflow_id: &str, query: &Pairs) -> Result<Members, Problem> {
    let workflow = context.workflow(workflow_id)?;
    let mut detail = basics(context, workflow);
    // Here, unlike in lists, the service writes this one of the two times as a number.
    detail["created_at"] = context.core.started.into();
    let mut described = Members::from_iter([("workflow_detail".to_owned(), detail)]);
    if query::flag(query, "include_input_output")? {
        described.extend(input_output(workflow));
    }
    Ok(data(described))
}

/// `GET /v1/workflows/:workflow_id/versions`.
pub(super) async fn versions(
    context: Context,
    Path(workflow_id): Path<String>,
    query: Pairs,
) -> Response {
    context.respond(versions_of(&context, &workflow_id, &query))
}

fn versions_of(context: &Context, workflow_id: &str, query: &Pairs) -> Result<Members, Problem> {
    let workflow = context.workflow(workflow_id)?;
    let size = query::page_size(query)?;
    let status = query::word(query, "publish_status", &PUBLISH_STATUS)?;
    let with_io = query::flag(query, "include_input_output")?;
    let mut versions: Vec<_> = match status {
        "all" | "published_online" => workflow.versions(),
        _ => Vec::new(),
    };
    // Newest first.
    versions.reverse();
    if !workflow.is_published() && matches!(status, "all" | "unpublished_draft") {
        versions.push("");
    }
    // A page token looks like a time in milliseconds and counts from the start of the emulator.
    let base = context.core.started * 1000;
    let first = match query::text(query, "page_token") {
        None => 0,
        Some(token) => token
            .parse::<i64>()
            .ok()
            .and_then(|token| usize::try_from(token - base).ok())
            .filter(|first| *first <= versions.len())
            .ok_or_else(|| Problem::value("'page_token' is not one that was given out"))?,
    };
    let time = context.core.started.to_string();
    let items: Vec<Value> = versions
        .iter()
        .skip(first)
        .take(size)
        .map(|version| {
            let mut item = json!({
                "workflow_id": workflow.id(),
                "version": version,
                "description": workflow.description(),
                "created_at": time,
                "updated_at": time,
                "creator": creator(),
            });
            if with_io && let Some(item) = item.as_object_mut() {
                item.extend(input_output(workflow));
            }
            item
        })
        .collect();
    let next = first + items.len();
    let token = base + i64::try_from(next).unwrap_or_default();
    Ok(data(json!({
        "has_more": next < versions.len(),
        "next_page_token": token.to_string(),
        "items": items,
    })))
}

fn creator() -> Value {
    json!({ "id": USER_ID, "name": "emulator" })
}

fn basics(context: &Context, workflow: &Definition) -> Value {
    let time = context.core.started.to_string();
    json!({
        "workflow_id": workflow.id(),
        "workflow_name": workflow.name(),
        "description": workflow.description(),
        "icon_url": "",
        "app_id": workflow.app_id(),
        "created_at": time,
        "updated_at": time,
        "creator": creator(),
    })
}

/// `input` and `output` of a workflow.
fn input_output(workflow: &Definition) -> Members {
    let end = workflow.end();
    // A text has the values that its template names.
    let named = end.text.iter().flat_map(|text| {
        // The text was read before, so it parses.
        let names = Names::in_text(&text.value).unwrap_or_default();
        let mut names: Vec<_> = names.outer().into_iter().collect();
        names.sort_unstable();
        names
    });
    let variables: Map<_, _> = end
        .variables
        .iter()
        .flat_map(|variables| variables.keys().cloned())
        .chain(named)
        .map(|name| {
            let kind = end
                .types
                .get(&name)
                .map_or("string", |kind| kind.value.as_str());
            (name, json!({ "type": kind }))
        })
        .collect();
    let mut output = json!({ "parameters": variables });
    match &end.text {
        Some(text) => {
            output["terminate_plan"] = "use_answer_content".into();
            output["content"] = text.value.as_str().into();
        }
        None => output["terminate_plan"] = "return_variables".into(),
    }
    let input = json!({ "parameters": definition::describe(workflow.inputs()) });
    Members::from_iter([("input".to_owned(), input), ("output".to_owned(), output)])
}
