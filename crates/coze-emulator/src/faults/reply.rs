//! Replies with another content than they should have.

use axum::{body::Body, response::Response};
use http::{Uri, header};
use serde_json::{Value, json};

use super::fault::PageFault;

/// Largest reply that is looked at, in bytes.
const BUFFERED: usize = 64 * 1024 * 1024;

/// The page token of a request.
pub(super) fn page_token(uri: &Uri) -> Option<String> {
    uri.query()?
        .split('&')
        .find_map(|pair| pair.strip_prefix("page_token="))
        .map(str::to_owned)
}

/// Changes a page of a list. A reply that is none stays as it is.
pub(super) async fn page(reply: Response, kind: PageFault, token: Option<String>) -> Response {
    edit(reply, |reply| turn(reply, kind, token)).await
}

/// Gives the reply to a run the form that it had before `usage`.
pub(super) async fn older(reply: Response) -> Response {
    edit(reply, |reply| {
        let members = reply.as_object_mut()?;
        let usage = members.shift_remove("usage")?;
        let token = usage.get("token_count").cloned().unwrap_or_default();
        members.insert("token".into(), token);
        members.insert("cost".into(), "0".into());
        members.insert("msg".into(), "Success".into());
        Some(())
    })
    .await
}

/// Gives a reply another code, and leaves what it says beside it.
pub(super) async fn recode(reply: Response, code: i64) -> Response {
    edit(reply, |reply| {
        reply.as_object_mut()?.insert("code".into(), code.into());
        Some(())
    })
    .await
}

/// Edits a JSON reply; one that the edit does not fit, or that is no JSON, stays as it is.
async fn edit(reply: Response, edit: impl FnOnce(&mut Value) -> Option<()>) -> Response {
    let is_json = reply
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    if !is_json {
        return reply;
    }
    let (mut parts, body) = reply.into_parts();
    let content = axum::body::to_bytes(body, BUFFERED)
        .await
        .unwrap_or_default();
    let edited = serde_json::from_slice(&content)
        .ok()
        .and_then(|mut reply| edit(&mut reply).map(|()| reply));
    let content = match edited {
        Some(edited) => {
            parts.headers.remove(header::CONTENT_LENGTH);
            edited.to_string().into()
        }
        None => content,
    };
    Response::from_parts(parts, Body::from(content))
}

fn turn(reply: &mut Value, kind: PageFault, token: Option<String>) -> Option<()> {
    let data = reply.get_mut("data")?.as_object_mut()?;
    if kind == PageFault::Empty {
        let list = data.values_mut().find(|value| value.is_array())?;
        *list = json!([]);
    }
    if let Some(total) = data.get_mut("total_count") {
        // Lists that are counted do not say whether there is more.
        *total = u32::MAX.into();
    } else {
        data.insert("has_more".into(), true.into());
    }
    if kind == PageFault::Repeat
        && let Some(token) = token
    {
        data.insert("next_page_token".into(), token.into());
    }
    Some(())
}
