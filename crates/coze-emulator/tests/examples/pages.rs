//! Reads the examples out of the pages.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

/// Other faces, which the emulator does not show.
const OTHERS: [&str; 3] = ["dify", "runs", "lock"];

/// Pages of calls that the emulator does not serve, or, as this one, only with what a chatflow has of an agent.
const NOT_SERVED: [&str; 1] = ["bot/retrieve"];

/// The responses on all pages, by `<page> <heading>`; texts that are not JSON are strings. `None` outside of the workspace.
pub(crate) fn read() -> Option<BTreeMap<String, Value>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api");
    if !root.is_dir() {
        return None;
    }
    let mut examples = BTreeMap::new();
    folder(&root, "", &mut examples);
    for name in NOT_SERVED {
        let found = examples.len();
        let page = format!("{name} ");
        examples.retain(|example, _| !example.starts_with(&page));
        assert!(examples.len() < found, "{name} has no example");
    }
    assert!(examples.len() > 40, "only {} examples", examples.len());
    Some(examples)
}

fn folder(path: &Path, prefix: &str, examples: &mut BTreeMap<String, Value>) {
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() && !OTHERS.contains(&name.as_str()) {
            folder(&path, &format!("{prefix}{name}/"), examples);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            page(
                &format!("{prefix}{name}"),
                &fs::read_to_string(&path).unwrap(),
                examples,
            );
        }
    }
}

fn page(name: &str, text: &str, examples: &mut BTreeMap<String, Value>) {
    let mut heading = None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("### ") {
            heading = Some(title.replace('`', ""));
        } else if line.starts_with("## ") {
            heading = None;
        } else if line.starts_with("```")
            && let Some(title) = heading.take()
        {
            let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            let block = block.join("\n");
            // Requests are the client's to write.
            if !title.starts_with("Request ") {
                let value = match line {
                    "```json" => serde_json::from_str(&block).unwrap(),
                    _ => block.into(),
                };
                examples.insert(format!("{name} {title}"), value);
            }
        }
    }
}
