//! `cargo xtask codegen`.

use docgen::{
    api::Api,
    diagnostic::Diagnostics,
    set::{self, SETS, Set, Wanted},
    source::Sources,
};
use std::{
    fs,
    io::{self, IsTerminal},
    path::Path,
};

/// All sets of pages, without faults.
pub(crate) struct Loaded {
    /// The pages' texts.
    pub(crate) sources: Sources,
    /// The sets, in the order of [`SETS`].
    pub(crate) apis: Vec<(&'static Set, Api)>,
}

/// Loads all sets; prints the faults and gives `None` when there are any.
pub(crate) fn load(root: &Path) -> io::Result<Option<Loaded>> {
    let mut sources = Sources::new();
    let mut faults = Diagnostics::new();
    let mut apis = Vec::new();
    for set in SETS {
        let pages = set::read_pages(root, set)?;
        apis.push((set, set::load(set.pages, &pages, &mut sources, &mut faults)));
    }
    if faults.is_empty() {
        return Ok(Some(Loaded { sources, apis }));
    }
    eprint!("{}", faults.render(&sources, io::stderr().is_terminal()));
    eprintln!("nothing was done; faults: {}", faults.sorted().len());
    Ok(None)
}

/// Writes or checks the generated files; gives the exit code.
pub(crate) fn run(root: &Path, check: bool) -> io::Result<u8> {
    let Some(Loaded { sources, apis }) = load(root)? else {
        return Ok(2);
    };
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
