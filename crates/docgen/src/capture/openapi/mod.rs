//! Format D: an OpenAPI document in a Markdown fence.

mod call;
mod schema;

use crate::capture::fault::Fault;
use crate::capture::model::{Address, Format, Page, Role};
use crate::capture::rows;
use crate::capture::sections::Builder;
use crate::capture::text::Source;
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
            map.values().for_each(|value| collect(value, leaves));
        }
        YamlData::Sequence(list) if !list.is_empty() => {
            for value in list {
                collect(value, leaves);
            }
        }
        _ => leaves.push((node.span.start.line(), node.span.start.col())),
    }
}

fn scalar(node: &Yaml<'_>) -> String {
    match &node.data {
        YamlData::Value(Scalar::String(text)) | YamlData::Representation(text, ..) => {
            text.to_string()
        }
        YamlData::Value(Scalar::Integer(number)) => number.to_string(),
        YamlData::Value(Scalar::FloatingPoint(number)) => number.to_string(),
        YamlData::Value(Scalar::Boolean(flag)) => flag.to_string(),
        YamlData::Value(Scalar::Null) => "null".to_owned(),
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
                    self.words(&format!("{key}.{}", scalar(name)), value);
                });
            }
            YamlData::Sequence(list) if !list.is_empty() => {
                for value in list {
                    self.words(key, value);
                }
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
                    self.words(&key, value);
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
                            self.content(value, &Role::Body, "request", false);
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
                                self.content(value, &Role::Response, &status, true);
                            } else {
                                self.words(&key, value);
                            }
                        }
                    }
                }
                "tags" | "summary" | "description" | "operationId" | "deprecated" | "security" => {
                    self.words(&key, value);
                }
                _ => {}
            }
        }
    }
}
