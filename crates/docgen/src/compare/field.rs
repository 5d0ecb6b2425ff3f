//! One field of our page against the row of a source.

use super::facts::RowFacts;
use super::view::FieldView;
use crate::capture::model::Role;
use crate::capture::types::{self, TypeExpr};
use crate::page::ast::{Presence, Type};

fn is_required(own: &FieldView) -> bool {
    matches!(
        own.presence,
        Presence::Required | Presence::Always(_) | Presence::Fixed(_)
    )
}

const fn word(required: bool) -> &'static str {
    if required { "required" } else { "optional" }
}

fn default(own: &FieldView) -> Option<String> {
    match &own.presence {
        Presence::Default(value) | Presence::Always(value) => Some(bare(value)),
        _ => None,
    }
}

fn condition(own: &FieldView) -> Option<String> {
    match &own.presence {
        Presence::If(field, value) => Some(format!("{field}={value}")),
        _ => None,
    }
}

/// All that our page says of a field: what a row of Deviations repeats when no source has it.
pub(super) fn statement(own: &FieldView) -> String {
    let presence = match (default(own), condition(own)) {
        (Some(value), _) => format!("default `{value}`"),
        (None, Some(value)) => format!("condition `{value}`"),
        (None, None) => word(is_required(own)).to_owned(),
    };
    format!("{presence} `{}`", own.ty)
}

/// What our page and the source say of a field, where they differ.
pub(super) fn field(own: &FieldView, row: &RowFacts, role: &Role) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let written = row.ty.as_deref().unwrap_or("");
    let ty = types::parse(written.split(" nullable").next().unwrap_or(written), true);
    if ty.is_some_and(|ty| !fits(&ty, &own.ty)) {
        out.push((format!("`{}`", own.ty), format!("`{written}`")));
    }
    let required = is_required(own);
    let said = row.required.as_deref().unwrap_or("");
    let theirs = match (role, said.split(',').next()) {
        (Role::Response, _) => required,
        (_, Some("yes")) => true,
        (Role::Query | Role::Body | Role::Object(_), Some("no")) => false,
        _ => required,
    };
    if theirs != required {
        out.push((word(required).to_owned(), word(theirs).to_owned()));
    }
    let mut both = |what: &str, ours: Option<String>, theirs: Option<&String>| {
        if ours.as_ref() != theirs {
            let said = |value: Option<&String>| match value {
                Some(value) => format!("{what} `{value}`"),
                None => format!("no {what}"),
            };
            out.push((said(ours.as_ref()), said(theirs)));
        }
    };
    both("default", default(own), row.hints.get("default"));
    both("condition", condition(own), row.hints.get("if"));
    let listed = row
        .hints
        .get("values")
        .or_else(|| row.hints.get("open_values"));
    if let Some(listed) = listed.filter(|_| !own.values.is_empty()) {
        let listed: Vec<&str> = listed.split(' ').collect();
        for value in own
            .values
            .iter()
            .filter(|value| !listed.contains(&value.as_str()))
        {
            both("value", Some(value.clone()), None);
        }
        for value in listed
            .iter()
            .filter(|value| own.values.iter().all(|own| own != *value))
        {
            both("value", None, Some(&(*value).to_owned()));
        }
    }
    out
}

/// A value as a source writes it in running text.
fn bare(value: &serde_json::Value) -> String {
    let text = value.as_str().filter(|text| !text.is_empty());
    text.map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether a type of a page accepts what the service's type says.
fn fits(theirs: &TypeExpr, ours: &Type) -> bool {
    match (theirs, ours) {
        (TypeExpr::Any | TypeExpr::File | TypeExpr::OneOf(_), _) | (_, Type::Json) => true,
        (TypeExpr::Str, ours) => matches!(
            ours,
            Type::Str
                | Type::Text
                | Type::JsonText
                | Type::UnixSeconds
                | Type::Id(_)
                | Type::Named(_)
        ),
        (TypeExpr::Int, ours) => {
            matches!(
                ours,
                Type::Int | Type::UnixSeconds | Type::Float | Type::Named(_)
            )
        }
        (TypeExpr::Number, ours) => matches!(ours, Type::Float | Type::Int | Type::UnixSeconds),
        (TypeExpr::Bool, ours) => *ours == Type::Bool,
        (TypeExpr::Object | TypeExpr::Map(None) | TypeExpr::Named(_), ours) => {
            matches!(ours, Type::Named(_) | Type::Map(_) | Type::Boxed(_))
        }
        (TypeExpr::Map(Some(value)), Type::Map(inner)) => fits(value, inner),
        (TypeExpr::Map(_), ours) => matches!(ours, Type::Named(_)),
        (TypeExpr::List(value), Type::List(inner)) => {
            value.as_ref().is_none_or(|value| fits(value, inner))
        }
        (TypeExpr::List(_), _) => false,
    }
}
