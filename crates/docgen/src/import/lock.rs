//! The lock: what each source of a page said when it was accepted, one row a line.

use super::facts::{ExampleFacts, Facts, RowFacts, TableFacts};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Version of what the importer writes; a change of meaning raises it.
pub const IMPORTER: u64 = 1;

/// The lock of one of our pages: facts by format of their source.
///
/// The same page captured in two formats differs in wording everywhere, so each format is compared
/// with its own entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// Facts by name of the format.
    pub sources: BTreeMap<String, Facts>,
}

fn line(value: &Value) -> String {
    value.to_string()
}

fn row(row: &RowFacts) -> Value {
    let mut map = Map::new();
    map.insert("name".to_owned(), json!(row.name));
    if row.depth > 0 {
        map.insert("depth".to_owned(), json!(row.depth));
    }
    for (key, value) in [
        ("type", &row.ty),
        ("required", &row.required),
        ("example", &row.example),
    ] {
        if let Some(value) = value {
            map.insert(key.to_owned(), json!(value));
        }
    }
    if !row.example_hash.is_empty() {
        map.insert("value".to_owned(), json!(row.example_hash));
    }
    map.insert("text".to_owned(), json!(row.text));
    if !row.hints.is_empty() {
        map.insert("hints".to_owned(), json!(row.hints));
    }
    Value::Object(map)
}

fn list(out: &mut String, name: &str, lines: &[String], last: bool) {
    let end = if last { "" } else { "," };
    if lines.is_empty() {
        let _ = writeln!(out, "    \"{name}\": []{end}");
        return;
    }
    let _ = writeln!(out, "    \"{name}\": [");
    for (index, line) in lines.iter().enumerate() {
        let comma = if index + 1 < lines.len() { "," } else { "" };
        let _ = writeln!(out, "      {line}{comma}");
    }
    let _ = writeln!(out, "    ]{end}");
}

impl Lock {
    /// The file's text.
    pub fn write(&self) -> String {
        let mut out = String::from("{\n");
        for (index, (format, facts)) in self.sources.iter().enumerate() {
            let _ = writeln!(out, "  {}: {{", json!(format));
            write_facts(&mut out, facts);
            let comma = if index + 1 < self.sources.len() {
                ","
            } else {
                ""
            };
            let _ = writeln!(out, "  }}{comma}");
        }
        out.push_str("}\n");
        out
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When the text is not a lock of this version.
    pub fn read(text: &str) -> Result<Self, String> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
        let sources = value.as_object().ok_or("not an object")?;
        let mut lock = Self::default();
        for (format, value) in sources {
            if value["importer"].as_u64() != Some(IMPORTER) {
                return Err(format!(
                    "`{format}` was written by another version; accept the capture again"
                ));
            }
            lock.sources.insert(format.clone(), read_facts(value));
        }
        Ok(lock)
    }

    /// Reads all locks below a folder, by their path below it without the extension.
    ///
    /// # Errors
    ///
    /// The path of the first file that is no lock of this version or cannot be read, and why.
    pub fn read_all(folder: &Path) -> Result<BTreeMap<String, Self>, (PathBuf, String)> {
        let mut files = Vec::new();
        Self::files(folder, &mut files);
        let mut locks = BTreeMap::new();
        for file in files {
            let lock = std::fs::read_to_string(&file)
                .map_err(|error| error.to_string())
                .and_then(|text| Self::read(&text));
            let name = file
                .strip_prefix(folder)
                .unwrap_or(&file)
                .with_extension("")
                .to_string_lossy()
                .replace('\\', "/");
            match lock {
                Ok(lock) => locks.insert(name, lock),
                Err(error) => return Err((file, error)),
            };
        }
        Ok(locks)
    }

    /// The files of locks below a folder, in the order of their names.
    pub(super) fn files(folder: &Path, found: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return;
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                Self::files(&path, found);
            } else if path.extension().is_some_and(|end| end == "json") {
                found.push(path);
            }
        }
    }
}

fn write_facts(out: &mut String, facts: &Facts) {
    let _ = writeln!(out, "    \"importer\": {IMPORTER},");
    let _ = writeln!(out, "    \"sha256\": {},", json!(facts.sha256));
    let _ = writeln!(out, "    \"source\": {},", json!(facts.source));
    let call = json!({
        "method": facts.method, "paths": facts.paths, "server": facts.server, "scope": facts.scope,
        "rows": facts.endpoint,
    });
    let _ = writeln!(out, "    \"endpoint\": {call},");
    let _ = writeln!(out, "    \"tables\": {{");
    for (index, (key, table)) in facts.tables.iter().enumerate() {
        let comma = if index + 1 < facts.tables.len() {
            ","
        } else {
            ""
        };
        let condition = json!(table.condition);
        let _ = writeln!(
            out,
            "      {}: {{\"header\": {}, \"if\": {condition}, \"rows\": [",
            json!(key),
            json!(table.header)
        );
        for (index, one) in table.rows.iter().enumerate() {
            let comma = if index + 1 < table.rows.len() {
                ","
            } else {
                ""
            };
            let _ = writeln!(out, "        {}{comma}", line(&row(one)));
        }
        let _ = writeln!(out, "      ]}}{comma}");
    }
    let _ = writeln!(out, "    }},");
    let examples: Vec<String> = facts
        .examples
        .iter()
        .map(|one| line(&json!({"side": one.side, "hash": one.hash, "kinds": one.kinds})))
        .collect();
    list(out, "examples", &examples, false);
    let findings: Vec<String> = facts
        .findings
        .iter()
        .map(|(rule, at)| line(&json!({"rule": rule, "at": at})))
        .collect();
    list(out, "findings", &findings, false);
    let prose: Vec<String> = facts
        .prose
        .chunks(8)
        .map(|hashes| json!(hashes.join(" ")).to_string())
        .collect();
    list(out, "prose", &prose, true);
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("").to_owned()
}

fn maybe(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

fn map(value: &Value) -> BTreeMap<String, String> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), text(value)))
        .collect()
}

fn read_facts(value: &Value) -> Facts {
    let endpoint = &value["endpoint"];
    let tables = value["tables"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| {
            let rows = value["rows"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|row| RowFacts {
                    name: text(&row["name"]),
                    depth: row["depth"]
                        .as_u64()
                        .and_then(|n| usize::try_from(n).ok())
                        .unwrap_or(0),
                    ty: maybe(&row["type"]),
                    required: maybe(&row["required"]),
                    example: maybe(&row["example"]),
                    example_hash: text(&row["value"]),
                    text: text(&row["text"]),
                    hints: map(&row["hints"]),
                });
            let table = TableFacts {
                header: text(&value["header"]),
                condition: maybe(&value["if"]),
                rows: rows.collect(),
            };
            (key.clone(), table)
        });
    let examples = value["examples"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| ExampleFacts {
            side: text(&one["side"]),
            hash: text(&one["hash"]),
            kinds: map(&one["kinds"]),
        });
    let findings = value["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| (text(&one["rule"]), text(&one["at"])));
    Facts {
        source: maybe(&value["source"]),
        sha256: text(&value["sha256"]),
        method: text(&endpoint["method"]),
        paths: texts(&endpoint["paths"]),
        server: text(&endpoint["server"]),
        scope: maybe(&endpoint["scope"]),
        endpoint: texts(&endpoint["rows"]),
        tables: tables.collect(),
        examples: examples.collect(),
        prose: texts(&value["prose"])
            .iter()
            .flat_map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>())
            .collect(),
        findings: findings.collect(),
    }
}
