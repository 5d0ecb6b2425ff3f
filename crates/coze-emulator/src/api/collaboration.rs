//! Collaboration mode and collaborators of a workflow.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::{
    extract::{Path, Request},
    response::Response,
};
use serde::Deserialize;

use super::{
    body, catalog,
    context::{Context, Members},
    failure::{self, Failure},
    start,
};

/// Who may edit which workflow; a workflow without an entry is in `single` mode.
#[derive(Debug, Default)]
pub(crate) struct Collaborations(Mutex<HashMap<String, HashSet<String>>>);

impl Collaborations {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, HashSet<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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
    context.reply(switch(&context, &workflow_id, request).await)
}

async fn switch(
    context: &Context,
    workflow_id: &str,
    request: Request,
) -> Result<Members, Failure> {
    let mode: Mode = body::object(&body::read(request).await?)?;
    let workflow = catalog::known(context, workflow_id)?;
    if workflow.app_id() != "0" {
        return Err(Failure::bad_request(
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
                return Err(Failure::bad_request(
                    "remove all collaborators before the mode is switched to single",
                ));
            }
            all.remove(workflow.id());
        }
        _ => {
            return Err(Failure::bad_request(
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
    context.reply(added(&context, &workflow_id, request).await)
}

async fn added(context: &Context, workflow_id: &str, request: Request) -> Result<Members, Failure> {
    let added: Added = body::object(&body::read(request).await?)?;
    let workflow = catalog::known(context, workflow_id)?;
    let collaborators = added.collaborators.unwrap_or_default();
    let [collaborator] = collaborators.as_slice() else {
        return Err(Failure::bad_request(
            "'collaborators' must hold exactly one user",
        ));
    };
    let user_id = start::required("user_id", collaborator.user_id.as_deref())?;
    let mut all = context.core.collaborations.lock();
    let users = all
        .get_mut(workflow.id())
        .ok_or_else(|| Failure::bad_request("the workflow is not in collaboration mode"))?;
    if !users.insert(user_id.to_owned()) {
        return Err(Failure::new(
            failure::MEMBER_EXISTS,
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
    context.reply(removed(&context, &workflow_id, &user_id))
}

fn removed(context: &Context, workflow_id: &str, user_id: &str) -> Result<Members, Failure> {
    let workflow = catalog::known(context, workflow_id)?;
    let mut all = context.core.collaborations.lock();
    let users = all.get_mut(workflow.id());
    if users.is_some_and(|users| users.remove(user_id)) {
        return Ok(Members::new());
    }
    Err(Failure::new(
        failure::NOT_FOUND,
        format!("user '{user_id}' is not a collaborator"),
    ))
}
