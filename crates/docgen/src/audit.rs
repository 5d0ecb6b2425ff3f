//! Recorded answers against the tables: keys without a row, values that are not listed, kinds that no
//! model reads.

use crate::{
    api::{Api, Kind, Module},
    check::{Fit, Misfit, response},
    page::ast::{Envelope, EventRow},
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

/// Judges a JSON answer of an operation.
pub fn answer(api: &Api, module: &Module, json: &Value) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    if let Some(endpoint) = &module.page.endpoint {
        let envelope = match endpoint.envelope.value {
            // A stream that answers with JSON has failed early, with an envelope.
            Envelope::Events => Envelope::Flat,
            other => other,
        };
        let reply = module
            .reply
            .as_deref()
            .filter(|_| endpoint.envelope.value != Envelope::Events);
        response(Fit { api }, envelope, reply, json, &mut misfits);
    }
    misfits
}

/// Judges the events of a recorded stream.
pub fn stream(api: &Api, module: &Module, text: &str) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    let def = module.reply.as_ref().and_then(|reply| api.types.get(reply));
    let Some(Kind::Events(rows)) = def.map(|d| &d.kind) else {
        return misfits;
    };
    for (at, (name, data)) in frames(text).into_iter().enumerate() {
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
        if let (Some(object), Ok(json @ Value::Object(_))) =
            (row.payload.object(), serde_json::from_str::<Value>(&data))
        {
            Fit { api }.object(&object.value, &json, &path, &mut misfits);
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
