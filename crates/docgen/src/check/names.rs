//! Names that resolve, stand once, and can be written in Rust.

use crate::{
    api::{Api, Kind, TypeDef, id_kinds, is_int_enum, names},
    diagnostic::{Diagnostic, Diagnostics},
    naming,
    page::ast::{Payload, Type},
    source::{Span, Spanned},
};
use std::collections::BTreeMap;

pub(super) fn check(api: &Api, diagnostics: &mut Diagnostics) {
    for (name, def) in &api.types {
        resolve(api, def, diagnostics);
        match &def.kind {
            Kind::Enum(values) => {
                let ints = is_int_enum(values);
                let mut wire = Unique::new("D035", "value");
                let mut rust = Unique::new("D038", "Rust name");
                rust.taken.insert("Unrecognized".to_owned(), def.span);
                for value in values {
                    wire.add(&value.value, &value.value.value, diagnostics);
                    let own = value.name.as_ref();
                    let at = own.unwrap_or(&value.value);
                    let derived = own
                        .map(|n| n.value.clone())
                        .or_else(|| naming::variant(&value.value.value).filter(|_| !ints));
                    match derived {
                        Some(name) => rust.add(at, &name, diagnostics),
                        None => diagnostics.push(
                            Diagnostic::new(
                                "D038",
                                at.span,
                                format!("no Rust name follows from `{}`", at.value),
                            )
                            .label("needs one in a column `Name`"),
                        ),
                    }
                }
            }
            Kind::Events(events) => {
                let mut wire = Unique::new("D035", "event");
                let mut rust = Unique::new("D038", "Rust name");
                rust.taken.insert("Unknown".to_owned(), def.span);
                for event in events {
                    wire.add(&event.name, &event.name.value, diagnostics);
                    match naming::variant(event.name.value.rsplit('.').next().unwrap_or_default()) {
                        Some(_) => {
                            rust.add(
                                &event.name,
                                &crate::emit::event_variant(events, event),
                                diagnostics,
                            );
                        }
                        None => diagnostics.push(
                            Diagnostic::new("D038", event.name.span, "no Rust name follows")
                                .label("expected words of letters and digits"),
                        ),
                    }
                }
                if events.iter().filter(|e| e.unnamed).count() > 1 {
                    diagnostics.push(
                        Diagnostic::new("D035", def.span, "two events for events without a name")
                            .label("only one row may say `or unnamed`"),
                    );
                }
            }
            _ => struct_names(name, def, diagnostics),
        }
    }
    for module in &api.pages {
        let mut codes = Unique::new("D035", "code");
        let mut names = Unique::new("D035", "name of a code");
        for section in &module.page.codes {
            for row in &section.rows {
                let at = Spanned::new(row.code.value.to_string(), row.code.span);
                codes.add(
                    &at,
                    &format!("{} in {}", at.value, section.name.value),
                    diagnostics,
                );
                names.add(&row.name, &row.name.value, diagnostics);
            }
        }
        let mut labels = Unique::new("D041", "example");
        for example in &module.page.examples {
            let key = format!("{:?} {}", example.of.value, example.label.value);
            labels.add(&example.label, &key, diagnostics);
        }
    }
}

struct Unique {
    code: &'static str,
    what: &'static str,
    taken: BTreeMap<String, Span>,
}

impl Unique {
    const fn new(code: &'static str, what: &'static str) -> Self {
        Self {
            code,
            what,
            taken: BTreeMap::new(),
        }
    }

    fn add(&mut self, at: &Spanned<String>, key: &str, diagnostics: &mut Diagnostics) {
        if let Some(first) = self.taken.insert(key.to_owned(), at.span) {
            diagnostics.push(
                Diagnostic::new(
                    self.code,
                    at.span,
                    format!("{} `{}` is taken", self.what, at.value),
                )
                .label("second time")
                .other(first, "first here"),
            );
        }
    }
}

fn struct_names(name: &str, def: &TypeDef, diagnostics: &mut Diagnostics) {
    let mut wire = Unique::new("D035", "field");
    let mut rust = Unique::new("D038", "Rust name");
    for (_, field) in def.fields() {
        wire.add(&field.name, &field.name.value, diagnostics);
        for alias in &field.aliases {
            wire.add(alias, &alias.value, diagnostics);
        }
        let ident = naming::field(&field.name.value);
        rust.add(&field.name, &ident, diagnostics);
        if naming::RESERVED.contains(&ident.as_str()) {
            diagnostics.push(
                Diagnostic::new(
                    "D038",
                    field.name.span,
                    format!("`{ident}` cannot name a field of `{name}`"),
                )
                .label("reserved in Rust or by every request"),
            );
        }
    }
}

fn resolve(api: &Api, def: &TypeDef, diagnostics: &mut Diagnostics) {
    for (_, field) in def.fields() {
        let at = field.ty.span;
        names(
            &field.ty.value,
            &mut |name| match api.types.get(name).map(|t| &t.kind) {
                Some(Kind::Object(_) | Kind::Enum(_) | Kind::Response(_)) => {}
                Some(_) => diagnostics.push(
                    Diagnostic::new(
                        "D050",
                        at,
                        format!("`{name}` cannot be the type of a field"),
                    )
                    .label("is a request or a stream of events"),
                ),
                None => {
                    let mut error =
                        Diagnostic::new("D050", at, format!("type `{name}` is defined on no page"))
                            .label("not a section of any page");
                    if let Some(near) = nearest(name, api.types.keys()) {
                        error = error.help(format!("there is `{near}`"));
                    }
                    diagnostics.push(error);
                }
            },
        );
        id_kinds(&field.ty.value, &mut |kind| {
            if !api.ids.contains_key(kind) {
                let mut error = Diagnostic::new(
                    "D050",
                    at,
                    format!("kind of id `{kind}` is defined on no page"),
                )
                .label("not a row of a section `## Ids`");
                if let Some(near) = nearest(kind, api.ids.keys()) {
                    error = error.help(format!("there is `{near}`"));
                }
                diagnostics.push(error);
            }
        });
    }
    if let Kind::Events(events) = &def.kind {
        for event in events {
            if let Payload::OrText(object, field) = &event.payload
                && let Some(object) = api.types.get(&object.value)
                && !object.fields().iter().any(|(_, f)| {
                    f.name.value == field.value && matches!(f.ty.value, Type::Str | Type::Text)
                })
            {
                diagnostics.push(
                    Diagnostic::new(
                        "D050",
                        field.span,
                        format!("no text field `{}`", field.value),
                    )
                    .label("expected a `string` or `text` field of the object"),
                );
            }
        }
        for object in events.iter().filter_map(|e| e.payload.object()) {
            if !matches!(
                api.types.get(&object.value).map(|t| &t.kind),
                Some(Kind::Object(_))
            ) {
                diagnostics.push(
                    Diagnostic::new(
                        "D050",
                        object.span,
                        format!("object `{}` is defined on no page", object.value),
                    )
                    .label("not an Object section of any page"),
                );
            }
        }
    }
}

/// The name that differs least, if it differs little.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a String>) -> Option<&'a String> {
    known
        .map(|k| (similar::TextDiff::from_chars(name, k.as_str()).ratio(), k))
        .filter(|(ratio, _)| *ratio > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k)
}
