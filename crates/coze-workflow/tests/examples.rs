//! Each example is run, and prints what its first lines say it prints.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What stands below the command in the block of a file's first lines.
fn promised(source: &str) -> Option<String> {
    let mut lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    lines.find(|line| line.trim_start().starts_with("$ cargo run"))?;
    let mut text = String::new();
    for line in lines.take_while(|line| line.trim() != "```") {
        text.push_str(line.strip_prefix(' ').unwrap_or(line));
        text.push('\n');
    }
    Some(text)
}

fn sources() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    files
}

#[test]
fn each_example_prints_what_it_promises() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sources = sources();
    assert!(sources.len() >= 11, "only {} examples", sources.len());
    for path in sources {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let source = fs::read_to_string(&path).unwrap();
        let promised = promised(&source)
            .unwrap_or_else(|| panic!("{name} does not tell in its first lines what it prints"));
        let command = format!("$ cargo run -q --example {name}\n");
        assert!(source.contains(&command), "{name} shows another command");
        let output = Command::new(env!("CARGO"))
            .args(["run", "-q", "--example", name])
            .current_dir(&root)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name} failed:\n{told}");
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(printed, promised, "{name} prints something else");
    }
}
