//! The importer: reads captures, compares them, writes drafts and locks.

use super::compare::compare;
use super::draft::draft;
use super::drift::drift;
use super::facts::Facts;
use super::lock::Lock;
use super::report;
use super::view::PageView;
use crate::capture::{self, Page, Source};
use crate::rules::{self, Envelope, Finding};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What to do with the captures.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Folder of our pages; the locks are in its folder `lock`.
    pub root: PathBuf,
    /// Names for new pages, one for each operation, e.g. `workflow/get`.
    pub names: Vec<String>,
    /// Replace the lock.
    pub accept: bool,
    /// Compare only: never write a page or a lock.
    pub third_party: bool,
    /// Write nothing.
    pub dry_run: bool,
    /// Print one JSON object a page instead of text.
    pub json: bool,
}

/// What an import gives.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Text for standard output.
    pub out: String,
    /// Faults for standard error.
    pub errors: String,
    /// 0: nothing to report, 1: drift, 2: a capture could not be read whole, 3: usage or files.
    pub code: u8,
}

struct Read {
    source: Source,
    page: Page,
    findings: Vec<Finding>,
}

/// Imports captures, given as names and bytes, against our pages.
pub fn run(captures: &[(String, Vec<u8>)], pages: &[PageView], options: &Options) -> Outcome {
    let mut outcome = Outcome::default();
    let mut read = Vec::new();
    let mut objects = Vec::new();
    for (name, bytes) in captures {
        match open(name, bytes, &mut outcome) {
            Ok(one) => read.push(one),
            Err(unread) => {
                objects.push((name.clone(), report::json(name, None, &[], unread)));
            }
        }
    }
    let envelopes: Vec<Envelope<'_>> = read
        .iter()
        .flat_map(|one| Envelope::of(&one.page))
        .collect();
    let across = rules::across(&envelopes);
    for (page, finding) in across {
        if let Some(one) = read.iter_mut().find(|one| one.page.name == page) {
            one.findings.push(finding);
        }
    }
    let whole = outcome.code == 0;
    for one in &read {
        objects.push((
            one.page.name.clone(),
            report::json(&one.page.name, Some(&one.page), &one.findings, 0),
        ));
        if options.json {
            continue;
        }
        report::page(&one.page, &one.findings, &mut outcome.out);
    }
    if options.json {
        // In the order the captures were given.
        for (name, _) in captures {
            if let Some(at) = objects.iter().position(|(own, _)| own == name) {
                let (_, object) = objects.remove(at);
                let _ = writeln!(outcome.out, "{object}");
            }
        }
    }
    if !options.dry_run && (whole || options.third_party) {
        let objects = options.json.then(|| std::mem::take(&mut outcome.out));
        for one in &read {
            operations(one, pages, options, &mut outcome);
        }
        if let Some(objects) = objects {
            // Standard output holds objects only.
            let text = std::mem::replace(&mut outcome.out, objects);
            outcome.errors.push_str(&text);
        }
    }
    outcome
}

fn open(name: &str, bytes: &[u8], outcome: &mut Outcome) -> Result<Read, usize> {
    let mut fail = |text: String| {
        outcome.code = 2;
        outcome.errors.push_str(&text);
        outcome.errors.push_str("\n\n");
    };
    let source = Source::new(name, bytes).map_err(|fault| {
        fail(format!("error: {}", fault.short(name)));
        1_usize
    })?;
    match capture::read(&source) {
        Ok(page) => {
            let findings = rules::run(&page);
            Ok(Read {
                source,
                page,
                findings,
            })
        }
        Err(faults) => {
            for fault in &faults {
                fail(fault.render(&source));
            }
            let mut lines: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
            lines.dedup();
            Err(lines.len())
        }
    }
}

/// Compares paths of an API; names of placeholders differ between sources.
fn same_path(left: &str, right: &str) -> bool {
    let bare = |path: &str| {
        let parts: Vec<&str> = path
            .split('/')
            .map(|part| if part.starts_with('{') { "{}" } else { part })
            .collect();
        parts.join("/")
    };
    bare(left) == bare(right)
}

fn same_call(facts: &Facts, method: &str, path: &str) -> bool {
    facts.method == method && facts.paths.iter().any(|own| same_path(own, path))
}

/// Compares or writes each operation of a page; a page without one counts as one.
fn operations(read: &Read, pages: &[PageView], options: &Options, outcome: &mut Outcome) {
    let folder = options.root.join("lock");
    for op in 0..read.page.operations.len().max(1) {
        let facts = Facts::of(&read.page, op, &read.source.raw);
        let mut files = Vec::new();
        Lock::files(&folder, &mut files);
        let mut known: Option<(PathBuf, Lock)> = None;
        let asked = options
            .names
            .get(op)
            .map(|name| folder.join(format!("{name}.json")));
        let rest = if asked.is_some() { &[][..] } else { &files[..] };
        for file in asked.iter().chain(rest) {
            let Ok(text) = std::fs::read_to_string(file) else {
                continue;
            };
            match Lock::read(&text) {
                Ok(lock) => {
                    let mut sources = lock.sources.values();
                    let page_source = facts.method.is_empty()
                        && sources.clone().any(|own| {
                            own.source == facts.source
                                && own.method.is_empty()
                                && own.prose.first() == facts.prose.first()
                        });
                    if asked.as_ref() == Some(file)
                        || page_source
                        || !facts.method.is_empty()
                            && sources.any(|own| same_call(own, &facts.method, facts.path()))
                    {
                        // Another API may have the same call: its format tells them apart.
                        let sure = lock.sources.contains_key(read.page.format.name());
                        if sure || known.is_none() {
                            known = Some((file.clone(), lock));
                        }
                        if sure {
                            break;
                        }
                    }
                }
                Err(error) => fail(outcome, &format!("{}: {error}", file.display())),
            }
        }
        // Several pages may describe one call, such as the grants of a token call: a name decides.
        let ours = if let Some(name) = options.names.get(op) {
            pages
                .iter()
                .find(|page| page_name(page, &options.root) == *name)
        } else {
            let locked = |page: &&PageView| {
                known.as_ref().is_some_and(|(file, _)| {
                    *file == folder.join(format!("{}.json", page_name(page, &options.root)))
                })
            };
            let called = |page: &&PageView| same_call(&facts, &page.method, &page.path);
            pages
                .iter()
                .find(locked)
                .or_else(|| pages.iter().find(called))
        };
        if let Some((file, mut lock)) = known {
            against_lock(read, op, &facts, &mut lock, ours, &file, options, outcome);
        } else {
            first_import(read, op, &facts, ours, &folder, options, outcome);
        }
        if let Some(ours) = ours {
            against_page(ours, &facts, outcome);
        }
    }
}

