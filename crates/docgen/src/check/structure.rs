//! Paths against their fields, objects that hold themselves, places of deviations.

use crate::{
    api::{Api, Kind, Module, Place, TypeDef},
    diagnostic::{Diagnostic, Diagnostics},
    page::ast::{Endpoint, Envelope, Field, Method, Retry, Type},
};

pub(super) fn check(api: &Api, diagnostics: &mut Diagnostics) {
    for module in &api.pages {
        if let Some(endpoint) = &module.page.endpoint {
            path(api, module, endpoint, diagnostics);
            effect(endpoint, diagnostics);
        }
    }
    for module in &api.pages {
        envelope(api, module, diagnostics);
    }
    operations(api, diagnostics);
    cycles(api, diagnostics);
}

fn path(api: &Api, module: &Module, endpoint: &Endpoint, diagnostics: &mut Diagnostics) {
    let at = endpoint.path.span;
    let text = endpoint.path.as_str();
    if !text.starts_with('/') || text.contains(['?', '#', ' ', ':']) {
        diagnostics.push(
            Diagnostic::new("D060", at, "path is not understood")
                .label("expected `/v1/…` with placeholders in braces"),
        );
        return;
    }
    let mut holders = Vec::new();
    let mut offset = 0;
    for segment in text.split('/') {
        let inner = segment.strip_prefix('{').and_then(|s| s.strip_suffix('}'));
        match inner {
            Some(name) if !name.is_empty() && !name.contains(['{', '}']) => {
                holders.push((name, at.part(offset..offset + segment.len())));
            }
            _ if segment.contains(['{', '}']) => diagnostics.push(
                Diagnostic::new(
                    "D060",
                    at.part(offset..offset + segment.len()),
                    "placeholder is not understood",
                )
                .label("expected a whole segment in braces: `{name}`"),
            ),
            _ => {}
        }
        offset += segment.len() + 1;
    }
    let request = module.request.as_ref().and_then(|r| api.types.get(r));
    let Some(request) = request else { return };
    let fields = request.fields();
    let in_path: Vec<_> = fields.iter().filter(|(p, _)| *p == Place::Path).collect();
    for (name, span) in &holders {
        if !in_path.iter().any(|(_, f)| f.name.value == *name) {
            diagnostics.push(
                Diagnostic::new("D060", *span, format!("placeholder `{name}` has no row"))
                    .label("expected a row in a section Path"),
            );
        }
    }
    for (_, field) in in_path {
        if !holders.iter().any(|(name, _)| *name == field.name.value) {
            diagnostics.push(
                Diagnostic::new(
                    "D060",
                    field.name.span,
                    format!("`{}` is not in the path", field.name.value),
                )
                .label("no such placeholder")
                .other(at, "the path"),
            );
        }
    }
    let body = fields
        .iter()
        .find(|(p, _)| matches!(p, Place::Body | Place::Part));
    if let (Method::Get, Some((_, field))) = (endpoint.method.value, body) {
        diagnostics.push(
            Diagnostic::new("D061", field.name.span, "a GET has no body")
                .label("belongs into a section Query")
                .other(endpoint.method.span, "the method"),
        );
    }
}

/// What stands beside `data` is no part of what `data` holds.
fn envelope(api: &Api, module: &Module, diagnostics: &mut Diagnostics) {
    let Some(endpoint) = &module.page.endpoint else {
        return;
    };
    let below = matches!(endpoint.envelope.value, Envelope::Data | Envelope::DataList);
    let Some(def) = module.reply.as_ref().and_then(|reply| api.types.get(reply)) else {
        return;
    };
    let fields = def.fields();
    let row = |name: &str| fields.iter().find(|(_, field)| field.name.value == name);
    if let (true, Some((_, code)), Some(_)) = (below, row("code"), row("msg"))
        && (row("data").is_some() || row("detail").is_some())
    {
        let message = "the envelope stands among the fields of the payload";
        diagnostics.push(
            Diagnostic::new("D063", code.name.span, message)
                .label("expected the fields of `data`, without `code`, `msg` and `detail`")
                .other(endpoint.envelope.span, "the envelope"),
        );
    }
}

fn effect(endpoint: &Endpoint, diagnostics: &mut Diagnostics) {
    if let (Some(effect), Retry::Safe) = (&endpoint.effect, endpoint.retry.value) {
        diagnostics.push(
            Diagnostic::new(
                "D062",
                endpoint.retry.span,
                "a second send would start a second run",
            )
            .label(format!("expected `{}`", Retry::NotSent.word()))
            .other(effect.span, "the effect"),
        );
    }
}

fn operations(api: &Api, diagnostics: &mut Diagnostics) {
    let mut seen: Vec<&Endpoint> = Vec::new();
    for endpoint in api.pages.iter().filter_map(|m| m.page.endpoint.as_ref()) {
        if let Some(first) = seen
            .iter()
            .find(|e| e.operation.value == endpoint.operation.value)
        {
            diagnostics.push(
                Diagnostic::new(
                    "D035",
                    endpoint.operation.span,
                    format!("operation `{}` is taken", endpoint.operation.value),
                )
                .label("second time")
                .other(first.operation.span, "first here"),
            );
        }
        seen.push(endpoint);
    }
}

pub(super) fn deviations(api: &Api, module: &Module, diagnostics: &mut Diagnostics) {
    for deviation in &module.page.deviations {
        let at = deviation.at.as_str();
        if at.starts_with("$.") {
            continue;
        }
        let mut parts = at.split('.');
        let def = parts.next().and_then(|name| api.types.get(name));
        let has = |field: &str| {
            let fields = def.map(TypeDef::fields).unwrap_or_default();
            let named = |(_, f): &(Place, &Field)| {
                f.name.value == field || f.aliases.iter().any(|a| a.value == field)
            };
            fields.iter().any(named)
        };
        // What only a source has is nowhere here: that is what the row says, and `audit` tells when no
        // source has it.
        let known = match deviation.rule.as_str() {
            "T603" => true,
            "T301" => def.is_some(),
            _ => def.is_some() && parts.next().is_none_or(has),
        };
        if !known {
            diagnostics.push(
                Diagnostic::new(
                    "D080",
                    deviation.at.span,
                    format!("`{at}` is nowhere on the pages"),
                )
                .label("expected `Type`, `Type.field` or `$.path`"),
            );
        }
    }
}

/// An object that holds itself without a list, a map or a box between has no size.
fn cycles(api: &Api, diagnostics: &mut Diagnostics) {
    for (name, def) in &api.types {
        for (_, field) in def.fields() {
            let Type::Named(start) = &field.ty.value else {
                continue;
            };
            let mut seen = vec![start.as_str()];
            let mut at = 0;
            while at < seen.len() {
                if seen[at] == name {
                    diagnostics.push(
                        Diagnostic::new("D070", field.ty.span, format!("`{name}` holds itself"))
                            .label(format!("write `box<{start}>`")),
                    );
                    break;
                }
                let next = api.types.get(seen[at]);
                if let Some(next) = next.filter(|d| !matches!(d.kind, Kind::Enum(_))) {
                    for (_, field) in next.fields() {
                        if let Type::Named(name) = &field.ty.value
                            && !seen.contains(&name.as_str())
                        {
                            seen.push(name);
                        }
                    }
                }
                at += 1;
            }
        }
    }
}
