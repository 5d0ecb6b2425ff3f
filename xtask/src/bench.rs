//! `cargo xtask bench`: what calls and streamed events cost, against a client written by hand over hyper and against
//! reqwest, on the same work.
//!
//! All are built as cargo builds without settings, because those who use the client do not inherit ours.
//! Instructions and allocations are counted by valgrind, each as the difference of two run lengths,
//! so that the start of the program cancels out; they repeat to the digit. Processor time is the
//! median of rounds.

mod command;
mod decoder;
mod programs;
mod rows;
mod table;

use std::{fs, path::Path};

use programs::Programs;
use table::Table;

/// The page that holds the tables, between two marks.
const PAGE: &str = "docs/performance.md";
const BEGIN: &str = "<!-- written by `cargo xtask bench --write` -->\n";
const END: &str = "<!-- end -->\n";

/// What to measure, and what to do with it.
#[derive(Default)]
pub(crate) struct Options {
    /// Only rows whose name begins with this.
    pub(crate) only: String,
    /// Fail where a figure exceeds its limit.
    pub(crate) check: bool,
    /// Write the page.
    pub(crate) write: bool,
}

/// Measures and prints tables. With `check` the result is 1 if anything costs more than it may.
pub(crate) fn run(root: &Path, options: &Options) -> Result<u8, String> {
    let programs = Programs::new(root);
    let mut tables = Vec::new();
    for measure in [rows::run, rows::layers, command::run, decoder::run] {
        let table: Table = measure(&programs, &options.only)?;
        if !table.is_empty() {
            println!("{table}");
            tables.push(table);
        }
    }
    let exceeded: Vec<_> = tables.iter().flat_map(Table::exceeded).collect();
    for row in &exceeded {
        eprintln!("more than it may cost: {row}");
    }
    if options.write {
        write(&root.join(PAGE), &tables)?;
    }
    Ok(u8::from(options.check && !exceeded.is_empty()))
}

/// Replaces what stands between the marks of the page.
fn write(page: &Path, tables: &[Table]) -> Result<(), String> {
    let failed = |error| format!("{}: {error}", page.display());
    let text = fs::read_to_string(page).map_err(|error| failed(error.to_string()))?;
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) = parts.ok_or_else(|| failed("the marks are missing".to_owned()))?;
    let tables: Vec<_> = tables.iter().map(|table| format!("\n{table}")).collect();
    let text = format!("{before}{BEGIN}{}\n{END}{after}", tables.concat());
    fs::write(page, text).map_err(|error| failed(error.to_string()))
}
