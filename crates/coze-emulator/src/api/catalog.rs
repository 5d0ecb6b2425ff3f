//! What workflows there are: list, description and versions.

use axum::{extract::Path, response::Response};
use serde_json::{Map, Value, json};

use super::{
    context::{Context, Members},
    failure::{self, Failure},
    query::{self, Pairs},
};
use crate::{Definition, definition, engine::template::names_in_text};

/// States that a list can be narrowed to; the first is the default.
const PUBLISH_STATUS: [&str; 4] = [
    "published_online",
    "all",
    "unpublished_draft",
    "published_draft",
];

/// `GET /v1/workflows`.
pub(super) async fn list(context: Context, query: Pairs) -> Response {
    context.reply(listed(&context, &query))
}

fn listed(context: &Context, query: &Pairs) -> Result<Members, Failure> {
    // Whatever the workspace is called, all workflows are in it.
    query::required(query, "workspace_id")?;
    let page = query::count(query, "page_num")?
        .ok_or_else(|| Failure::bad_request("Missing required parameter 'page_num'"))?;
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
    let mut data = Map::new();
    data.insert("has_more".into(), (first + items.len() < all.len()).into());
    data.insert("items".into(), items.into());
    Ok(query::data(data))
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
    context.reply(described(&context, &workflow_id, &query))
}

fn described(context: &Context, workflow_id: &str, query: &Pairs) -> Result<Members, Failure> {
    let workflow = known(context, workflow_id)?;
    let mut data = Map::new();
    let mut detail = basics(context, workflow);
    // Here, unlike in lists, the service writes this one of the two times as a number.
    detail["created_at"] = context.core.started.into();
    data.insert("workflow_detail".into(), detail);
    if query::flag(query, "include_input_output")? {
        data.extend(input_output(workflow));
    }
    Ok(query::data(data))
}

/// `GET /v1/workflows/:workflow_id/versions`.
pub(super) async fn versions(
    context: Context,
    Path(workflow_id): Path<String>,
    query: Pairs,
) -> Response {
    context.reply(versions_of(&context, &workflow_id, &query))
}

fn versions_of(context: &Context, workflow_id: &str, query: &Pairs) -> Result<Members, Failure> {
    let workflow = known(context, workflow_id)?;
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
            .ok_or_else(|| Failure::bad_request("'page_token' is not one that was given out"))?,
    };
    let time = context.core.started.to_string();
    let items: Vec<Value> = versions
        .iter()
        .skip(first)
        .take(size)
        .map(|version| {
            let mut item = Map::new();
            item.insert("workflow_id".into(), workflow.id().into());
            item.insert("version".into(), (*version).into());
            item.insert("description".into(), workflow.description().into());
            item.insert("created_at".into(), time.as_str().into());
            item.insert("updated_at".into(), time.as_str().into());
            item.insert("creator".into(), creator());
            if with_io {
                item.extend(input_output(workflow));
            }
            item.into()
        })
        .collect();
    let next = first + items.len();
    let mut data = Map::new();
    data.insert("has_more".into(), (next < versions.len()).into());
    let token = base + i64::try_from(next).unwrap_or_default();
    data.insert("next_page_token".into(), token.to_string().into());
    data.insert("items".into(), items.into());
    Ok(query::data(data))
}

/// A workflow, published or not.
pub(super) fn known<'c>(
    context: &'c Context,
    workflow_id: &str,
) -> Result<&'c Definition, Failure> {
    context.core.workflows.get(workflow_id).ok_or_else(|| {
        Failure::new(
            failure::NOT_FOUND,
            format!("workflow '{workflow_id}' does not exist"),
        )
    })
}

fn creator() -> Value {
    json!({ "id": crate::USER_ID, "name": "emulator" })
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
fn input_output(workflow: &Definition) -> Map<String, Value> {
    let end = workflow.end();
    // A text has the values that its template names.
    let named = end.text.iter().flat_map(|text| {
        // The text was read before, so it parses.
        let mut names: Vec<_> = names_in_text(&text.value)
            .unwrap_or_default()
            .into_iter()
            .collect();
        names.sort_unstable();
        names
    });
    let variables: Map<_, _> = end
        .variables
        .iter()
        .flat_map(|variables| variables.keys().cloned())
        .chain(named)
        .map(|name| {
            let kind = end.types.get(&name).map_or("string", |kind| kind.as_str());
            (name, json!({ "type": kind }))
        })
        .collect();
    let mut output = Map::new();
    output.insert("parameters".into(), variables.into());
    match &end.text {
        Some(text) => {
            output.insert("terminate_plan".into(), "use_answer_content".into());
            output.insert("content".into(), text.value.as_str().into());
        }
        None => {
            output.insert("terminate_plan".into(), "return_variables".into());
        }
    }
    let mut both = Map::new();
    let input = definition::describe(workflow.inputs());
    both.insert("input".into(), json!({ "parameters": input }));
    both.insert("output".into(), output.into());
    both
}
