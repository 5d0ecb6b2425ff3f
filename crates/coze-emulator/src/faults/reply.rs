//! Pages of a list that would lead a careless client round in circles.

use axum::{body::Body, response::Response};
use http::{Uri, header};
use serde_json::{Value, json};

use super::fault::PageFault;

/// Largest list that is looked at, in bytes.
const BUFFERED: usize = 4 * 1024 * 1024;

/// The page token of a request.
pub(super) fn token(uri: &Uri) -> Option<String> {
    uri.query()?
        .split('&')
        .find_map(|pair| pair.strip_prefix("page_token="))
        .map(str::to_owned)
}

/// Changes a page. A reply that holds no list stays as it is.
pub(super) async fn spoil(reply: Response, kind: PageFault, token: Option<String>) -> Response {
    let (mut parts, body) = reply.into_parts();
    let content = axum::body::to_bytes(body, BUFFERED)
        .await
        .unwrap_or_default();
    let changed = serde_json::from_slice(&content)
        .ok()
        .and_then(|reply| change(reply, kind, token));
    let content = match changed {
        Some(changed) => {
            parts.headers.remove(header::CONTENT_LENGTH);
            changed.to_string().into()
        }
        None => content,
    };
    Response::from_parts(parts, Body::from(content))
}

fn change(mut reply: Value, kind: PageFault, token: Option<String>) -> Option<Value> {
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
    Some(reply)
}
