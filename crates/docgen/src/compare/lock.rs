//! The lock: what each source of a page said when it was accepted, one row a line.

use super::facts::Facts;
use crate::set::slashed;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Version of what the importer writes; a change of meaning raises it.
pub const IMPORTER: u64 = 2;

/// The lock of one of our pages: facts by format of their source.
///
/// The same page captured in two formats differs in wording everywhere, so each format is compared
/// with its own entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// Facts by name of the format.
    pub sources: BTreeMap<String, Facts>,
    /// What another version of the importer wrote, by name of the format; to be accepted again.
    pub outdated: BTreeMap<String, Value>,
}

impl Lock {
    /// The file's text.
    pub fn write(&self) -> String {
        let sources = self.sources.iter();
        let sources = sources.map(|(format, facts)| format!("{}: {}", json!(format), write(facts)));
        let outdated = self.outdated.iter();
        let outdated = outdated.map(|(format, value)| format!("{}: {value}", json!(format)));
        format!("{}\n", block("{", sources.chain(outdated), "}", 0))
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When the text is not a lock.
    pub fn read(text: &str) -> Result<Self, String> {
        let sources: BTreeMap<String, Value> =
            serde_json::from_str(text).map_err(|error| format!("not a lock: {error}"))?;
        let mut lock = Self::default();
        for (format, value) in sources {
            if value["importer"].as_u64() != Some(IMPORTER) {
                lock.outdated.insert(format, value);
                continue;
            }
            let facts = serde_json::from_value(value);
            let facts = facts.map_err(|error| format!("`{format}` is not a source: {error}"))?;
            lock.sources.insert(format, facts);
        }
        Ok(lock)
    }

    /// Reads all locks below a folder, by their path below it without the extension.
    ///
    /// # Errors
    ///
    /// The path of the first file that is no lock or cannot be read, and why.
    pub fn read_all(folder: &Path) -> Result<BTreeMap<String, Self>, (PathBuf, String)> {
        let mut files = Vec::new();
        Self::files(folder, &mut files);
        let mut locks = BTreeMap::new();
        for file in files {
            let text = std::fs::read_to_string(&file).map_err(|error| error.to_string());
            let name = slashed(
                &file
                    .strip_prefix(folder)
                    .unwrap_or(&file)
                    .with_extension(""),
            );
            match text.and_then(|text| Self::read(&text)) {
                Ok(lock) => locks.insert(name, lock),
                Err(error) => return Err((file, error)),
            };
        }
        Ok(locks)
    }

    /// The files of locks below a folder, in the order of their names.
    fn files(folder: &Path, found: &mut Vec<PathBuf>) {
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

/// Items between brackets, one a line.
fn block(open: &str, items: impl Iterator<Item = String>, close: &str, indent: usize) -> String {
    let space = " ".repeat(indent);
    let lines: Vec<String> = items.map(|item| format!("\n{space}  {item}")).collect();
    format!("{open}{}\n{space}{close}", lines.join(","))
}

fn list<T: Serialize>(items: impl Iterator<Item = T>) -> String {
    let mut lines = items.map(|item| json!(item).to_string()).peekable();
    if lines.peek().is_none() {
        return "[]".to_owned();
    }
    block("[", lines, "]", 4)
}

fn write(facts: &Facts) -> String {
    let tables = facts.tables.iter().map(|(key, table)| {
        let open = format!(
            "{}: {{\"header\": {}, \"if\": {}, \"rows\": [",
            json!(key),
            json!(table.header),
            json!(table.condition)
        );
        let rows = table.rows.iter().map(|row| json!(row).to_string());
        block(&open, rows, "]}", 6)
    });
    let prose = facts.prose.chunks(8).map(|hashes| hashes.join(" "));
    let parts = [
        ("importer", json!(IMPORTER).to_string()),
        ("sha256", json!(facts.sha256).to_string()),
        ("source", json!(facts.source).to_string()),
        ("endpoint", json!(facts.endpoint).to_string()),
        ("tables", block("{", tables, "}", 4)),
        ("examples", list(facts.examples.iter())),
        ("findings", list(facts.findings.iter())),
        ("prose", list(prose)),
    ];
    let parts = parts
        .into_iter()
        .map(|(key, value)| format!("\"{key}\": {value}"));
    block("{", parts, "}", 2)
}
