//! What a field's type, presence and example say together.

use super::fit::Fit;
use crate::{
    api::{Api, Kind, Place, TypeDef},
    diagnostic::{Diagnostic, Diagnostics},
    page::ast::{Field, Presence, Type},
};
use serde_json::Value;

pub(super) fn check(api: &Api, diagnostics: &mut Diagnostics) {
    for def in api.types.values() {
        for (place, field) in def.fields() {
            if let Some(error) = presence(api, def, place, field) {
                diagnostics.push(error);
            }
            if let Some(error) = place_type(api, place, field) {
                diagnostics.push(error);
            }
            if let Some(example) = &field.example {
                fits(api, field, &example.value, example.span, diagnostics);
            }
            if let Presence::Default(v) | Presence::Always(v) | Presence::Fixed(v) =
                &field.presence.value
            {
                fits(api, field, v, field.presence.span, diagnostics);
            }
            if let Presence::If(other, value) = &field.presence.value
                && let Some(error) = condition(api, def, field, other, value)
            {
                diagnostics.push(error);
            }
        }
    }
}

fn fits(
    api: &Api,
    field: &Field,
    value: &Value,
    at: crate::source::Span,
    diagnostics: &mut Diagnostics,
) {
    let mut misfits = Vec::new();
    Fit { api }.check(&field.ty.value, value, "$", &mut misfits);
    for misfit in misfits {
        diagnostics.push(
            Diagnostic::new("D034", at, "value does not fit the type")
                .label(format!("at {}: {}", misfit.path, misfit.why))
                .other(field.ty.span, "the type"),
        );
    }
}

fn presence(api: &Api, def: &TypeDef, place: Place, field: &Field) -> Option<Diagnostic> {
    let refused = |why: &str| {
        Some(
            Diagnostic::new("D039", field.presence.span, "presence does not fit")
                .label(why.to_owned()),
        )
    };
    let ty = &field.ty.value;
    match &field.presence.value {
        Presence::Required if def.in_reply => {
            refused("a response may lack any field: use `optional` or a default")
        }
        Presence::Fixed(_) if def.in_reply => refused("only requests have fixed values"),
        Presence::Fixed(v)
            if place != Place::Body
                || !(v.is_string() && *ty == Type::Str || v.is_boolean() && *ty == Type::Bool) =>
        {
            refused("only a `string` or a `bool` in a body can be fixed")
        }
        Presence::Always(_) if !def.in_request || place != Place::Body => {
            refused("only body fields of requests are always sent")
        }
        Presence::Default(v) if def.in_reply && !is_zero(api, ty, v) => refused(
            "the default of a response's field is `false`, `0`, `\"\"`, `[]` or `{}`, as its type",
        ),
        Presence::Always(v) if !is_zero(api, ty, v) => {
            refused("must be `false`, `0`, `\"\"`, `[]` or `{}`, as its type")
        }
        Presence::AbsentAs(_) if def.in_request => refused("only responses have such values"),
        Presence::AbsentAs(v) => match (ty, v) {
            (Type::Int | Type::Id(_), Value::Number(n)) if n.as_i64() == Some(0) => None,
            (Type::Str, Value::String(s)) if s.is_empty() => None,
            _ => refused("`0` for `int` and ids, `\"\"` for `string`"),
        },
        Presence::Required => None,
        _ if place == Place::Path => refused("a field of the path is `required`"),
        _ => None,
    }
}

/// Whether a value is what Rust's `Default` gives for the type.
fn is_zero(api: &Api, ty: &Type, value: &Value) -> bool {
    match ty {
        Type::Bool => *value == Value::Bool(false),
        Type::Int => value.as_i64() == Some(0),
        Type::Str | Type::Text => value == "",
        Type::List(_) => value.as_array().is_some_and(Vec::is_empty),
        Type::Map(_) => value.as_object().is_some_and(serde_json::Map::is_empty),
        Type::Named(name) => {
            matches!(api.types.get(name).map(|t| &t.kind), Some(Kind::Object(_)))
                && value.as_object().is_some_and(serde_json::Map::is_empty)
        }
        _ => false,
    }
}

fn place_type(api: &Api, place: Place, field: &Field) -> Option<Diagnostic> {
    let ty = &field.ty.value;
    let is_enum = |ty: &Type| {
        matches!(ty, Type::Named(name)
            if matches!(api.types.get(name).map(|t| &t.kind), Some(Kind::Enum(_)) | None))
    };
    let expected = match place {
        Place::Path if !matches!(ty, Type::Id(_)) => "an id",
        Place::Query
            if !matches!(ty, Type::Id(_) | Type::Str | Type::Bool | Type::Int) && !is_enum(ty) =>
        {
            "a string, a bool, an int, an id or an enum"
        }
        Place::Part if *ty != Type::File => "`file`",
        Place::Body if *ty == Type::File => "anything but `file`, which is a part",
        _ => return None,
    };
    Some(
        Diagnostic::new(
            "D061",
            field.ty.span,
            format!("`{ty}` cannot stand in this section"),
        )
        .label(format!("expected {expected}")),
    )
}

fn condition(
    api: &Api,
    def: &TypeDef,
    field: &Field,
    other: &str,
    value: &str,
) -> Option<Diagnostic> {
    let request = api.pages[def.page]
        .request
        .as_ref()
        .and_then(|r| api.types.get(r));
    let found = std::iter::once(def)
        .chain(request)
        .flat_map(TypeDef::fields)
        .find(|(_, f)| f.name.value == other);
    let Some((_, target)) = found else {
        return Some(
            Diagnostic::new(
                "D037",
                field.presence.span,
                format!("field `{other}` of the condition is unknown"),
            )
            .label("expected a field of this table or of the request"),
        );
    };
    if let Type::Named(name) = &target.ty.value
        && let Some(Kind::Enum(values)) = api.types.get(name).map(|t| &t.kind)
        && !values.iter().any(|v| v.value.value == value)
    {
        return Some(
            Diagnostic::new(
                "D037",
                field.presence.span,
                format!("`{value}` is not listed in `{name}`"),
            )
            .label("expected one of its values"),
        );
    }
    None
}
