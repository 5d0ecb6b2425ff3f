//! What the comments of requests, replies, objects and their fields say.

use super::doc;
use crate::{
    api::{Kind, Module, TypeDef},
    page::ast::{ExampleOf, Field, Page, Presence, Retry, Type},
};

/// A field's comment.
pub(super) fn of_field(field: &Field, request: bool) -> Vec<String> {
    let mut out = doc::lines(&field.doc.value);
    let note = match &field.presence.value {
        Presence::Default(v) if request => {
            Some(format!("The service takes `{v}` when it is absent."))
        }
        Presence::If(field, value) => Some(format!("Only when `{field}` is `{value}`.")),
        Presence::AbsentAs(v) => {
            let text = field.ty.value == Type::Str;
            let what = if text {
                "an empty text".to_owned()
            } else {
                format!("`{v}`")
            };
            Some(format!(
                "The service sends {what} for none; that is read as `None`."
            ))
        }
        Presence::Always(_) => Some("Always sent.".to_owned()),
        Presence::Fixed(v) => Some(format!("Always `{v}`.")),
        _ => None,
    };
    if let Some(note) = note {
        doc::push(&mut out, &note);
    }
    if !field.aliases.is_empty() {
        let names: Vec<_> = field
            .aliases
            .iter()
            .map(|a| format!("`{}`", a.value))
            .collect();
        doc::push(&mut out, &format!("Also read from {}.", names.join(", ")));
    }
    if let Some(example) = &field.example {
        doc::push(&mut out, &format!("Example: `{}`", example.value));
    }
    out
}

/// A type's comment.
pub(super) fn of_type(folder: &str, module: &Module, name: &str, def: &TypeDef) -> Vec<String> {
    let page = &module.page;
    let mut out = Vec::new();
    match &def.kind {
        Kind::Request(_) => request_docs(folder, module, def, &mut out),
        Kind::Response(_) => {
            let request = module.request.as_deref().unwrap_or_default();
            out.push(format!("Reply of [`{request}`]."));
            prose(def, &mut out);
            examples(page, &ExampleOf::Response, &mut out);
            vendor(def, &mut out);
        }
        _ => {
            prose(def, &mut out);
            examples(page, &ExampleOf::Object(name.to_owned()), &mut out);
            vendor(def, &mut out);
        }
    }
    if out.is_empty() {
        out.push(format!("Part of \"{}\".", page.title.value));
    }
    out
}

pub(super) fn prose(def: &TypeDef, out: &mut Vec<String>) {
    for text in &def.prose {
        doc::push(out, &text.value);
    }
}

pub(super) fn vendor(def: &TypeDef, out: &mut Vec<String>) {
    if !def.vendor.is_empty() {
        let names: Vec<_> = def.vendor.iter().map(|v| format!("`{v}`")).collect();
        doc::push(
            out,
            &format!("Named {} in the service's own pages.", names.join(" and ")),
        );
    }
}

pub(super) fn examples(page: &Page, of: &ExampleOf, out: &mut Vec<String>) {
    for example in page.examples.iter().filter(|e| e.of.value == *of) {
        let tag = if example.json.is_some() {
            "json"
        } else {
            "text"
        };
        doc::push_fence(out, &example.label.value, tag, &example.text.value);
    }
}

fn request_docs(folder: &str, module: &Module, def: &TypeDef, out: &mut Vec<String>) {
    let page = &module.page;
    doc::push(out, &format!("{}.", page.title.value));
    for text in &page.intro {
        doc::push(out, &text.value);
    }
    prose(def, out);
    if let Some(endpoint) = &page.endpoint {
        let scope = endpoint
            .scope
            .as_ref()
            .map_or_else(String::new, |s| format!(", permission `{}`", s.value));
        let again = match endpoint.retry.value {
            Retry::Safe => "may be sent again",
            Retry::NotSent => "may be sent again only if it certainly was not accepted",
            Retry::Never => "is never sent again",
        };
        let attempts = match &endpoint.attempts {
            Some(n) => format!(", in at most {} attempts", n.value),
            None => String::new(),
        };
        let failure = match &endpoint.failure {
            Some(object) => format!(" A failure is a `{}`.", object.value),
            None => String::new(),
        };
        doc::push(
            out,
            &format!(
                "`{} {}`{scope}; {again}{attempts}.{failure} Source: <{}>",
                endpoint.method.value.word(),
                endpoint.path.value,
                endpoint.source.value
            ),
        );
    }
    examples(page, &ExampleOf::Request, out);
    if let Some(line) = deviations(folder, module) {
        doc::push(out, &line);
    }
}

/// One line about the places where the sources disagree; what was decided stands on the page.
fn deviations(folder: &str, module: &Module) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for one in &module.page.deviations {
        let at = one.at.as_str();
        let name = format!("`{}`", at.rsplit('.').next().unwrap_or(at));
        // What is not sent concerns no user of the types.
        if !at.starts_with("$.header.") && !names.contains(&name) {
            names.push(name);
        }
    }
    let page = &module.name;
    let last = names.pop()?;
    let names = if names.is_empty() {
        last
    } else {
        format!("{} and {last}", names.join(", "))
    };
    Some(format!(
        "The sources disagree about {names}; `{folder}/{page}.md` says what was decided."
    ))
}
