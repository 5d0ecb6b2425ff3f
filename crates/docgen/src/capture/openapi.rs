//! Format D: an OpenAPI document in a Markdown fence.

use super::examples;
use super::fault::Fault;
use super::json::{Node, Value};
use super::model::{Address, Cell, Content, Format, Page, Role, Row, Side};
use super::rows;
use super::sections::{Builder, cell};
use super::text::Source;
use super::types::TypeExpr;
use super::words::{Column, Presence};
use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, YamlData};
use std::collections::HashSet;

/// Opening line, closing line and info string of the fence that holds the document.
fn fence(source: &Source) -> Option<(usize, usize, Vec<String>)> {
    let mut at = 1;
    while at <= source.lines.len() {
        let text = source.text(at);
        let run = text.chars().take_while(|c| *c == '`').count();
        if run >= 3 {
            let info: Vec<String> = text[run..].split_whitespace().map(str::to_owned).collect();
            let end = (at + 1..=source.lines.len()).find(|line| {
                let text = source.text(*line);
                text.len() >= run && text.bytes().all(|b| b == b'`')
            })?;
            let yaml = info
                .first()
                .is_some_and(|word| matches!(word.as_str(), "yaml" | "yml" | "json"));
            let openapi = (at + 1..end).any(|line| {
                source
                    .text(line)
                    .trim_start_matches([' ', '"'])
                    .replace('"', "")
                    .starts_with("openapi: 3")
            });
            if yaml && openapi && info.len() >= 4 {
                return Some((at, end, info));
            }
            at = end;
        }
        at += 1;
    }
    None
}

/// Whether the text has the mark of this format.
pub(crate) fn detect(source: &Source) -> bool {
    fence(source).is_some()
}

type Yaml<'a> = MarkedYaml<'a>;

struct Reader<'a> {
    b: Builder<'a>,
    offset: usize,
    used: HashSet<(usize, usize)>,
    root: &'a Yaml<'a>,
    pending: Vec<(String, &'a Yaml<'a>)>,
}

/// Reads a page.
pub(crate) fn read(source: &Source) -> (Page, Vec<Fault>) {
    let mut b = Builder::new(source, Format::D);
    let Some((first, last, info)) = fence(source) else {
        b.faults
            .push(Fault::new(1, 1, "no OpenAPI document on the page"));
        return b.finish();
    };
    for line in (1..first).chain(last + 1..=source.lines.len()) {
        let text = source
            .text(line)
            .trim_start_matches(['#', '>', ' '])
            .to_owned();
        if source.text(line).starts_with("# ") {
            b.page.title.clone_from(&text);
        }
        if !source.is_blank(line) {
            b.prose(&text, line);
        }
    }
    b.mark(first..=last);
    let lines: Vec<&str> = (first + 1..last).map(|line| source.text(line)).collect();
    let text = lines.join("\n");
    let documents = match Yaml::load_from_str(&text) {
        Ok(documents) => documents,
        Err(error) => {
            let line = first + error.marker().line();
            b.faults.push(Fault::new(
                line,
                error.marker().col() + 1,
                format!("not YAML: {error}"),
            ));
            return b.finish();
        }
    };
    let Some(root) = documents.first() else {
        b.faults.push(source.fault(first, "", "an empty document"));
        return b.finish();
    };
    let mut reader = Reader {
        b,
        offset: first,
        used: HashSet::new(),
        root,
        pending: Vec::new(),
    };
    reader.document(&info, first);
    let mut leaves = Vec::new();
    collect(root, &mut leaves);
    let Reader {
        b, used, offset, ..
    } = reader;
    // The builder must outlive the borrowed tree only as far as the facts it copied.
    let mut b = b;
    for (line, column) in &leaves {
        if !used.contains(&(*line, *column)) {
            let message = "a value this reader has no place for";
            b.faults
                .push(Fault::new(line + offset, column + 1, message));
        }
    }
    let read = leaves.iter().filter(|leaf| used.contains(*leaf)).count();
    b.count("YAML leaves", read, leaves.len());
    b.finish()
}

fn collect(node: &Yaml<'_>, leaves: &mut Vec<(usize, usize)>) {
    match &node.data {
        YamlData::Mapping(map) if !map.is_empty() => {
            map.values().for_each(|value| collect(value, leaves))
        }
        YamlData::Sequence(list) if !list.is_empty() => {
            list.iter().for_each(|value| collect(value, leaves))
        }
        _ => leaves.push((node.span.start.line(), node.span.start.col())),
    }
}

fn scalar(node: &Yaml<'_>) -> String {
    match &node.data {
        YamlData::Value(Scalar::String(text)) => text.to_string(),
        YamlData::Value(Scalar::Integer(number)) => number.to_string(),
        YamlData::Value(Scalar::FloatingPoint(number)) => number.to_string(),
        YamlData::Value(Scalar::Boolean(flag)) => flag.to_string(),
        YamlData::Value(Scalar::Null) => "null".to_owned(),
        YamlData::Representation(text, ..) => text.to_string(),
        _ => String::new(),
    }
}

fn entries<'a, 'y>(node: &'a Yaml<'y>) -> Vec<(String, &'a Yaml<'y>)> {
    match &node.data {
        YamlData::Mapping(map) => map
            .iter()
            .map(|(key, value)| (scalar(key), value))
            .collect(),
        _ => Vec::new(),
    }
}

