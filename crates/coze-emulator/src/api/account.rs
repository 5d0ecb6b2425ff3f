//! The one user, the one workspace and who belongs to it.

use axum::{extract::Path, response::Response};
use serde_json::json;

use crate::{
    ids::{SPACE_ID, USER_ID},
    render::data,
    request::{
        Context,
        query::{self, Pairs},
    },
};

const NAME: &str = "emulator";

/// `GET /v1/users/me`.
pub(super) async fn me(context: Context) -> Response {
    context.respond(Ok(data(json!({
        "user_id": USER_ID,
        "user_name": NAME,
        "nick_name": NAME,
        "avatar_url": "",
    }))))
}

/// `GET /v1/workspaces`.
pub(super) async fn workspaces(context: Context, query: Pairs) -> Response {
    let workspace = json!({
        "id": SPACE_ID,
        "name": "Emulator",
        "icon_url": "",
        "role_type": "owner",
        "workspace_type": "personal",
        "enterprise_id": "",
        "joined_status": "joined",
        "owner_uid": USER_ID,
        "admin_uids": [USER_ID],
        "description": "Holds every workflow of the emulator",
    });
    context.respond(query::count(&query, "page_num").map(|page| {
        let workspaces = match page {
            None | Some(1) => vec![workspace],
            Some(_) => Vec::new(),
        };
        data(json!({ "total_count": 1, "workspaces": workspaces }))
    }))
}

/// `GET /v1/workspaces/:workspace_id/members`: whatever the workspace is called, its only member.
pub(super) async fn members(
    context: Context,
    Path(_workspace_id): Path<String>,
    query: Pairs,
) -> Response {
    let member = json!({
        "user_id": USER_ID,
        "role_type": "owner",
        "user_nickname": NAME,
        "user_unique_name": NAME,
        "avatar_url": "",
    });
    context.respond(query::count(&query, "page_num").map(|page| {
        let items = match page {
            None | Some(1) => vec![member],
            Some(_) => Vec::new(),
        };
        data(json!({ "total_count": 1, "items": items }))
    }))
}
