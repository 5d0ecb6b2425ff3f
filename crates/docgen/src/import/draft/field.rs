//! One row of a draft: type, presence and example in the words of our pages.

use super::names::Names;
use crate::capture::hints::{self, Time};
use crate::capture::json;
use crate::capture::model::{Role, Row, Table};
use crate::capture::types::TypeExpr;
use crate::capture::words::Presence;
use serde_json::Value;

/// A row of ours.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) ty: String,
    pub(super) presence: String,
    pub(super) example: Option<Value>,
    /// The type in the source, where it is another one: a number for an id, a list in a query.
    pub(super) differs: Option<String>,
    /// A default that the source gives a field of a response.
    pub(super) default: Option<String>,
    /// Values of its enum that the source does not list.
    pub(super) more: Vec<String>,
    /// Whether the source says that a field of a response is always there.
    pub(super) required: bool,
}

impl Names<'_> {
    /// The rows of a table; those below another row are part of its type.
    pub(super) fn fields(&mut self, table: &Table, name: &str) -> Vec<Field> {
        let rows: Vec<Row> = table
            .rows
            .iter()
            .filter(|row| row.depth == 0)
            .cloned()
            .collect();
        rows.iter()
            .map(|row| self.of_row(row, table, name))
            .collect()
    }

    fn of_row(&mut self, row: &Row, table: &Table, object: &str) -> Field {
        let list = table.role == Role::Query && matches!(row.kind(), Some(TypeExpr::List(_)));
        let ty = if list {
            "string".to_owned()
        } else {
            self.field_type(row, object)
        };
        let sent = match table.role {
            Role::Response => false,
            Role::Object(_) => self.sent.contains(&table.key),
            _ => true,
        };
        let required = matches!(row.presence, Some((_, Presence::Required)));
        let presence = match (default(row, &ty), hints::condition(&row.text.text)) {
            (Some(value), _) if sent => format!("default `{value}`"),
            (_, Some((field, value))) if table.row(&field).is_some() => {
                format!("if `{field}` = `{value}`")
            }
            _ if sent && required => "required".to_owned(),
            _ => "optional".to_owned(),
        };
        Field {
            example: example(row, &ty),
            name: row.name.text.clone(),
            differs: (list || ty.starts_with("id<") && row.kind() == Some(&TypeExpr::Int)).then(
                || {
                    row.ty
                        .as_ref()
                        .map_or(String::new(), |(cell, _)| cell.flat())
                },
            ),
            more: self.more(row, &ty),
            default: hints::default(&row.text.text).filter(|_| !presence.starts_with("default")),
            ty,
            presence,
            required: required && !sent,
        }
    }

    /// Values of a known enum that a row does not list.
    fn more(&self, row: &Row, ty: &str) -> Vec<String> {
        let known = self.known.enums.get(ty).copied().unwrap_or_default();
        let listed = hints::values(row).map_or(Vec::new(), |(values, _)| values);
        let unlisted = known.iter().filter(|value| !listed.contains(value));
        unlisted.cloned().collect()
    }

    fn field_type(&mut self, row: &Row, object: &str) -> String {
        let kind = row.kind();
        let text = matches!(kind, Some(TypeExpr::Str | TypeExpr::Int));
        let time = hints::time(&row.text.text);
        if text && matches!(time, Some(Time::Seconds | Time::Unix)) {
            return "unix_seconds".to_owned();
        }
        if text && let Some(kind) = self.known.id(&row.name.text, object) {
            return format!("id<{kind}>");
        }
        let scalar = text || kind == Some(&TypeExpr::Number);
        if scalar && let Some((values, _)) = hints::values(row) {
            return self.an_enum(&row.name.text, object, values);
        }
        kind.map_or("string".to_owned(), |ty| self.grammar(ty))
    }

    fn grammar(&self, ty: &TypeExpr) -> String {
        let inner = |ty: &Option<Box<TypeExpr>>| {
            ty.as_ref().map_or("json".to_owned(), |ty| self.grammar(ty))
        };
        match ty {
            TypeExpr::Str => "string".to_owned(),
            TypeExpr::Int => "int".to_owned(),
            TypeExpr::Number => "float".to_owned(),
            TypeExpr::Bool => "bool".to_owned(),
            TypeExpr::File | TypeExpr::Any | TypeExpr::OneOf(_) => "json".to_owned(),
            TypeExpr::Object => "map<json>".to_owned(),
            TypeExpr::Map(ty) => format!("map<{}>", inner(ty)),
            TypeExpr::List(ty) => format!("list<{}>", inner(ty)),
            TypeExpr::Named(name) => match self.objects.get(name) {
                Some(ours) => ours.clone(),
                None => "map<json>".to_owned(),
            },
        }
    }
}

/// The default as JSON, if it fits the type.
fn default(row: &Row, ty: &str) -> Option<Value> {
    let word = hints::default(&row.text.text)?;
    match ty {
        "int" | "float" | "bool" | "unix_seconds" => serde_json::from_str(&word).ok(),
        _ if ty.starts_with("map<") || ty.starts_with("list<") => None,
        _ => Some(Value::String(word)),
    }
}

/// The example without its mask. Text in another language than ours is the vendor's, not a value.
fn example(row: &Row, ty: &str) -> Option<Value> {
    let text = row.example.as_ref()?.flat();
    if !text.is_ascii() || text.is_empty() {
        return None;
    }
    let bare = text.replace('*', "");
    let text_like = matches!(ty, "string" | "text" | "json_text")
        || ty.starts_with("id<")
        || row.kind() == Some(&TypeExpr::Str) && ty != "unix_seconds";
    if text_like {
        let quoted = serde_json::from_str::<Value>(&bare).ok();
        let value = quoted
            .filter(Value::is_string)
            .unwrap_or(Value::String(bare));
        return Some(value).filter(|value| value != "");
    }
    let readable = json::parse(&bare, 1, 1).is_ok() && bare.len() <= 60;
    serde_json::from_str(&bare).ok().filter(|_| readable)
}
