//! The bare facts of one operation of a page: what the lock holds.

use crate::capture::hints;
use crate::capture::json::Node;
use crate::capture::model::{Content, Page, Row, Side, Table};
use crate::capture::words::Presence;
use crate::rules;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Facts of an operation, without any of the vendor's sentences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Address of the page, where the capture has it.
    pub source: Option<String>,
    /// SHA-256 of the capture.
    pub sha256: String,
    /// Method; empty for a page without an operation.
    pub method: String,
    /// Paths, placeholders as `{name}`.
    pub paths: Vec<String>,
    /// Scheme and host.
    pub server: String,
    /// Scope.
    pub scope: Option<String>,
    /// Hashes of the rows of the endpoint table.
    pub endpoint: Vec<String>,
    /// Tables by key.
    pub tables: BTreeMap<String, TableFacts>,
    /// Examples in the order of the page.
    pub examples: Vec<ExampleFacts>,
    /// Hashes of running text and headings.
    pub prose: Vec<String>,
    /// Rule and place of each contradiction.
    pub findings: Vec<(String, String)>,
}

/// Facts of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableFacts {
    /// Hash of its header words.
    pub header: String,
    /// When it applies: `field=value`.
    pub condition: Option<String>,
    /// Rows in their order.
    pub rows: Vec<RowFacts>,
}

/// Facts of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowFacts {
    /// Name; a hash when it is no identifier.
    pub name: String,
    /// Depth of nesting.
    pub depth: usize,
    /// Type as written.
    pub ty: Option<String>,
    /// `yes`, `no`, `conditional`, `unknown`; none without such a column.
    pub required: Option<String>,
    /// Kind of the example: `digits`, `text`, `json`.
    pub example: Option<String>,
    /// Hash of the example.
    pub example_hash: String,
    /// Hash of the description and further cells.
    pub text: String,
    /// Facts in the description.
    pub hints: BTreeMap<String, String>,
}

/// Facts of an example.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExampleFacts {
    /// Which way it goes.
    pub side: String,
    /// Hash of its text.
    pub hash: String,
    /// Kinds of its values by path.
    pub kinds: BTreeMap<String, String>,
}

/// First digits of the SHA-256 of a text, blanks left out.
pub(super) fn hash(text: &str) -> String {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    hex(&Sha256::digest(bare.as_bytes()))[..8].to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|n| char::from_digit(u32::from(n), 16))
        .collect()
}

impl Facts {
    /// The facts of an operation of a page; `raw` is the capture's text. Tables and text before the
    /// first operation belong to the first.
    pub fn of(page: &Page, op: usize, raw: &str) -> Self {
        let mine = |own: Option<usize>| own == Some(op) || (own.is_none() && op == 0);
        let mut facts = Self {
            source: page.source.clone(),
            sha256: hex(&Sha256::digest(raw.as_bytes())),
            server: page.server.clone().unwrap_or_default(),
            ..Self::default()
        };
        if let Some(operation) = page.operations.get(op) {
            facts.method.clone_from(&operation.method);
            facts.paths = operation
                .addresses
                .iter()
                .map(|one| one.path.clone())
                .collect();
            facts.scope.clone_from(&operation.scope);
            let server = operation
                .addresses
                .first()
                .and_then(|one| crate::capture::rows::server(&one.url));
            facts.server = server.unwrap_or(facts.server);
        }
        for table in page.tables.iter().filter(|table| mine(table.op)) {
            if table.key.starts_with("endpoint") {
                let cells = table
                    .rows
                    .iter()
                    .map(|row| hash(&format!("{}|{}", row.name.text, row.text.text)));
                facts.endpoint.extend(cells);
            } else {
                let key = if table.op.is_none() && page.operations.len() > op {
                    format!("before/{}", table.key)
                } else {
                    table.key.clone()
                };
                facts.tables.insert(key, table_facts(table));
            }
        }
        facts.examples = page
            .examples
            .iter()
            .filter(|one| mine(one.op))
            .map(example_facts)
            .collect();
        facts.prose = page
            .prose
            .iter()
            .filter(|one| mine(one.op))
            .map(|one| hash(&one.text))
            .collect();
        facts.findings = rules::run(page)
            .into_iter()
            .filter(|finding| mine(finding.op))
            .map(|finding| (finding.rule.to_owned(), finding.at))
            .collect();
        facts.findings.sort();
        facts
    }

