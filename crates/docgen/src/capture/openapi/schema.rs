//! Schemas as tables.

use super::Reader;
use crate::capture::json::Node;
use crate::capture::model::{Cell, Role, Row};
use crate::capture::types::{self, TypeExpr};
use crate::capture::words::{Column, Presence};

/// The columns of all tables of this format.
pub(super) const COLUMNS: &[Column] = &[Column::Name, Column::Type, Column::Presence, Column::Text];

impl<'a> Reader<'a> {
    pub(super) fn schema_table(&mut self, role: Role, schema: &'a Node) {
        let required = schema.get("required").map_or(&[][..], Node::items);
        let required: Vec<String> = required.iter().map(|one| self.take(one)).collect();
        let mut rows = Vec::new();
        for (key, value) in schema.members() {
            match key.as_str() {
                "properties" => {
                    for (name, property) in value.members() {
                        // A property's name stands in the line above its schema.
                        let (line, column) = (property.line, property.column);
                        let place = Cell::new(name, line - 1, column.saturating_sub(2));
                        let mut row = Row::named(place);
                        self.schema(property, &mut row, &format!("{}.{name}", role.key()));
                        let said = Presence::of(required.contains(name));
                        row.presence = Some((Cell::default(), said));
                        rows.push(row);
                    }
                }
                "type" | "description" | "title" | "additionalProperties" => {
                    self.words(key, value);
                }
                _ => {}
            }
        }
        self.b.table(role, COLUMNS, Vec::new(), rows, schema.line);
    }

    /// Takes a property's schema into its row. The type as written is all that the schema says of it.
    pub(super) fn schema(&mut self, schema: &'a Node, row: &mut Row, path: &str) {
        let (mut raw, mut ty) = (Vec::new(), None);
        for (key, value) in schema.members() {
            match key.as_str() {
                "type" | "$ref" | "format" => raw.push(self.take(value)),
                "nullable" => {
                    row.nullable = self.take(value) == "true";
                    let word = if row.nullable {
                        "nullable"
                    } else {
                        "not nullable"
                    };
                    raw.push(word.to_owned());
                }
                "description" => row.text = self.cell(value),
                "example" | "default" if value.members().is_empty() => {
                    let text = self.cell(value);
                    raw.push(format!("{key}={}", text.text));
                    row.example = Some(text).filter(|_| key == "example");
                }
                "enum" => {
                    row.keyword_values = value.items().iter().map(|one| self.take(one)).collect();
                    raw.push(format!("enum={}", row.keyword_values.join(",")));
                }
                "items" | "additionalProperties" => {
                    let mut inner = Row::default();
                    if value.members().is_empty() {
                        raw.push(format!("{key}={}", self.take(value)));
                    } else {
                        self.schema(value, &mut inner, path);
                    }
                    let kind = inner.kind().cloned().map(Box::new);
                    raw.extend(inner.ty.map(|(text, _)| format!("{key}={}", text.text)));
                    ty = Some(match key.as_str() {
                        "items" => TypeExpr::List(kind),
                        _ => TypeExpr::Map(kind),
                    });
                }
                "properties" => {
                    self.schemas.push((path.to_owned(), schema));
                    ty = Some(TypeExpr::Named(path.to_owned()));
                }
                "minimum" | "maximum" | "minLength" | "maxLength" | "pattern" | "title"
                | "deprecated" | "minItems" | "maxItems" => {
                    raw.push(format!("{key}={}", self.take(value)));
                }
                _ => {}
            }
        }
        let word = raw.first().map_or("", String::as_str);
        let ty = ty.or_else(|| match word.rsplit_once('/') {
            Some((_, name)) => Some(TypeExpr::Named(name.to_owned())),
            None => types::parse(word, false),
        });
        let cell = Cell::new(raw.join(" "), schema.line, schema.column);
        row.ty = Some((cell, ty.unwrap_or(TypeExpr::Any)));
    }
}
