//! What can be changed. A change responds with what it made, as a read of the same path would.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, Request, State},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    reading::{self, Reading, no_run},
    respond::{Refused, done},
};
use crate::{
    clock,
    current::Current,
    faults::{Fault, ParseFaultError},
    oauth::OAuthApp,
    request::body,
    snapshot::Snapshot,
};

pub(super) async fn reset(State(current): State<Current>) -> Json<Value> {
    current.reset();
    done()
}

pub(super) async fn cancel(
    State(current): State<Current>,
    Path(execute_id): Path<String>,
) -> Reading {
    let run = current.core().runs.get(&execute_id);
    let cancelled = run.ok_or_else(|| no_run(&execute_id))?.cancel();
    Ok(Json(json!({ "cancelled": cancelled })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arm {
    fault: String,
}

pub(super) async fn arm(State(current): State<Current>, request: Request) -> Reading {
    let Arm { fault } = body::object(request).await?;
    let fault: Fault = fault
        .parse()
        .map_err(|error: ParseFaultError| Refused::wrong(error.to_string()))?;
    current.arm(fault);
    Ok(reading::faults(State(current)).await)
}

pub(super) async fn disarm(State(current): State<Current>) -> Json<Value> {
    current.clear_faults();
    reading::faults(State(current)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    speed: Option<f64>,
    unix_ms: Option<u64>,
    advance_ms: Option<u64>,
}

pub(super) async fn clock(State(current): State<Current>, request: Request) -> Reading {
    let change: ClockChange = body::object(request).await?;
    let core = current.core();
    core.clock.set(
        |now| {
            let time = change.unix_ms.map_or(now, Duration::from_millis);
            time.saturating_add(Duration::from_millis(change.advance_ms.unwrap_or(0)))
        },
        change.speed.map(clock::speed),
    );
    let now = reading::clock(State(current)).await;
    core.feed.tell("clock", || now.0.clone());
    Ok(now)
}

/// Takes new values in for some limits.
pub(super) async fn limits(State(current): State<Current>, request: Request) -> Reading {
    let changed: Map<String, Value> = body::object(request).await?;
    let mut limits = json!(current.core().limits);
    if let Some(members) = limits.as_object_mut() {
        members.extend(changed);
    }
    let limits =
        serde_json::from_value(limits).map_err(|error| Refused::wrong(error.to_string()))?;
    current.change(|core| core.limits = limits);
    let now = reading::limits(State(current.clone())).await;
    current.core().feed.tell("limits", || now.0.clone());
    Ok(now)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokensChange {
    accept: Option<String>,
    known_only: Option<bool>,
    other_region: Option<String>,
}

pub(super) async fn tokens(State(current): State<Current>, request: Request) -> Reading {
    let change: TokensChange = body::object(request).await?;
    current.change(|core| {
        let tokens = &mut core.tokens;
        if let Some(token) = change.accept {
            tokens.accept(token);
        }
        if let Some(known_only) = change.known_only {
            tokens.strict = known_only;
        }
        if let Some(prefix) = change.other_region {
            // An empty text would mean every token.
            tokens.other_region = Some(prefix).filter(|prefix| !prefix.is_empty());
        }
    });
    Ok(reading::tokens(State(current)).await)
}

pub(super) async fn expire(State(current): State<Current>) -> Json<Value> {
    current.core().tokens.expire();
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    user_code: String,
    approved: bool,
}

pub(super) async fn device(State(current): State<Current>, request: Request) -> Reading {
    let decision: Decision = body::object(request).await?;
    if current
        .core()
        .tokens
        .decide(&decision.user_code, decision.approved)
    {
        return Ok(done());
    }
    Err(Refused::missing(format!(
        "no device waits with the code '{}'",
        decision.user_code
    )))
}

pub(super) async fn app(State(current): State<Current>, request: Request) -> Reading {
    let text = body::bytes(request).await?;
    let app = OAuthApp::from_config(&String::from_utf8_lossy(&text))
        .map_err(|error| Refused::wrong(error.to_string()))?;
    current.change(|core| {
        let apps = &mut core.tokens.apps;
        apps.retain(|other| other.client_id() != app.client_id());
        apps.push(app);
    });
    Ok(reading::apps(State(current)).await)
}

pub(super) async fn remove_app(
    State(current): State<Current>,
    Path(client_id): Path<String>,
) -> Reading {
    let core = current.core();
    if !core
        .tokens
        .apps
        .iter()
        .any(|app| app.client_id() == client_id)
    {
        return Err(Refused::missing(format!(
            "no application has the id '{client_id}'"
        )));
    }
    current.change(|core| core.tokens.apps.retain(|app| app.client_id() != client_id));
    Ok(reading::apps(State(current)).await)
}

pub(super) async fn restore(State(current): State<Current>, body: Bytes) -> Reading {
    let snapshot: Snapshot = serde_json::from_slice(&body).map_err(|error| {
        Refused::wrong(format!(
            "the body is not a snapshot of an emulator: {error}"
        ))
    })?;
    current.restore(snapshot).map_err(Refused::wrong)?;
    Ok(done())
}
