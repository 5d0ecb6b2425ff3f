//! `cargo xtask import`: arguments and files of the importer.

use docgen::compare::views;
use docgen::diagnostic::Diagnostics;
use docgen::import::{Options, run};
use docgen::set::{self, SETS};
use docgen::source::Sources;
use lexopt::prelude::{Long, Value, ValueExt};
use std::path::{Path, PathBuf};

const USAGE: &str = "usage: cargo xtask import CAPTURE... [--as NAME]... [--accept] [--third-party] [--prose] [--dry-run] [--json] [--root docs/api]";

/// Runs the importer. Gives the exit code: 0 nothing to report, 1 drift, 2 unreadable, 3 usage or
/// files.
pub(crate) fn import(arguments: lexopt::Parser, workspace: &Path) -> u8 {
    let (options, files) = match parse(arguments, workspace) {
        Ok(parsed) => parsed,
        Err(error) => {
            eprintln!("error: {error}\n{USAGE}");
            return 3;
        }
    };
    let mut captures = Vec::new();
    for file in files {
        match std::fs::read(&file) {
            Ok(bytes) => captures.push((file.display().to_string(), bytes)),
            Err(error) => {
                eprintln!("error: cannot read {}: {error}", file.display());
                return 3;
            }
        }
    }
    let mut pages = Vec::new();
    for set in SETS {
        let read = match set::read_pages(workspace, set) {
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => {
                eprintln!("error: cannot read {}: {error}", set.pages);
                return 3;
            }
        };
        let (mut sources, mut faults) = (Sources::new(), Diagnostics::new());
        let api = set::load(set.pages, &read, &mut sources, &mut faults);
        if !faults.is_empty() {
            eprint!("{}", faults.render(&sources, false));
            return 2;
        }
        pages.extend(views(&api, &sources));
    }
    let outcome = run(&captures, &pages, &options);
    print!("{}", outcome.out);
    eprint!("{}", outcome.errors);
    outcome.code
}

fn parse(
    mut arguments: lexopt::Parser,
    workspace: &Path,
) -> Result<(Options, Vec<PathBuf>), lexopt::Error> {
    let mut options = Options {
        root: workspace.join("docs/api"),
        ..Options::default()
    };
    let mut files = Vec::new();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("as") => options.names.push(arguments.value()?.string()?),
            Long("root") => options.root = PathBuf::from(arguments.value()?),
            Long("accept") => options.accept = true,
            Long("third-party") => options.third_party = true,
            Long("prose") => options.prose = true,
            Long("dry-run") => options.dry_run = true,
            Long("json") => options.json = true,
            Value(file) => files.push(PathBuf::from(file)),
            other => return Err(other.unexpected()),
        }
    }
    if files.is_empty() {
        return Err("no capture given".into());
    }
    if options.accept && options.third_party {
        return Err("--accept and --third-party exclude each other: a third party's page never changes a lock".into());
    }
    if !options.names.is_empty() && files.len() > 1 {
        return Err("--as names the pages of one capture".into());
    }
    Ok((options, files))
}
