//! Page examples against page tables.

use super::fit::{Fit, Misfit, kind};
use crate::{
    api::{Api, Kind, Module, Place},
    diagnostic::{Diagnostic, Diagnostics},
    page::ast::{Envelope, Example, ExampleOf, Presence, Type},
};
use serde_json::Value;

/// Keys of the envelope, which are no rows of a flat response.
pub(crate) const ENVELOPE: &[&str] = &["code", "msg", "detail"];

pub(super) fn check(api: &Api, module: &Module, diagnostics: &mut Diagnostics) {
    for example in &module.page.examples {
        let mut misfits = Vec::new();
        if let Err(error) = one(api, module, example, &mut misfits) {
            diagnostics.push(error);
        }
        for misfit in misfits {
            let code = if misfit.unknown_key { "D043" } else { "D042" };
            let place = place(example, &misfit.path);
            diagnostics.push(
                Diagnostic::new(code, place, "example does not fit the tables")
                    .label(format!("at {}: {}", misfit.path, misfit.why)),
            );
        }
    }
}

fn one(
    api: &Api,
    module: &Module,
    example: &Example,
    misfits: &mut Vec<Misfit>,
) -> Result<(), Diagnostic> {
    let fit = Fit { api };
    let refused = |why: &str| {
        Err(Diagnostic::new(
            "D044",
            example.of.span,
            "example has nothing to be compared with",
        )
        .label(why.to_owned()))
    };
    match (&example.of.value, &example.json) {
        (ExampleOf::Request, Some(json)) => {
            let Some(name) = &module.request else {
                return refused("the page describes no request");
            };
            request(api, fit, name, json, misfits);
        }
        (ExampleOf::Response, Some(json)) => {
            let Some(endpoint) = &module.page.endpoint else {
                return refused("the page describes no response");
            };
            response(
                fit,
                endpoint.envelope.value,
                module.reply.as_deref(),
                json,
                misfits,
            );
        }
        (ExampleOf::Object(name), Some(json)) => match api.types.get(name).map(|t| &t.kind) {
            Some(Kind::Object(_) | Kind::Response(_)) => fit.object(name, json, "$", misfits),
            _ => return refused("no section describes this object"),
        },
        (ExampleOf::Event(name), json) => {
            let event = module.page.sections.iter().find_map(|s| match &s.rows {
                crate::page::ast::Rows::Events(rows) => rows.iter().find(|r| r.name.value == *name),
                _ => None,
            });
            let Some(event) = event else {
                return refused("no table of events on this page has this event");
            };
            if let (Some(object), Some(Value::Object(map))) = (event.payload.object(), json) {
                let mut map = map.clone();
                let named_by = module
                    .page
                    .sections
                    .iter()
                    .find_map(|s| s.named_by.as_ref());
                if let Some(key) = named_by {
                    map.remove(&key.value);
                }
                fit.object(&object.value, &Value::Object(map), "$", misfits);
            }
        }
        (_, None) => {}
    }
    Ok(())
}

fn request(api: &Api, fit: Fit<'_>, name: &str, json: &Value, misfits: &mut Vec<Misfit>) {
    fit.object(name, json, "$", misfits);
    let (Some(def), Some(map)) = (api.types.get(name), json.as_object()) else {
        return;
    };
    for (place, field) in def.fields() {
        let key = &field.name.value;
        let missing = match &field.presence.value {
            Presence::Required => map.get(key).is_none_or(Value::is_null),
            Presence::Fixed(v) => map.get(key) != Some(v),
            _ => false,
        };
        if place == Place::Body && missing {
            misfits.push(Misfit {
                path: format!("$.{key}"),
                why: "the row says that it is always sent so".to_owned(),
                unknown_key: false,
            });
        }
        if place != Place::Body && map.contains_key(key) {
            misfits.push(Misfit {
                path: format!("$.{key}"),
                why: "travels outside the body".to_owned(),
                unknown_key: false,
            });
        }
    }
}

pub(crate) fn response(
    fit: Fit<'_>,
    envelope: Envelope,
    reply: Option<&str>,
    json: &Value,
    misfits: &mut Vec<Misfit>,
) {
    let mut misfit = |path: &str, why: String| {
        misfits.push(Misfit {
            path: path.to_owned(),
            why,
            unknown_key: false,
        });
    };
    let Value::Object(map) = json else {
        return misfit("$", format!("{} is no response", kind(json)));
    };
    if envelope == Envelope::Bare {
        if let Some(reply) = reply {
            fit.object(reply, json, "$", misfits);
        }
        return;
    }
    for (key, ty) in [("code", Type::Int), ("msg", Type::Str)] {
        if let Some(value) = map.get(key).filter(|v| !v.is_null()) {
            fit.check(&ty, value, &format!("$.{key}"), misfits);
        }
    }
    let payload: serde_json::Map<String, Value> = map
        .iter()
        .filter(|(key, _)| !ENVELOPE.contains(&key.as_str()))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    match (envelope, reply) {
        (Envelope::Flat, Some(reply)) => fit.object(reply, &Value::Object(payload), "$", misfits),
        (Envelope::Data | Envelope::DataList, Some(reply)) => {
            for (key, value) in &payload {
                match (key.as_str(), value) {
                    ("data", Value::Null) => {}
                    ("data", Value::Array(list)) if envelope == Envelope::DataList => {
                        for (at, value) in list.iter().enumerate() {
                            fit.object(reply, value, &format!("$.data[{at}]"), misfits);
                        }
                    }
                    ("data", value) => fit.object(reply, value, "$.data", misfits),
                    _ => misfits.push(unknown(key)),
                }
            }
        }
        _ => misfits.extend(payload.keys().map(|key| unknown(key))),
    }
}

fn unknown(key: &str) -> Misfit {
    Misfit {
        path: format!("$.{key}"),
        why: "no key of the envelope".to_owned(),
        unknown_key: true,
    }
}

/// The key of a misfit in the example's text, if it can be found, else its first line.
fn place(example: &Example, path: &str) -> crate::source::Span {
    let text = example.text.as_str();
    let key = path.rsplit('.').next().unwrap_or_default();
    let key = key.split('[').next().unwrap_or_default();
    let quoted = format!("\"{key}\"");
    match text.find(&quoted) {
        Some(at) if !key.is_empty() => example.text.span.part(at..at + quoted.len()),
        _ => example.text.span.first_line(text),
    }
}
