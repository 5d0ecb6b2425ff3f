//! Responses with another content than they should have.

use axum::{body::Body, response::Response};
use http::{Uri, header};
use serde_json::{Value, json};

use super::fault::PageFault;
use crate::store::Code;

/// Largest response that is looked at, in bytes.
const BUFFERED: usize = 64 * 1024 * 1024;

/// The page token of a request.
pub(crate) fn page_token(uri: &Uri) -> Option<String> {
    uri.query()?
        .split('&')
        .find_map(|pair| pair.strip_prefix("page_token="))
        .map(str::to_owned)
}

/// Changes a page of a list. A response that is not one stays as it is.
pub(crate) async fn page(response: Response, kind: PageFault, token: Option<String>) -> Response {
    edit(response, |response| turn(response, kind, token)).await
}

/// Gives the response to a run the form that it had before `usage`.
pub(crate) async fn older(response: Response) -> Response {
    edit(response, |response| {
        let members = response.as_object_mut()?;
        let usage = members.shift_remove("usage")?;
        let token = usage.get("token_count").cloned().unwrap_or_default();
        members.insert("token".into(), token);
        members.insert("cost".into(), "0".into());
        members.insert("msg".into(), "Success".into());
        Some(())
    })
    .await
}

/// Gives a response another code, and leaves what it says beside it.
pub(crate) async fn recode(response: Response, code: i64) -> Response {
    let mut response = edit(response, |response| {
        response.as_object_mut()?.insert("code".into(), code.into());
        Some(())
    })
    .await;
    if let Some(Code(told)) = response.extensions_mut().get_mut() {
        *told = code.to_string();
    }
    response
}

/// Edits a JSON response; one that the edit does not fit, or that is not JSON, stays as it is.
async fn edit(response: Response, edit: impl FnOnce(&mut Value) -> Option<()>) -> Response {
    let is_json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    if !is_json {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let content = axum::body::to_bytes(body, BUFFERED)
        .await
        .unwrap_or_default();
    let edited = serde_json::from_slice(&content)
        .ok()
        .and_then(|mut response| edit(&mut response).map(|()| response));
    let content = match edited {
        Some(edited) => {
            parts.headers.remove(header::CONTENT_LENGTH);
            edited.to_string().into()
        }
        None => content,
    };
    Response::from_parts(parts, Body::from(content))
}

fn turn(response: &mut Value, kind: PageFault, token: Option<String>) -> Option<()> {
    let data = response.get_mut("data")?.as_object_mut()?;
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
