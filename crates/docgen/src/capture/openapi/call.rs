//! Parameters, bodies and examples.

use super::{Reader, Yaml, entries, get, scalar};
use crate::capture::examples;
use crate::capture::json::{Node, Value};
use crate::capture::model::{Cell, Content, Prose, Role, Row, Side};
use crate::capture::sections::cell;
use crate::capture::types::TypeExpr;
use crate::capture::words::{Column, Presence};
use saphyr::{Scalar, YamlData};

impl<'a> Reader<'a> {
    pub(super) fn parameters(&mut self, node: &'a Yaml<'a>, line: usize) {
        let YamlData::Sequence(list) = &node.data else {
            return;
        };
        let mut places: Vec<(Role, Vec<Row>)> = Vec::new();
        for one in list {
            let role = match self.take_key(one, "in").as_deref() {
                Some("path") => Role::Path,
                Some("header") => Role::Header,
                _ => Role::Query,
            };
            let mut row = Row::named(self.cell_of(get(one, "name")));
            if let Some(schema) = get(one, "schema") {
                self.schema(schema, &mut row, "");
            }
            if let Some(text) = get(one, "description") {
                row.text = self.cell_of(Some(text));
            }
            let required = self.take_key(one, "required").as_deref() == Some("true");
            row.presence = Some((
                Cell::default(),
                if required {
                    Presence::Required
                } else {
                    Presence::Optional
                },
            ));
            if let Some(example) = get(one, "example") {
                row.example = Some(self.cell_of(Some(example)));
            }
            match places.iter_mut().find(|(known, _)| *known == role) {
                Some((_, rows)) => rows.push(row),
                None => places.push((role, vec![row])),
            }
        }
        for (role, rows) in places {
            self.b.table(
                role,
                vec![Column::Name, Column::Type, Column::Presence, Column::Text],
                Vec::new(),
                rows,
                line,
            );
        }
    }

    pub(super) fn cell_of(&mut self, node: Option<&Yaml<'_>>) -> Cell {
        node.map(|node| {
            let text = self.take(node);
            cell(&text, self.line(node), node.span.start.col() + 1)
        })
        .unwrap_or_default()
    }

    pub(super) fn content(&mut self, node: &'a Yaml<'a>, role: &Role, label: &str, answer: bool) {
        for (media_type, media) in entries(node) {
            let line = self.line(media);
            self.b.prose(&media_type, line);
            let schema = get(media, "schema");
            for (key, value) in entries(media) {
                match key.as_str() {
                    "schema" => {
                        if let Some(reference) = get(value, "$ref") {
                            let name = self
                                .take(reference)
                                .rsplit('/')
                                .next()
                                .unwrap_or("")
                                .to_owned();
                            let mut row = Row::named(Cell::default());
                            row.ty = Some((Cell::default(), TypeExpr::Named(name)));
                            // The table of the answer is the schema itself.
                            if let Some(TypeExpr::Named(name)) = row.kind() {
                                self.b.page.prose.push(Prose {
                                    text: format!("{label} {name}"),
                                    op: self.b.op(),
                                    line: self.line(value),
                                });
                            }
                        } else {
                            self.schema_table(role.clone(), value);
                        }
                    }
                    "examples" => {
                        for (name, example) in entries(value) {
                            for (key, value) in entries(example) {
                                if key == "value" {
                                    self.example(value, &name, schema, answer);
                                } else {
                                    self.words(&key, value);
                                }
                            }
                        }
                    }
                    "example" => self.example(value, label, schema, answer),
                    _ => {}
                }
            }
        }
    }

    fn example(
        &mut self,
        node: &'a Yaml<'a>,
        label: &str,
        schema: Option<&Yaml<'_>>,
        answer: bool,
    ) {
        let line = self.line(node);
        let side = match schema.and_then(|schema| get(schema, "$ref")) {
            Some(reference) => Side::Object(
                scalar(reference)
                    .rsplit('/')
                    .next()
                    .unwrap_or("")
                    .to_owned(),
            ),
            None if answer => Side::Response,
            None => Side::Request,
        };
        let document = self.value(node);
        let mut example = examples::read("", line, side, self.b.op(), label);
        example.body = format!("{label} {}", document.bare());
        example.content = Content::Json(vec![document]);
        example.error_answer = answer && schema.is_none();
        self.b.example(example);
    }

    fn value(&mut self, node: &Yaml<'_>) -> Node {
        let value = match &node.data {
            YamlData::Mapping(map) if !map.is_empty() => Value::Object(
                entries(node)
                    .into_iter()
                    .map(|(key, value)| (key, self.value(value)))
                    .collect(),
            ),
            YamlData::Sequence(list) if !list.is_empty() => {
                Value::Array(list.iter().map(|one| self.value(one)).collect())
            }
            data => {
                let text = self.take(node);
                match data {
                    YamlData::Mapping(_) => Value::Object(Vec::new()),
                    YamlData::Sequence(_) => Value::Array(Vec::new()),
                    YamlData::Value(Scalar::Null) => Value::Null,
                    YamlData::Value(Scalar::Boolean(flag)) => Value::Bool(*flag),
                    YamlData::Value(Scalar::Integer(_) | Scalar::FloatingPoint(_)) => {
                        Value::Number(text)
                    }
                    _ => Value::Text(text),
                }
            }
        };
        Node {
            line: self.line(node),
            column: node.span.start.col() + 1,
            value,
        }
    }
}
