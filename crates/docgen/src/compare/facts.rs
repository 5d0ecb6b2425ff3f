//! The bare facts of one operation of a page: what the lock holds.

use crate::capture::hints;
use crate::capture::json::Node;
use crate::capture::model::{Content, Example, Page, Row, Side, Table};
use crate::capture::rows::server;
use crate::capture::words::Presence;
use crate::rules;
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Facts of an operation, without any of the service's sentences.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Facts {
    /// Address of the page, where the capture has it.
    pub source: Option<String>,
    /// SHA-256 of the capture.
    pub sha256: String,
    /// How to call it.
    pub endpoint: CallFacts,
    /// Tables by key.
    pub tables: BTreeMap<String, TableFacts>,
    /// Examples in the order of the page.
    pub examples: Vec<ExampleFacts>,
    /// Rule and place of each contradiction.
    pub findings: Vec<FindingFacts>,
    /// Hashes of running text and headings.
    #[serde(deserialize_with = "hashes")]
    pub prose: Vec<String>,
}

/// How an operation is called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallFacts {
    /// Method; empty for a page without an operation.
    pub method: String,
    /// Paths, placeholders as `{name}`.
    pub paths: Vec<String>,
    /// Scheme and host.
    pub server: String,
    /// Scope.
    pub scope: Option<String>,
    /// Hashes of the rows of the endpoint table.
    pub rows: Vec<String>,
}

/// Facts of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct TableFacts {
    /// Hash of its header words.
    pub header: String,
    /// When it applies: `field=value`.
    #[serde(rename = "if")]
    pub condition: Option<String>,
    /// Rows in their order.
    pub rows: Vec<RowFacts>,
}

/// Facts of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RowFacts {
    /// Name; a hash when it is no identifier.
    pub name: String,
    /// Depth of nesting.
    #[serde(skip_serializing_if = "is_default")]
    pub depth: usize,
    /// Type as written.
    #[serde(rename = "type", skip_serializing_if = "is_default")]
    pub ty: Option<String>,
    /// `yes`, `no`, `conditional`, `unknown`; none without such a column.
    #[serde(skip_serializing_if = "is_default")]
    pub required: Option<String>,
    /// Kind of the example: `digits`, `text`, `json`.
    #[serde(skip_serializing_if = "is_default")]
    pub example: Option<String>,
    /// Hash of the example.
    #[serde(rename = "value", skip_serializing_if = "is_default")]
    pub example_hash: String,
    /// Hash of the description and further cells.
    pub text: String,
    /// Facts in the description.
    #[serde(skip_serializing_if = "is_default")]
    pub hints: BTreeMap<String, String>,
}

/// Facts of an example.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExampleFacts {
    /// Which way it goes.
    pub side: String,
    /// Hash of its text.
    pub hash: String,
    /// Kinds of its values by path.
    pub kinds: BTreeMap<String, String>,
}

/// A contradiction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FindingFacts {
    /// Rule, e.g. `T101`.
    pub rule: String,
    /// Place in the words of the source.
    pub at: String,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Several hashes a line.
fn hashes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let lines = Vec::<String>::deserialize(from)?;
    let hashes = lines.iter().flat_map(|line| line.split(' '));
    Ok(hashes.map(str::to_owned).collect())
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
        let operation = page.operations.get(op).cloned().unwrap_or_default();
        let address = operation.addresses.first();
        let server = address
            .and_then(|one| server(&one.url))
            .or(page.server.clone());
        let mut facts = Self {
            source: page.source.clone(),
            sha256: hex(&Sha256::digest(raw.as_bytes())),
            endpoint: CallFacts {
                method: operation.method,
                paths: operation
                    .addresses
                    .into_iter()
                    .map(|one| one.path)
                    .collect(),
                server: server.unwrap_or_default(),
                scope: operation.scope,
                rows: Vec::new(),
            },
            ..Self::default()
        };
        let mine = |own: Option<usize>| belongs(own, op);
        for table in page.tables.iter().filter(|table| mine(table.op)) {
            if table.key.starts_with("endpoint") {
                let cells = table.rows.iter();
                let cells = cells.map(|row| hash(&format!("{}|{}", row.name.text, row.text.text)));
                facts.endpoint.rows.extend(cells);
            } else {
                let before = table.op.is_none() && page.operations.len() > op;
                let key = format!("{}{}", if before { "before/" } else { "" }, table.key);
                facts.tables.insert(key, table_facts(table));
            }
        }
        let examples = page.examples.iter().filter(|one| mine(one.op));
        facts.examples = examples.map(example_facts).collect();
        let prose = page.prose.iter().filter(|one| mine(one.op));
        facts.prose = prose.map(|one| hash(&one.text)).collect();
        let findings = rules::run(page).into_iter().filter(|one| mine(one.op));
        facts.findings = findings
            .map(|finding| FindingFacts {
                rule: finding.rule.to_owned(),
                at: finding.at,
            })
            .collect();
        facts.findings.sort();
        facts
    }

    /// The first path.
    pub fn path(&self) -> &str {
        self.endpoint.paths.first().map_or("", String::as_str)
    }
}

/// Whether what stands in one operation, or before all, belongs to another.
pub(super) fn belongs(own: Option<usize>, op: usize) -> bool {
    own.unwrap_or(0) == op
}

fn table_facts(table: &Table) -> TableFacts {
    let condition = table.condition.as_ref();
    TableFacts {
        header: hash(&table.header.join("|")),
        condition: condition.map(|(field, value)| format!("{field}={value}")),
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
    let required = row.presence.as_ref().map(|(cell, said)| {
        let said = match said {
            Presence::Required => "yes",
            Presence::Optional => "no",
            Presence::Conditional => "conditional",
            Presence::Unknown => "unknown",
        };
        let word = cell.flat().to_lowercase();
        if word.is_empty() || PLAIN.contains(&word.as_str()) {
            said.to_owned()
        } else {
            format!("{said}, {}", hash(&cell.flat()))
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

fn example_facts(example: &Example) -> ExampleFacts {
    let side = match &example.side {
        Side::Request => "request",
        Side::Response => "response",
        Side::Object(name) => name.as_str(),
        Side::Other => "other",
    };
    let mut kinds = BTreeMap::new();
    match &example.content {
        Content::Json(documents) => {
            for node in documents {
                paths(node, "", &mut kinds);
            }
        }
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

/// The kinds of all values below a node; several kinds of one path are joined by `|`.
fn paths(node: &Node, prefix: &str, kinds: &mut BTreeMap<String, String>) {
    let top = prefix.is_empty() || prefix.ends_with(':');
    let dot = if top { "" } else { "." };
    for (key, value) in node.members() {
        let path = format!("{prefix}{dot}{key}");
        let kind = value.kind().name();
        let known = kinds.entry(path.clone()).or_insert_with(|| kind.to_owned());
        if !known.split('|').any(|one| one == kind) {
            *known = format!("{known}|{kind}");
        }
        paths(value, &path, kinds);
    }
    for item in node.items() {
        paths(item, &format!("{prefix}[]"), kinds);
    }
}
