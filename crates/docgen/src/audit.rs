//! Recorded responses against the tables: keys without a row, values that are not listed, kinds that no
//! model reads.

mod exchange;

pub use exchange::{Exchange, Judged};

use crate::{
    api::{Api, Kind, Module},
    check::{self, Fit, Misfit},
    page::ast::{Envelope, EventRow, Payload},
};
use serde_json::Value;

/// The page of an operation.
pub fn operation<'a>(api: &'a Api, name: &str) -> Option<&'a Module> {
    let is = |m: &&Module| {
        m.page
            .endpoint
            .as_ref()
            .is_some_and(|e| e.operation.value == name)
    };
    api.pages.iter().find(is)
}

/// Judges a JSON response of an operation.
pub fn response(api: &Api, module: &Module, json: &Value) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    if let Some(endpoint) = &module.page.endpoint {
        let envelope = match endpoint.envelope.value {
            // A stream that is refused early responds with an envelope.
            Envelope::Events => Envelope::Flat,
            other => other,
        };
        let reply = module
            .reply
            .as_deref()
            .filter(|_| endpoint.envelope.value != Envelope::Events);
        check::response(Fit { api }, envelope, reply, json, &mut misfits);
    }
    misfits
}

/// Judges the events of a recorded stream. Events that hold the text `omitted` are not whole and are
/// passed over.
pub fn stream(api: &Api, module: &Module, text: &str, omitted: Option<&str>) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    let def = module.reply.as_ref().and_then(|reply| api.types.get(reply));
    let Some((Kind::Events(rows), named_by)) = def.map(|d| (&d.kind, &d.named_by)) else {
        return misfits;
    };
    for (at, (mut name, data)) in frames(text).into_iter().enumerate() {
        if omitted.is_some_and(|omitted| data.contains(omitted)) {
            continue;
        }
        let mut json = serde_json::from_str::<Value>(&data).unwrap_or_default();
        if let (Some(key), Some(map)) = (named_by, json.as_object_mut())
            && let Some(Value::String(inner)) = map.remove(key)
            && name.is_empty()
        {
            name = inner;
        }
        let row = rows.iter().find(|row: &&EventRow| {
            row.name.value.eq_ignore_ascii_case(&name) || row.unnamed && name.is_empty()
        });
        let Some(row) = row else {
            misfits.push(Misfit {
                path: format!("event {at}"),
                why: format!("event `{name}` is not listed"),
                unknown_key: true,
            });
            continue;
        };
        let path = format!("event {at} {name}: $");
        match &row.payload {
            Payload::OrNothing(_) | Payload::OrText(..) if !json.is_object() => {}
            payload => {
                if let Some(object) = payload.object() {
                    Fit { api }.object(&object.value, &json, &path, &mut misfits);
                }
            }
        }
    }
    misfits
}

/// Names and data of the events in a well-formed recording.
fn frames(text: &str) -> Vec<(String, String)> {
    let mut frames = Vec::new();
    let (mut name, mut data) = (String::new(), Vec::new());
    for line in text.lines().chain([""]) {
        let field = |key: &str| {
            let value = line.strip_prefix(key)?.strip_prefix(':')?;
            Some(value.strip_prefix(' ').unwrap_or(value))
        };
        if let Some(value) = field("event") {
            value.clone_into(&mut name);
        } else if let Some(value) = field("data") {
            data.push(value);
        } else if line.is_empty() && !(name.is_empty() && data.is_empty()) {
            frames.push((std::mem::take(&mut name), data.join("\n")));
            data.clear();
        }
    }
    frames
}
