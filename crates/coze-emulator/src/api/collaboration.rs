//! Collaboration mode and collaborators of a workflow.

use axum::{
    extract::{Path, Request},
    response::Response,
};
use coze_models::codes::{MEMBER_EXISTS, NOT_FOUND};
use serde::Deserialize;

use crate::{
    render::Members,
    request::{Context, Problem, body, required},
};

#[derive(Debug, Deserialize)]
struct Mode {
    collaboration_mode: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Added {
    collaborators: Option<Vec<Collaborator>>,
}

#[derive(Debug, Deserialize)]
struct Collaborator {
    user_id: Option<String>,
}

/// `POST /v1/workflows/:workflow_id/collaboration_mode`.
pub(super) async fn mode(
    context: Context,
    Path(workflow_id): Path<String>,
    request: Request,
) -> Response {
    context.respond(switch(&context, &workflow_id, request).await)
}

async fn switch(
    context: &Context,
    workflow_id: &str,
    request: Request,
) -> Result<Members, Problem> {
    let mode: Mode = body::object(request).await?;
    let workflow = context.workflow(workflow_id)?;
    if workflow.app_id() != "0" {
        return Err(Problem::value(
            "a workflow of an app has no collaboration mode",
        ));
    }
    let mut all = context.core.collaborations.lock();
    match mode.collaboration_mode.as_deref() {
        Some("collaboration") => {
            all.entry(workflow.id().to_owned()).or_default();
        }
        Some("single") => {
            if all
                .get(workflow.id())
                .is_some_and(|users| !users.is_empty())
            {
                return Err(Problem::value(
                    "remove all collaborators before the mode is switched to single",
                ));
            }
            all.remove(workflow.id());
        }
        _ => {
            return Err(Problem::value(
                "'collaboration_mode' must be single or collaboration",
            ));
        }
    }
    Ok(Members::new())
}

/// `POST /v1/workflows/:workflow_id/collaborators`.
pub(super) async fn add(
    context: Context,
    Path(workflow_id): Path<String>,
    request: Request,
) -> Response {
    context.respond(added(&context, &workflow_id, request).await)
}

async fn added(context: &Context, workflow_id: &str, request: Request) -> Result<Members, Problem> {
    let added: Added = body::object(request).await?;
    let workflow = context.workflow(workflow_id)?;
    let collaborators = added.collaborators.unwrap_or_default();
    let [collaborator] = collaborators.as_slice() else {
        return Err(Problem::value("'collaborators' must hold exactly one user"));
    };
    let user_id = required("user_id", collaborator.user_id.as_deref())?;
    let mut all = context.core.collaborations.lock();
    let users = all
        .get_mut(workflow.id())
        .ok_or_else(|| Problem::value("the workflow is not in collaboration mode"))?;
    if !users.insert(user_id.to_owned()) {
        return Err(Problem::code(
            MEMBER_EXISTS,
            format!("user '{user_id}' is already a collaborator"),
        ));
    }
    Ok(Members::new())
}

/// `DELETE /v1/workflows/:workflow_id/collaborators/:user_id`.
pub(super) async fn remove(
    context: Context,
    Path((workflow_id, user_id)): Path<(String, String)>,
) -> Response {
    context.respond(removed(&context, &workflow_id, &user_id))
}

fn removed(context: &Context, workflow_id: &str, user_id: &str) -> Result<Members, Problem> {
    let workflow = context.workflow(workflow_id)?;
    let mut all = context.core.collaborations.lock();
    let users = all.get_mut(workflow.id());
    if users.is_some_and(|users| users.remove(user_id)) {
        return Ok(Members::new());
    }
    Err(Problem::code(
        NOT_FOUND,
        format!("user '{user_id}' is not a collaborator"),
    ))
}