    /// The first path.
    pub fn path(&self) -> &str {
        self.paths.first().map_or("", String::as_str)
    }
}

fn table_facts(table: &Table) -> TableFacts {
    TableFacts {
        header: hash(&table.header.join("|")),
        condition: table
            .condition
            .as_ref()
            .map(|(field, value)| format!("{field}={value}")),
        rows: table.rows.iter().map(row_facts).collect(),
    }
}

/// The name of a row as the lock writes it.
pub(super) fn row_name(row: &Row) -> String {
    let name = &row.name.text;
    let bare = name.chars().all(|c| c.is_ascii_graphic());
    if bare {
        name.clone()
    } else {
        format!("#{}", hash(name))
    }
}

/// Words for presence that say no more than yes or no.
const PLAIN: &[&str] = &[
    "必选", "可选", "必填", "选填", "是", "否", "yes", "no", "required", "optional", "true",
    "false",
];

fn row_facts(row: &Row) -> RowFacts {
    let required = row.presence.as_ref().map(|(_, said)| match said {
        Presence::Required => "yes",
        Presence::Optional => "no",
        Presence::Conditional => "conditional",
        Presence::Unknown => "unknown",
    });
    let required = required.map(|said| {
        let word = row
            .presence
            .as_ref()
            .map_or(String::new(), |(cell, _)| cell.flat());
        if word.is_empty() || PLAIN.contains(&word.to_lowercase().as_str()) {
            said.to_owned()
        } else {
            format!("{said}, {}", hash(&word))
        }
    });
    let example = row.example.as_ref().map(|cell| cell.text.trim());
    let others: Vec<&str> = row.others.iter().map(|cell| cell.text.as_str()).collect();
    RowFacts {
        name: row_name(row),
        depth: row.depth,
        ty: row.ty.as_ref().map(|(cell, _)| cell.flat()),
        required,
        example: example.map(|text| kind_of(text).to_owned()),
        example_hash: example.map_or(String::new(), hash),
        text: hash(&format!("{}|{}", row.text.text, others.join("|"))),
        hints: hints::all(row),
    }
}

fn kind_of(text: &str) -> &'static str {
    if text.starts_with(['{', '[', '"']) {
        "json"
    } else if text.chars().all(|c| c.is_ascii_digit() || c == '*') {
        "digits"
    } else {
        "text"
    }
}

fn example_facts(example: &crate::capture::model::Example) -> ExampleFacts {
    let side = match &example.side {
        Side::Request => "request",
        Side::Response => "response",
        Side::Object(name) => name.as_str(),
        Side::Other => "other",
    };
    let mut kinds = BTreeMap::new();
    match &example.content {
        Content::Json(documents) => documents
            .iter()
            .for_each(|node| paths(node, "", &mut kinds)),
        Content::Events(events) => {
            for (name, node) in events {
                paths(node, &format!("{name}:"), &mut kinds);
            }
        }
        Content::Call(call) => {
            kinds.insert("$method".to_owned(), call.method.clone());
            if let Some(body) = &call.body {
                paths(body, "", &mut kinds);
            }
        }
        Content::Text => {}
    }
    ExampleFacts {
        side: side.to_owned(),
        hash: hash(&example.body),
        kinds,
    }
}

fn paths(node: &Node, prefix: &str, kinds: &mut BTreeMap<String, String>) {
    let dot = if prefix.is_empty() || prefix.ends_with(':') {
        ""
    } else {
        "."
    };
    for (key, value) in node.members() {
        let path = format!("{prefix}{dot}{key}");
        let kind = value.kind().name();
        kinds
            .entry(path.clone())
            .and_modify(|known| {
                if !known.split('|').any(|one| one == kind) {
                    known.push('|');
                    known.push_str(kind);
                }
            })
            .or_insert_with(|| kind.to_owned());
        paths(value, &path, kinds);
    }
    if let crate::capture::json::Value::Array(items) = &node.value {
        for item in items {
            paths(item, &format!("{prefix}[]"), kinds);
        }
    }
}
