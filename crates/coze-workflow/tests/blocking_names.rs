//! What the asynchronous client can do, the blocking one can, under the same name.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Types that have a blocking form of the same name.
const TYPES: [&str; 15] = [
    "Call",
    "ChatCall",
    "ChatStream",
    "Client",
    "EventStream",
    "List",
    "Resumed",
    "Run",
    "RunStream",
    "RunStreamCall",
    "StreamCall",
    "Upload",
    "Wait",
    "WithAnswers",
    "Workflow",
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The type of an `impl` that begins in this line, if it is none of a trait.
fn implemented(line: &str) -> Option<&str> {
    let mut rest = line.strip_prefix("impl")?;
    if let Some(generic) = rest.strip_prefix('<') {
        // None of the types has nested angle brackets here.
        rest = &generic[generic.find("> ")? + 1..];
    }
    let name = rest.trim_start();
    let end = name.find(|c: char| !c.is_alphanumeric())?;
    (!name.contains(" for ")).then_some(&name[..end])
}

/// `Type::method` for each public method, and for what the macros make.
fn methods(source: &str, macros: &str, method: Method) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut within = None;
    for line in source.lines() {
        if let Some(name) = implemented(line) {
            within = Some(name.to_owned());
        } else if line.starts_with('}') {
            within = None;
        }
        let Some(name) = &within else { continue };
        let line = line.trim_start();
        let mut add = |line| found.extend(method(line).map(|method| format!("{name}::{method}")));
        for called in ["stream_settings", "stream_setters", "stream_facts"] {
            if line.starts_with(&format!("{called}!")) {
                let body = macros.split(&format!("macro_rules! {called} ")).nth(1);
                let body = body.unwrap().split("\n}").next().unwrap();
                body.lines().for_each(&mut add);
            }
        }
        add(line);
    }
    found
}

/// The method that a line declares, if it does.
type Method = fn(&str) -> Option<&str>;

fn function(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let starts = ["pub fn ", "pub async fn ", "pub const fn "];
    name(starts.iter().find_map(|start| line.strip_prefix(start))?)
}

/// A function, or a line of `setters!` and its like.
fn function_or_setter(line: &str) -> Option<&str> {
    let setter = || name(line.trim_start().strip_suffix(';')?);
    function(line).or_else(setter)
}

fn name(declared: &str) -> Option<&str> {
    let end = declared.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    let is_name = declared.starts_with(|c: char| c.is_lowercase());
    (is_name && declared[end..].starts_with(['(', '<'])).then_some(&declared[..end])
}

#[test]
fn each_method_has_its_blocking_form() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    files(&root, &mut sources);
    let read = |path: &PathBuf| fs::read_to_string(path).unwrap();
    let macros: String = sources.iter().map(read).collect();
    let of = |blocking: bool, method: Method| -> BTreeSet<String> {
        sources
            .iter()
            .filter(|path| path.starts_with(root.join("blocking")) == blocking)
            .flat_map(|path| methods(&read(path), &macros, method))
            .collect()
    };
    let (there, here) = (of(false, function), of(true, function_or_setter));
    let wanted: Vec<_> = there
        .iter()
        .filter(|method| TYPES.contains(&method.split("::").next().unwrap()))
        .collect();
    assert!(
        wanted.len() > 100,
        "only {} methods were found",
        wanted.len()
    );
    // The iterators have `next`.
    let missing: Vec<_> = wanted
        .into_iter()
        .filter(|method| !method.ends_with("::try_next") && !here.contains(*method))
        .collect();
    assert!(
        missing.is_empty(),
        "there is no blocking form of {missing:#?}"
    );
}
