//! Format D: an OpenAPI document in a Markdown fence.

mod schema;
mod yaml;

use super::builder::Builder;
use super::fault::{Fault, Refused};
use super::json::Node;
use super::model::{Address, Cell, Content, Example, Format, Page, Role, Row, Side};
use super::text::Source;
use super::words::Presence;
use std::collections::HashSet;

/// Opening line, closing line and info string of the fence that holds the document.
fn fence(source: &Source) -> Option<(usize, usize, Vec<&str>)> {
    let mut at = 1;
    while at <= source.lines.len() {
        let info = source.text(at).trim_start_matches('`');
        let run = source.text(at).len() - info.len();
        if run >= 3 {
            let info: Vec<&str> = info.split_whitespace().collect();
            let end = (at + 1..=source.lines.len()).find(|line| {
                let text = source.text(*line);
                text.len() >= run && text.bytes().all(|b| b == b'`')
            })?;
            let yaml = matches!(info.first(), Some(&("yaml" | "yml" | "json")));
            let openapi = (at + 1..end).any(|line| {
                let text = source.text(line).trim_start_matches([' ', '"']);
                text.replace('"', "").starts_with("openapi: 3")
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

/// Reads a page.
pub(crate) fn read(source: &Source) -> Result<Page, Refused> {
    let mut b = Builder::new(source, Format::D);
    let Some((first, last, info)) = fence(source) else {
        return b.refuse(Fault::new(1, 1, "no OpenAPI document on the page"));
    };
    for line in (1..first).chain(last + 1..=source.lines.len()) {
        let text = source.text(line).trim_start_matches(['#', '>', ' ']);
        if source.text(line).starts_with("# ") {
            text.clone_into(&mut b.page.title);
        }
        if !source.is_blank(line) {
            b.prose(text, line);
        }
    }
    b.mark(first..=last);
    let lines: Vec<&str> = (first + 1..last).map(|line| source.text(line)).collect();
    let root = match yaml::parse(&lines.join("\n"), first) {
        Ok(root) => root,
        Err(fault) => return b.refuse(fault),
    };
    let mut reader = Reader {
        b,
        used: HashSet::new(),
        schemas: Vec::new(),
    };
    reader.document(&root, &info, first);
    let Reader { mut b, used, .. } = reader;
    let mut leaves = Vec::new();
    yaml::leaves(&root, &mut leaves);
    let unused: Vec<_> = leaves.iter().filter(|leaf| !used.contains(*leaf)).collect();
    for (line, column) in &unused {
        let message = "a value this reader has no place for";
        b.faults.push(Fault::new(*line, *column, message));
    }
    b.count("YAML leaves", leaves.len() - unused.len(), leaves.len());
    b.finish()
}

struct Reader<'a> {
    b: Builder<'a>,
    /// Places of the leaves that were read.
    used: HashSet<(usize, usize)>,
    /// Schemas that become tables of their own, with their names.
    schemas: Vec<(String, &'a Node)>,
}

/// The name at the end of a reference.
fn referred(reference: &Node) -> String {
    let text = yaml::text(reference);
    text.rsplit('/').next().unwrap_or("").to_owned()
}

impl<'a> Reader<'a> {
    /// Reads a leaf.
    fn take(&mut self, node: &Node) -> String {
        self.used.insert((node.line, node.column));
        yaml::text(node)
    }

    fn take_key(&mut self, node: &Node, key: &str) -> Option<String> {
        node.get(key).map(|value| self.take(value))
    }

    fn cell(&mut self, node: &Node) -> Cell {
        Cell::new(self.take(node), node.line, node.column)
    }

    /// Keeps a part of the document as words: all its keys and leaves go into the fingerprint.
    fn words(&mut self, key: &str, node: &Node) {
        for (name, value) in node.members() {
            self.words(&format!("{key}.{name}"), value);
        }
        for value in node.items() {
            self.words(key, value);
        }
        if node.members().is_empty() && node.items().is_empty() {
            let text = self.take(node);
            self.b.prose(format!("{key}: {text}"), node.line);
        }
    }

    fn document(&mut self, root: &'a Node, info: &[&str], first: usize) {
        for (key, value) in root.members() {
            match key.as_str() {
                "openapi" | "info" | "tags" | "security" | "externalDocs" => self.words(key, value),
                "servers" => {
                    let url = value.items().first().and_then(|one| one.get("url"));
                    self.b.page.server = url.map(yaml::text);
                    self.words(key, value);
                }
                "paths" => self.paths(value, info, first),
                "components" => {
                    for (part, value) in value.members() {
                        if part == "schemas" {
                            let named = value.members().iter();
                            self.schemas
                                .extend(named.map(|(name, one)| (name.clone(), one)));
                        } else {
                            self.words(part, value);
                        }
                    }
                }
                _ => {}
            }
        }
        while !self.schemas.is_empty() {
            let (name, schema) = self.schemas.remove(0);
            self.schema_table(Role::Object(name), schema);
        }
    }

    fn paths(&mut self, node: &'a Node, info: &[&str], first: usize) {
        for (path, methods) in node.members() {
            for (method, operation) in methods.members() {
                self.b.open_operation(operation.line);
                if let Some(op) = self.b.page.operations.last_mut() {
                    op.method = method.to_uppercase();
                    op.addresses = vec![Address::new(path, operation.line)];
                }
                if !info[2].eq_ignore_ascii_case(method) || info[3] != path {
                    let fence = info[2..].join(" ");
                    let message =
                        format!("the fence names `{fence}`, the document `{method} {path}`");
                    let fault = self.b.source.fault(first, info[2], message);
                    self.b.faults.push(fault);
                }
                self.operation(operation);
            }
        }
    }

    fn operation(&mut self, node: &'a Node) {
        for (key, value) in node.members() {
            match key.as_str() {
                "parameters" => self.parameters(value.items(), node.line),
                "requestBody" => self.body(value, &Role::Body, "request"),
                "responses" => {
                    for (status, response) in value.members() {
                        self.b.prose(status.as_str(), response.line);
                        self.body(response, &Role::Response, status);
                    }
                }
                "tags" | "summary" | "description" | "operationId" | "deprecated" | "security" => {
                    self.words(key, value);
                }
                _ => {}
            }
        }
    }

    fn parameters(&mut self, list: &'a [Node], line: usize) {
        let mut places: Vec<(Role, Vec<Row>)> = Vec::new();
        for one in list {
            let role = match self.take_key(one, "in").as_deref() {
                Some("path") => Role::Path,
                Some("header") => Role::Header,
                _ => Role::Query,
            };
            let mut row = Row::named(
                one.get("name")
                    .map(|name| self.cell(name))
                    .unwrap_or_default(),
            );
            if let Some(schema) = one.get("schema") {
                self.schema(schema, &mut row, "");
            }
            if let Some(text) = one.get("description") {
                row.text = self.cell(text);
            }
            let required = self.take_key(one, "required").as_deref() == Some("true");
            row.presence = Some((Cell::default(), Presence::of(required)));
            if let Some(example) = one.get("example") {
                row.example = Some(self.cell(example));
            }
            match places.iter_mut().find(|(known, _)| *known == role) {
                Some((_, rows)) => rows.push(row),
                None => places.push((role, vec![row])),
            }
        }
        for (role, rows) in places {
            self.b.table(role, schema::COLUMNS, Vec::new(), rows, line);
        }
    }

    /// A request body or a response.
    fn body(&mut self, node: &'a Node, role: &Role, label: &str) {
        for (key, value) in node.members() {
            if key != "content" {
                self.words(key, value);
                continue;
            }
            for (media_type, media) in value.members() {
                self.b.prose(media_type.as_str(), media.line);
                self.media(media, role, label);
            }
        }
    }

    fn media(&mut self, media: &'a Node, role: &Role, label: &str) {
        let schema = media.get("schema");
        let reference = schema.and_then(|schema| schema.get("$ref"));
        let side = match (reference, role) {
            (Some(reference), _) => Side::Object(referred(reference)),
            (None, Role::Response) => Side::Response,
            _ => Side::Request,
        };
        let bare = schema.is_none() && *role == Role::Response;
        for (key, value) in media.members() {
            match key.as_str() {
                "schema" => match reference {
                    Some(reference) => {
                        self.take(reference);
                        // The table of the response is the schema itself.
                        self.b
                            .prose(format!("{label} {}", referred(reference)), value.line);
                    }
                    None => self.schema_table(role.clone(), value),
                },
                "examples" => {
                    for (name, example) in value.members() {
                        for (key, value) in example.members() {
                            if key == "value" {
                                self.example(value, name, side.clone(), bare);
                            } else {
                                self.words(key, value);
                            }
                        }
                    }
                }
                "example" => self.example(value, label, side.clone(), bare),
                _ => {}
            }
        }
    }

    fn example(&mut self, document: &Node, label: &str, side: Side, error_response: bool) {
        let mut leaves = Vec::new();
        yaml::leaves(document, &mut leaves);
        self.used.extend(leaves);
        self.b.page.examples.push(Example {
            side,
            op: self.b.op(),
            label: label.to_owned(),
            body: format!("{label} {}", document.bare()),
            content: Content::Json(vec![document.clone()]),
            line: document.line,
            error_response,
            broken: None,
        });
    }
}