fn get<'a, 'y>(node: &'a Yaml<'y>, key: &str) -> Option<&'a Yaml<'y>> {
    entries(node)
        .into_iter()
        .find(|(name, _)| name == key)
        .map(|(_, value)| value)
}

impl<'a> Reader<'a> {
    fn line(&self, node: &Yaml<'_>) -> usize {
        node.span.start.line() + self.offset
    }

    fn take(&mut self, node: &Yaml<'_>) -> String {
        self.used
            .insert((node.span.start.line(), node.span.start.col()));
        scalar(node)
    }

    fn take_key(&mut self, node: &Yaml<'_>, key: &str) -> Option<String> {
        let value = get(node, key)?;
        Some(self.take(value))
    }

    /// Keeps a part of the document as words: all its keys and leaves go into the fingerprint.
    fn words(&mut self, key: &str, node: &Yaml<'_>) {
        match &node.data {
            YamlData::Mapping(map) if !map.is_empty() => {
                map.iter().for_each(|(name, value)| {
                    self.words(&format!("{key}.{}", scalar(name)), value)
                });
            }
            YamlData::Sequence(list) if !list.is_empty() => {
                list.iter().for_each(|value| self.words(key, value))
            }
            _ => {
                let text = format!("{key}: {}", self.take(node));
                let line = self.line(node);
                self.b.prose(&text, line);
            }
        }
    }

    fn document(&mut self, info: &[String], first: usize) {
        let root = self.root;
        for (key, value) in entries(root) {
            match key.as_str() {
                "openapi" | "info" | "tags" | "security" | "externalDocs" => {
                    self.words(&key, value)
                }
                "servers" => self.servers(value),
                "paths" => self.paths(value, info, first),
                "components" => {
                    for (part, value) in entries(value) {
                        if part == "schemas" {
                            for (name, schema) in entries(value) {
                                self.pending.push((name, schema));
                            }
                        } else {
                            self.words(&part, value);
                        }
                    }
                }
                _ => {}
            }
        }
        while !self.pending.is_empty() {
            let (name, schema) = self.pending.remove(0);
            self.schema_table(Role::Object(name), schema);
        }
    }

    fn servers(&mut self, node: &'a Yaml<'a>) {
        if let YamlData::Sequence(list) = &node.data
            && let Some(first) = list.first()
        {
            self.b.page.server = get(first, "url").map(scalar);
        }
        self.words("servers", node);
    }

    fn paths(&mut self, node: &'a Yaml<'a>, info: &[String], first: usize) {
        for (path, methods) in entries(node) {
            for (method, operation) in entries(methods) {
                let line = self.line(operation);
                let op = self.b.open_operation(line);
                op.method = method.to_uppercase();
                op.addresses = vec![Address {
                    url: path.clone(),
                    path: rows::path_of(&path),
                    line,
                }];
                let named = info
                    .get(2)
                    .is_some_and(|word| word.eq_ignore_ascii_case(&method))
                    && info.get(3) == Some(&path);
                if !named {
                    let message = format!(
                        "the fence names `{}`, the document `{method} {path}`",
                        info[2..].join(" ")
                    );
                    self.b
                        .faults
                        .push(self.b.source.fault(first, &info[2], message));
                }
                self.operation(operation, line);
            }
        }
    }

    fn operation(&mut self, node: &'a Yaml<'a>, line: usize) {
        for (key, value) in entries(node) {
            match key.as_str() {
                "parameters" => self.parameters(value, line),
                "requestBody" => {
                    for (key, value) in entries(value) {
                        if key == "content" {
                            self.content(value, Role::Body, "request", false);
                        } else {
                            self.words(&key, value);
                        }
                    }
                }
                "responses" => {
                    for (status, answer) in entries(value) {
                        let line = self.line(answer);
                        self.b.prose(&status, line);
                        for (key, value) in entries(answer) {
                            if key == "content" {
                                self.content(value, Role::Response, &status, true);
                            } else {
                                self.words(&key, value);
                            }
                        }
                    }
                }
                "tags" | "summary" | "description" | "operationId" | "deprecated" | "security" => {
                    self.words(&key, value)
                }
                _ => {}
            }
        }
    }

    fn parameters(&mut self, node: &'a Yaml<'a>, line: usize) {
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

    fn cell_of(&mut self, node: Option<&Yaml<'_>>) -> Cell {
        node.map(|node| {
            let text = self.take(node);
            cell(&text, self.line(node), node.span.start.col() + 1)
        })
        .unwrap_or_default()
    }

    fn content(&mut self, node: &'a Yaml<'a>, role: Role, label: &str, answer: bool) {
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
                                self.b.page.prose.push(super::model::Prose {
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

    fn schema_table(&mut self, role: Role, schema: &'a Yaml<'a>) {
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
                    self.words(&key, value)
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
    fn schema(&mut self, schema: &'a Yaml<'a>, row: &mut Row, path: &str) {
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
                    raw.push(format!("{key}={}", self.take(value)))
                }
                _ => {}
            }
        }
        let word = raw.first().cloned().unwrap_or_default();
        let ty = ty.or_else(|| {
            word.rsplit_once('/')
                .map(|(_, name)| TypeExpr::Named(name.to_owned()))
                .or_else(|| super::types::parse(&word, false))
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
