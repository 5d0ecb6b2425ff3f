//! The importer: reads captures, compares them, writes drafts and locks.

use super::draft::{self, Known, draft};
use super::open::{Read, open};
use super::report;
use crate::compare::{Facts, Lock, PageView, compare, drift, lock_name};
use crate::rules::{self, Envelope};
use std::collections::BTreeMap;
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
    /// Names for new pages, one for each operation, e.g. `workflow/get`; `-` passes one over.
    pub names: Vec<String>,
    /// Replace the lock.
    pub accept: bool,
    /// Compare only: never write a page or a lock.
    pub third_party: bool,
    /// Take pages that describe no call, or not the whole of one.
    pub prose: bool,
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

/// Imports captures, given as names and bytes, against our pages.
pub fn run(captures: &[(String, Vec<u8>)], pages: &[PageView], options: &Options) -> Outcome {
    let mut outcome = Outcome::default();
    let read: Vec<_> = captures
        .iter()
        .map(|(name, bytes)| open(name, bytes, options.prose))
        .collect();
    let whole = || read.iter().filter_map(|one| one.as_ref().ok());
    let envelopes: Vec<Envelope<'_>> = whole().flat_map(|one| Envelope::of(&one.page)).collect();
    let across = rules::across(&envelopes);
    for (one, (name, _)) in read.iter().zip(captures) {
        let object = match one {
            Ok(read) => {
                let mut findings = rules::run(&read.page);
                let own = across.iter().filter(|(page, _)| page == name);
                findings.extend(own.map(|(_, finding)| finding.clone()));
                if !options.json {
                    report::page(&read.page, &findings, &mut outcome.out);
                }
                report::json(name, Some(&read.page), &findings, &[])
            }
            Err(unread) => {
                outcome.code = 2;
                outcome.errors.push_str(&unread.text);
                report::json(
                    name,
                    unread.refused.page.as_deref(),
                    &[],
                    &unread.refused.faults,
                )
            }
        };
        if options.json {
            let _ = writeln!(outcome.out, "{object}");
        }
    }
    if !options.dry_run && (outcome.code == 0 || options.third_party) {
        let mut import = Import {
            pages,
            options,
            folder: options.root.join("lock"),
            locks: BTreeMap::new(),
            outcome: Outcome {
                code: outcome.code,
                ..Outcome::default()
            },
        };
        import.all(whole());
        outcome.code = import.outcome.code;
        // With `--json`, standard output holds objects only.
        let out = if options.json {
            &mut outcome.errors
        } else {
            &mut outcome.out
        };
        out.push_str(&import.outcome.out);
        outcome.errors.push_str(&import.outcome.errors);
    }
    outcome
}

/// The folder of a page whose types are not those of the others.
fn own_set(path: &str) -> Option<&'static str> {
    ["dify/", "runs/"]
        .into_iter()
        .find(|set| path.contains(set))
}

/// Compares paths of an API; names of placeholders differ between sources.
fn same_path(left: &str, right: &str) -> bool {
    let (left, right) = (left.split('/'), right.split('/'));
    let same = |(left, right): (&str, &str)| {
        left == right || left.starts_with('{') && right.starts_with('{')
    };
    left.clone().count() == right.clone().count() && left.zip(right).all(same)
}

fn same_call(facts: &Facts, method: &str, path: &str) -> bool {
    let call = &facts.endpoint;
    call.method == method && call.paths.iter().any(|own| same_path(own, path))
}

struct Import<'a> {
    pages: &'a [PageView],
    options: &'a Options,
    folder: PathBuf,
    /// Locks by the names of their pages.
    locks: BTreeMap<String, Lock>,
    outcome: Outcome,
}

