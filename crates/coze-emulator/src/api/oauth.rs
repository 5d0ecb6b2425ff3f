//! The token endpoints.

use std::{
    collections::HashMap,
    fmt::Write as _,
    time::{Duration, UNIX_EPOCH},
};

use axum::{
    Form,
    extract::{Query, Request},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use http::{StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::routes::Routes;
use crate::{
    clock::Clock,
    oauth::{Code, Device, Exchange, Refusal, TokenRequest, device, known},
    page::{escape, page},
    request::{Context, auth::bearer, body, host},
};

/// How long an authorization code lives, in seconds.
const CODE_LIFETIME: i64 = 300;

/// The routes; none of them asks for an access token.
pub(super) fn routes() -> Routes {
    Routes::default()
        .post("/api/permission/oauth2/token", token)
        .post("/api/permission/oauth2/account/{account_id}/token", token)
        .post(
            "/api/permission/oauth2/enterprise_id/{enterprise_id}/token",
            token,
        )
        .post("/api/permission/oauth2/device/code", device_code)
        .post(
            "/api/permission/oauth2/workspace_id/{workspace_id}/device/code",
            device_code,
        )
        .get("/api/permission/oauth2/authorize", authorize)
        .get(
            "/api/permission/oauth2/workspace_id/{workspace_id}/authorize",
            authorize,
        )
        .on("GET, POST", "/device", get(device_page).post(decide))
}

fn respond(clock: &Clock, result: Result<Value, Refusal>) -> Response {
    let (status, body) = match result {
        Ok(body) => (StatusCode::OK, body),
        Err(Refusal(code, message)) => {
            let status = if code == "invalid_client" {
                StatusCode::UNAUTHORIZED
            } else {
                StatusCode::BAD_REQUEST
            };
            // The pages name the same thing in two ways.
            let body = json!({
                "error_code": code,
                "error_message": message,
                "error": code,
                "error_description": message,
            });
            (status, body)
        }
    };
    // By the emulator's clock, as a client may have to correct its own by it.
    let seconds = u64::try_from(clock.seconds()).unwrap_or_default();
    let now = UNIX_EPOCH + Duration::from_secs(seconds);
    let headers = [
        (
            header::CONTENT_TYPE,
            "application/json; charset=utf-8".to_owned(),
        ),
        (header::DATE, httpdate::fmt_http_date(now)),
    ];
    (status, headers, body.to_string()).into_response()
}

async fn token(context: Context, request: Request) -> Response {
    let headers = request.headers().clone();
    let host = host(request.uri(), &headers).unwrap_or_default().to_owned();
    let request: TokenRequest = match body::object(request).await {
        Ok(request) => request,
        Err(problem) => {
            return respond(
                &context.core.clock,
                Err(Refusal("invalid_request", problem.message)),
            );
        }
    };
    let core = &context.core;
    let exchange = Exchange {
        tokens: &core.tokens,
        clock: &core.clock,
        ids: &core.ids,
        bearer: bearer(&headers),
        host: &host,
    };
    respond(&core.clock, exchange.token(&request))
}

#[derive(Debug, Deserialize)]
struct DeviceRequest {
    client_id: Option<String>,
}

async fn device_code(context: Context, request: Request) -> Response {
    let request: DeviceRequest = match body::object(request).await {
        Ok(request) => request,
        Err(problem) => {
            return respond(
                &context.core.clock,
                Err(Refusal("invalid_request", problem.message)),
            );
        }
    };
    let core = &context.core;
    let client_id = request.client_id.unwrap_or_default();
    let interval = match known(&core.tokens.apps, &client_id) {
        Ok(app) => app.map_or(device::INTERVAL, |app| app.interval),
        Err(refusal) => return respond(&context.core.clock, Err(refusal)),
    };
    let device_code = core.ids.secret();
    let user_code = device::user_code(&core.ids);
    let now = core.clock.seconds();
    let mut state = core.tokens.lock();
    state.devices.retain(|_, device| device.ends > now);
    let waiting = Device {
        client_id,
        user_code: user_code.clone(),
        approved: None,
        polled: None,
        interval,
        ends: now + device::LIFETIME,
    };
    state.devices.insert(device_code.clone(), waiting);
    respond(
        &core.clock,
        Ok(json!({
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": format!("{}/device", context.base_url),
            "expires_in": device::LIFETIME,
            "interval": interval,
        })),
    )
}

type Pairs = HashMap<String, String>;

/// Consents at once, as a user who is logged in and agrees would.
async fn authorize(context: Context, Query(query): Query<Pairs>) -> Response {
    let get = |name: &str| query.get(name).cloned().unwrap_or_default();
    let core = &context.core;
    let client_id = get("client_id");
    if let Err(refusal) = known(&core.tokens.apps, &client_id) {
        return respond(&context.core.clock, Err(refusal));
    }
    let redirect_uri = get("redirect_uri");
    if get("response_type") != "code" || redirect_uri.is_empty() {
        let message = "invalid request: response_type or redirect_uri".to_owned();
        return respond(
            &context.core.clock,
            Err(Refusal("invalid_request", message)),
        );
    }
    let challenge = query.get("code_challenge").map(|challenge| {
        let method = query.get("code_challenge_method");
        (
            method.cloned().unwrap_or_else(|| "plain".into()),
            challenge.clone(),
        )
    });
    let secret = core.ids.secret();
    let mut target = redirect_uri.clone();
    let joint = if target.contains('?') { '&' } else { '?' };
    let _ = write!(
        target,
        "{joint}code={secret}&state={}",
        encoded(&get("state"))
    );
    let ends = core.clock.seconds() + CODE_LIFETIME;
    let code_of = Code {
        client_id,
        redirect_uri,
        challenge,
        ends,
    };
    core.tokens.lock().codes.insert(secret, code_of);
    (StatusCode::FOUND, [(header::LOCATION, target)]).into_response()
}

/// A query value, percent-encoded.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

async fn device_page(Query(query): Query<Pairs>) -> Html<String> {
    let code = query
        .get("user_code")
        .map(String::as_str)
        .unwrap_or_default();
    let body = format!(
        "<form method=\"post\" action=\"/device\"><p>Code <input name=\"user_code\" value=\"{}\"></p>\
         <p><button name=\"decision\" value=\"approve\">Approve</button> \
         <button name=\"decision\" value=\"deny\">Deny</button></p></form>",
        escape(code)
    );
    Html(page("Connect a device", &body))
}

async fn decide(context: Context, Form(form): Form<Pairs>) -> Response {
    let code = form
        .get("user_code")
        .map(String::as_str)
        .unwrap_or_default();
    let approved = form
        .get("decision")
        .is_some_and(|decision| decision == "approve");
    if !context.core.tokens.decide(code.trim(), approved) {
        let body = page("No such code", "<p>No device waits with this code.</p>");
        return (StatusCode::NOT_FOUND, Html(body)).into_response();
    }
    let title = if approved { "Approved" } else { "Denied" };
    Html(page(
        title,
        "<p>The device learns it with its next poll.</p>",
    ))
    .into_response()
}
