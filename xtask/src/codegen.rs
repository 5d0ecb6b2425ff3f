//! `cargo xtask codegen`.

use docgen::{
    diagnostic::Diagnostics,
    set::{self, SETS, Wanted},
    source::Sources,
};
use std::{
    fs,
    io::{self, IsTerminal},
    path::Path,
};

/// Writes or checks the generated files; gives the exit code.
pub(crate) fn run(root: &Path, check: bool) -> io::Result<u8> {
    let mut sources = Sources::new();
    let mut faults = Diagnostics::new();
    let mut apis = Vec::new();
    for set in SETS {
        if !root.join(set.pages).is_dir() {
            continue;
        }
        let pages = set::read_pages(root, set)?;
        apis.push((set, set::load(set.pages, &pages, &mut sources, &mut faults)));
    }
    if !faults.is_empty() {
        eprint!("{}", faults.render(&sources, io::stderr().is_terminal()));
        eprintln!("nothing was written; faults: {}", faults.sorted().len());
        return Ok(2);
    }
    let mut wanted = Wanted::default();
    for (set, api) in &apis {
        set::wanted(set, api, &sources, &mut wanted);
        set::wanted_index(set, api, &mut wanted);
    }
    let strangers = set::strangers(root, &wanted)?;
    let mut stale = 0;
    for (path, want) in &wanted.files {
        let target = root.join(path);
        let have = match fs::read_to_string(&target) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let Some(diff) = set::difference(path, have.as_deref(), want) else {
            continue;
        };
        stale += 1;
        if check {
            let what = if have.is_some() { "stale" } else { "missing" };
            println!("{path}: {what}");
            print!("{diff}");
        } else {
            if let Some(folder) = target.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&target, want)?;
            println!("wrote {path}");
        }
    }
    for path in &strangers {
        println!("{path}: foreign, no page makes it; move it or delete it");
    }
    if check && (stale > 0 || !strangers.is_empty()) {
        println!("run `cargo xtask codegen`");
        return Ok(1);
    }
    Ok(0)
}