fn fail(outcome: &mut Outcome, text: &str) {
    outcome.code = 3;
    let _ = writeln!(outcome.errors, "error: {text}");
}

#[expect(
    clippy::too_many_arguments,
    reason = "one step of the run, with all it touches"
)]
fn against_lock(
    read: &Read,
    op: usize,
    facts: &Facts,
    lock: &mut Lock,
    ours: Option<&PageView>,
    file: &Path,
    options: &Options,
    outcome: &mut Outcome,
) {
    let format = read.page.format.name();
    let name = ours.map_or_else(|| file.display().to_string(), |page| page.file.clone());
    if let Some(old) = lock.sources.get(format) {
        let mut changes = drift(old, facts, &read.page, op);
        if let Some(ours) = ours {
            let data = super::compare::data_type(facts);
            for change in &mut changes {
                let at = ours.place(&change.at, data.as_deref());
                change.explained = ours
                    .explanations()
                    .find(|one| one.at == at && one.rule == "T603")
                    .map(|one| format!("{} at {at}", one.rule));
            }
        }
        report::changes(&name, &read.page, &changes, &mut outcome.out);
        if changes.iter().any(|change| change.explained.is_none()) && !options.accept {
            outcome.code = outcome.code.max(1);
        }
    } else {
        let _ = writeln!(
            outcome.out,
            "{name}: the lock has no source of format {format}; `--accept` adds it"
        );
    }
    if options.accept && !options.third_party {
        lock.sources.insert(format.to_owned(), facts.clone());
        write(file, &lock.write(), outcome);
    }
}

fn first_import(
    read: &Read,
    op: usize,
    facts: &Facts,
    ours: Option<&PageView>,
    folder: &Path,
    options: &Options,
    outcome: &mut Outcome,
) {
    if options.third_party {
        let _ = writeln!(
            outcome.out,
            "{}: nothing to compare with: no lock for {} {}",
            read.page.name,
            facts.method,
            facts.path()
        );
        return;
    }
    let name = options.names.get(op).cloned().unwrap_or_else(|| {
        ours.map_or_else(
            || default_name(read, op),
            |page| page_name(page, &options.root),
        )
    });
    let format = read.page.format.name().to_owned();
    let lock = Lock {
        sources: [(format, facts.clone())].into(),
    };
    write(&folder.join(format!("{name}.json")), &lock.write(), outcome);
    if ours.is_none() {
        let file = options.root.join(format!("{name}.md"));
        if file.exists() {
            let _ = writeln!(
                outcome.out,
                "{}: is there already and was not touched",
                file.display()
            );
        } else {
            write(&file, &draft(&read.page, op, facts), outcome);
        }
    }
}

/// Name of a page's file below the root, without its extension.
fn page_name(page: &PageView, root: &Path) -> String {
    let file = Path::new(&page.file);
    file.strip_prefix(root)
        .or_else(|_| file.strip_prefix("docs/api"))
        .unwrap_or(file)
        .with_extension("")
        .to_string_lossy()
        .replace('\\', "/")
}

fn default_name(read: &Read, op: usize) -> String {
    let from = read.page.source.as_deref().unwrap_or(&read.page.name);
    let stem = from.rsplit(['/', '\\']).next().unwrap_or("page");
    let stem = stem.split('.').next().unwrap_or(stem);
    if read.page.operations.len() > 1 {
        format!("{stem}-{}", op + 1)
    } else {
        stem.to_owned()
    }
}

fn write(file: &Path, text: &str, outcome: &mut Outcome) {
    let folder = file.parent().map_or(Ok(()), std::fs::create_dir_all);
    match folder.and_then(|()| std::fs::write(file, text)) {
        Ok(()) => {
            let _ = writeln!(outcome.out, "wrote {}", file.display());
        }
        Err(error) => fail(
            outcome,
            &format!("cannot write {}: {error}", file.display()),
        ),
    }
}

fn against_page(ours: &PageView, facts: &Facts, outcome: &mut Outcome) {
    let differences = compare(ours, facts);
    for one in &differences {
        let mark = if one.explained {
            "explained"
        } else {
            "differs"
        };
        let line = if one.line > 0 {
            format!(":{}", one.line)
        } else {
            String::new()
        };
        let _ = writeln!(
            outcome.out,
            "  {mark:<9} {:<40} {}  {}{line}",
            one.at, one.what, one.file
        );
    }
    let open = differences.iter().filter(|one| !one.explained).count();
    let _ = writeln!(
        outcome.out,
        "{}: {} differences explained, {open} not",
        ours.file,
        differences.len() - open
    );
    if open > 0 {
        outcome.code = outcome.code.max(1);
    }
}
