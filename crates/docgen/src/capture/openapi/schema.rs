//! Schemas as tables.

use super::{Reader, Yaml, entries, get};
use crate::capture::model::{Cell, Role, Row};
use crate::capture::sections::cell;
use crate::capture::types::{self, TypeExpr};
use crate::capture::words::{Column, Presence};
use saphyr::YamlData;

impl<'a> Reader<'a> {
    pub(super) fn schema_table(&mut self, role: Role, schema: &'a Yaml<'a>) {
        let line = self.line(schema);
        let required: Vec<String> = match get(schema, "required").map(|node| &node.data) {
            Some(YamlData::Sequence(list)) => list.iter().map(|one| self.take(one)).collect(),
            _ => Vec::new(),
        };
        let mut rows = Vec::new();
        for (key, value) in entries(schema) {
            match key.as_str() {
                "properties" => {
                    for (name, property) in entries(value) {
                        let place = cell(
                            &name,
                            self.line(property) - 1,
                            property.span.start.col() - 1,
                        );
                        let mut row = Row::named(place);
                        self.schema(property, &mut row, &format!("{}.{name}", role.key()));
                        let presence = if required.contains(&name) {
                            Presence::Required
                        } else {
                            Presence::Optional
                        };
                        row.presence = Some((Cell::default(), presence));
                        rows.push(row);
                    }
                }
                "type" | "description" | "title" | "additionalProperties" => {
                    self.words(&key, value);
                }
                _ => {}
            }
        }
        self.b.table(
            role,
            vec![Column::Name, Column::Type, Column::Presence, Column::Text],
            Vec::new(),
            rows,
            line,
        );
    }

    /// Takes a property's schema into its row.
    pub(super) fn schema(&mut self, schema: &'a Yaml<'a>, row: &mut Row, path: &str) {
        let (mut raw, mut ty) = (Vec::new(), None);
        let place = cell("", self.line(schema), schema.span.start.col() + 1);
        for (key, value) in entries(schema) {
            match key.as_str() {
                "type" | "$ref" | "format" => raw.push(self.take(value)),
                "nullable" => {
                    row.nullable = self.take(value) == "true";
                    raw.push(if row.nullable {
                        "nullable".to_owned()
                    } else {
                        "not nullable".to_owned()
                    });
                }
                "description" => row.text = self.cell_of(Some(value)),
                "example" | "default" if entries(value).is_empty() => {
                    let text = self.cell_of(Some(value));
                    raw.push(format!("{key}={}", text.text));
                    row.example = Some(text).filter(|_| key == "example");
                }
                "enum" => {
                    if let YamlData::Sequence(list) = &value.data {
                        row.keyword_values = list.iter().map(|one| self.take(one)).collect();
                        raw.push(format!("enum={}", row.keyword_values.join(",")));
                    }
                }
                "items" | "additionalProperties" => {
                    let mut inner = Row::named(Cell::default());
                    if entries(value).is_empty() {
                        raw.push(format!("{key}={}", self.take(value)));
                    } else {
                        self.schema(value, &mut inner, path);
                    }
                    let kind = inner.kind().cloned().map(Box::new);
                    if let Some((text, _)) = inner.ty {
                        raw.push(format!("{key}={}", text.text));
                    }
                    ty = Some(if key == "items" {
                        TypeExpr::List(kind)
                    } else {
                        TypeExpr::Map(kind)
                    });
                }
                "properties" => {
                    self.pending.push((path.to_owned(), schema));
                    ty = Some(TypeExpr::Named(path.to_owned()));
                }
                "minimum" | "maximum" | "minLength" | "maxLength" | "pattern" | "title"
                | "deprecated" | "minItems" | "maxItems" => {
                    raw.push(format!("{key}={}", self.take(value)));
                }
                _ => {}
            }
        }
        let word = raw.first().cloned().unwrap_or_default();
        let ty = ty.or_else(|| {
            word.rsplit_once('/')
                .map(|(_, name)| TypeExpr::Named(name.to_owned()))
                .or_else(|| types::parse(&word, false))
        });
        row.ty = Some((
            Cell {
                text: raw.join(" "),
                ..place
            },
            ty.unwrap_or(TypeExpr::Any),
        ));
    }
}
