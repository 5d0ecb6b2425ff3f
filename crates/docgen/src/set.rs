//! Sets of pages: a folder of Markdown, the crate it becomes.

use crate::{
    api::{self, Api},
    check,
    diagnostic::Diagnostics,
    emit, page,
    source::Sources,
};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

/// A set of pages.
#[derive(Clone, Debug)]
pub struct Set {
    /// Folder of the pages, below the workspace.
    pub pages: &'static str,
    /// Folders in it that are no pages of this set.
    pub except: &'static [&'static str],
    /// Folder of the crate, below the workspace.
    pub krate: &'static str,
    /// Rust path of the runtime module.
    pub runtime: &'static str,
}

/// The sets of this workspace.
pub const SETS: &[Set] = &[
    Set {
        pages: "docs/api",
        except: &["dify", "runs", "lock"],
        krate: "crates/coze-models",
        runtime: "crate::support",
    },
    Set {
        pages: "docs/api/dify",
        except: &[],
        krate: "crates/coze-adapter-dify",
        runtime: "coze_models::support",
    },
    Set {
        pages: "docs/api/runs",
        except: &[],
        krate: "crates/coze-adapter-runs",
        runtime: "coze_models::support",
    },
];

/// Files for readers, in the folder of a set: the index and what holds for all pages.
const NO_PAGES: [&str; 2] = ["README", "general"];

/// Files that codegen owns: wanted content by path below the workspace, and the folders in which nothing
/// else may stand.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Content by path.
    pub files: BTreeMap<String, String>,
    /// Owned folders.
    pub folders: Vec<String>,
}

/// Reads the pages of a set, sorted by path: name without `.md`, and text.
///
/// # Errors
///
/// Those of the file system.
pub fn read_pages(root: &Path, set: &Set) -> io::Result<Vec<(String, String)>> {
    let base = root.join(set.pages);
    let mut pages = Vec::new();
    let mut work = vec![base.clone()];
    while let Some(folder) = work.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let name = slashed(path.strip_prefix(&base).unwrap_or(&path));
            if path.is_dir() {
                if !set.except.contains(&name.as_str()) {
                    work.push(path);
                }
            } else if let Some(stem) = name.strip_suffix(".md")
                && !NO_PAGES.contains(&stem)
            {
                pages.push((stem.to_owned(), fs::read_to_string(&path)?));
            }
        }
    }
    pages.sort();
    Ok(pages)
}

/// A path with `/` between its parts.
pub fn slashed(path: &Path) -> String {
    let parts = path.components().map(|c| c.as_os_str().to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}

/// Parses, joins and checks the pages of a set; `pages` are names without `.md`, with their texts.
pub fn load(
    folder: &str,
    pages: &[(String, String)],
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Api {
    let mut parsed = Vec::new();
    for (name, text) in pages {
        let file = sources.add(format!("{folder}/{name}.md"), text.as_str());
        if let Some(page) = page::parse(sources, file, diagnostics) {
            parsed.push((name.clone(), page));
        }
    }
    let api = api::join(folder, parsed, diagnostics);
    check::check(&api, diagnostics);
    api
}

/// What codegen writes for a set whose pages have no faults.
pub fn wanted(set: &Set, api: &Api, sources: &Sources, wanted: &mut Wanted) {
    let generated = format!("{}/src/generated", set.krate);
    for (name, text) in emit::emit(api, sources, set.runtime) {
        wanted.files.insert(format!("{generated}/{name}"), text);
    }
    let krate = set
        .krate
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .replace('-', "_");
    let examples = format!("{}/tests/audit/examples", set.krate);
    for (name, text) in emit::emit_examples(api, &krate) {
        wanted.files.insert(format!("{examples}/{name}"), text);
    }
    wanted.folders.extend([generated, examples]);
}

/// The index of the pages, which is the README of their folder.
pub fn wanted_index(set: &Set, api: &Api, wanted: &mut Wanted) {
    wanted
        .files
        .insert(format!("{}/README.md", set.pages), emit::emit_index(api));
}

/// Files that stand in owned folders and are not wanted.
///
/// # Errors
///
/// Those of the file system.
pub fn strangers(root: &Path, wanted: &Wanted) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut work: Vec<PathBuf> = wanted.folders.iter().map(|f| root.join(f)).collect();
    while let Some(folder) = work.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let path = entry?.path();
            let name = slashed(path.strip_prefix(root).unwrap_or(&path));
            if path.is_dir() {
                work.push(path);
            } else if !wanted.files.contains_key(&name) {
                found.push(name);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Lines of a difference that are shown.
const DIFF_LINES: usize = 40;

/// The difference between a file and what it should be, as the beginning of a unified diff; `None`
/// when equal.
pub fn difference(path: &str, have: Option<&str>, want: &str) -> Option<String> {
    if have == Some(want) {
        return None;
    }
    let diff = similar::TextDiff::from_lines(have.unwrap_or_default(), want);
    let text = diff
        .unified_diff()
        .context_radius(2)
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string();
    let mut lines: Vec<&str> = text.lines().collect();
    let rest = lines.len().saturating_sub(DIFF_LINES);
    lines.truncate(DIFF_LINES);
    let mut text = lines.join("\n") + "\n";
    if rest > 0 {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "… and {rest} more lines");
    }
    Some(text)
}