impl Import<'_> {
    fn all<'a>(&mut self, pages: impl Iterator<Item = &'a Read>) {
        match Lock::read_all(&self.folder) {
            Ok(locks) => self.locks = locks,
            Err((file, error)) => return self.fail(&format!("{}: {error}", file.display())),
        }
        for read in pages {
            // A page without an operation counts as one.
            for op in 0..read.page.operations.len().max(1) {
                self.operation(read, op);
            }
        }
    }

    fn fail(&mut self, text: &str) {
        self.outcome.code = 3;
        let _ = writeln!(self.outcome.errors, "error: {text}");
    }

    fn say(&mut self, text: &str) {
        self.outcome.out.push_str(text);
        self.outcome.out.push('\n');
    }

    fn write(&mut self, file: &Path, text: &str) {
        let folder = file.parent().map_or(Ok(()), std::fs::create_dir_all);
        match folder.and_then(|()| std::fs::write(file, text)) {
            Ok(()) => self.say(&format!("wrote {}", file.display())),
            Err(error) => self.fail(&format!("cannot write {}: {error}", file.display())),
        }
    }

    fn keep(&mut self, name: &str, lock: Lock) {
        let file = self.folder.join(format!("{name}.json"));
        self.write(&file, &lock.write());
        self.locks.insert(name.to_owned(), lock);
    }

    /// Name of a page's file below the root, without its extension.
    fn name_of<'p>(&self, page: &'p PageView) -> &'p str {
        let root = self.options.root.to_string_lossy();
        let below = page
            .file
            .strip_prefix(&*root)
            .map(|rest| rest.trim_start_matches('/'));
        lock_name(below.unwrap_or(&page.file))
    }

    /// The name of the lock of an operation: the one asked for, or the first of the same call, or of the
    /// same title. Another API may have the same call: a lock that has the format already comes first.
    fn lock_of(&self, facts: &Facts, format: &str, asked: Option<&String>) -> Option<String> {
        let same = |own: &Facts| {
            if facts.endpoint.method.is_empty() {
                own.source == facts.source
                    && own.endpoint.method.is_empty()
                    && own.prose.first() == facts.prose.first()
            } else {
                same_call(own, &facts.endpoint.method, facts.path())
            }
        };
        let fits = |(name, lock): &(&String, &Lock)| match asked {
            Some(asked) => asked == *name,
            None => lock.sources.values().any(same),
        };
        let found: Vec<_> = self.locks.iter().filter(fits).collect();
        let exact = found
            .iter()
            .find(|(_, lock)| lock.sources.get(format) == Some(facts));
        let has_format = |(_, lock): &&(&String, &Lock)| lock.sources.contains_key(format);
        let sure = exact.or_else(|| found.iter().find(has_format));
        let sure = sure.map(|(name, _)| (*name).clone());
        // What another version wrote cannot tell its call: the page of the call does.
        let outdated = |name: &&str| {
            let lock = self.locks.get(*name);
            lock.is_some_and(|lock| lock.outdated.contains_key(format))
        };
        let called = |page: &&PageView| same_call(facts, &page.method, &page.path);
        let renewed = || {
            let mut pages = self.pages.iter().filter(called);
            pages.find_map(|page| Some(self.name_of(page)).filter(outdated))
        };
        // A page whose method or path has changed is still known by its title.
        let titled = || {
            let title = facts.prose.first()?;
            let mut locks = self.locks.iter().filter(|_| asked.is_none());
            let same = |lock: &Lock| {
                let own = lock.sources.get(format);
                own.is_some_and(|own| own.prose.first() == Some(title))
            };
            locks.find_map(|(name, lock)| same(lock).then(|| name.clone()))
        };
        sure.or_else(|| renewed().map(str::to_owned))
            .or_else(|| found.first().map(|(name, _)| (*name).clone()))
            .or_else(titled)
    }

    /// Compares or writes an operation of a page.
    fn operation(&mut self, read: &Read, op: usize) {
        let facts = Facts::of(&read.page, op, &read.source.raw);
        let format = read.page.format.name();
        let asked = self.options.names.get(op);
        if asked.is_some_and(|name| name == "-") {
            return;
        }
        let known = self.lock_of(&facts, format, asked);
        // Several pages may describe one call, such as the grants of a token call: a name decides.
        let named = |name: Option<&String>| {
            let is_named = |page: &&PageView| Some(self.name_of(page)) == name.map(String::as_str);
            self.pages.iter().find(is_named)
        };
        let called = |page: &&PageView| same_call(&facts, &page.method, &page.path);
        let ours = match asked {
            Some(_) => named(asked),
            None => named(known.as_ref()).or_else(|| self.pages.iter().find(called)),
        };
        match known {
            Some(name) => self.against_lock(read, op, &facts, &name, ours),
            None => self.first(read, op, &facts, ours),
        }
        if let Some(ours) = ours {
            let differences = compare(ours, &facts);
            report::differences(&ours.file, &differences, &mut self.outcome.out);
            if differences.iter().any(|one| !one.explained) {
                self.outcome.code = self.outcome.code.max(1);
            }
        }
    }

    fn against_lock(
        &mut self,
        read: &Read,
        op: usize,
        facts: &Facts,
        name: &str,
        ours: Option<&PageView>,
    ) {
        let Options {
            accept,
            third_party,
            ..
        } = *self.options;
        let format = read.page.format.name();
        let file = self.folder.join(format!("{name}.json"));
        let shown = ours.map_or_else(|| file.display().to_string(), |page| page.file.clone());
        let mut lock = self.locks.get(name).cloned().unwrap_or_default();
        if let Some(old) = lock.sources.get(format) {
            let changes = drift(old, facts, &read.page, op);
            report::changes(&shown, &read.page, &changes, &mut self.outcome.out);
            if !changes.is_empty() && !accept {
                self.outcome.code = self.outcome.code.max(1);
            }
        } else if lock.outdated.remove(format).is_some() {
            self.say(&format!(
                "{shown}: another version of the importer wrote the lock; `--accept` renews it"
            ));
            if !accept {
                self.outcome.code = self.outcome.code.max(1);
            }
        } else {
            self.say(&format!(
                "{shown}: the lock has no source of format {format}; `--accept` adds it"
            ));
        }
        if accept && !third_party {
            lock.sources.insert(format.to_owned(), facts.clone());
            self.keep(name, lock);
        }
    }

    fn first(&mut self, read: &Read, op: usize, facts: &Facts, ours: Option<&PageView>) {
        if self.options.third_party {
            let (page, method, path) = (&read.page.name, &facts.endpoint.method, facts.path());
            self.say(&format!(
                "{page}: nothing to compare with: no lock for {method} {path}"
            ));
            return;
        }
        let asked = self.options.names.get(op).cloned();
        let name = match (asked, ours) {
            (Some(asked), _) => asked,
            (None, Some(page)) => self.name_of(page).to_owned(),
            (None, None) => default_name(read, op),
        };
        let format = read.page.format.name().to_owned();
        let sources = [(format, facts.clone())].into();
        let lock = Lock {
            sources,
            ..Lock::default()
        };
        self.keep(&name, lock);
        let file = self.options.root.join(format!("{name}.md"));
        if ours.is_some() {
            return;
        }
        if file.exists() {
            self.say(&format!(
                "{}: is there already and was not touched",
                file.display()
            ));
        } else {
            let same = |page: &&PageView| own_set(&page.file) == own_set(&name);
            let known = Known::of(self.pages.iter().filter(same));
            let text = draft(&read.page, op, facts, &name, &known);
            for (theirs, ours, shared, of) in draft::similar(&read.page, op, &known) {
                self.say(&format!(
                    "`{theirs}` has {shared} of its {of} rows in common with `{ours}`; to reuse it, add \
                     ` = `{theirs}`` to its heading and import again"
                ));
            }
            self.write(&file, &text);
        }
    }
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
