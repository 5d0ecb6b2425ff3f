//! `cargo xtask audit`: what the pages say against what was recorded, modelled and listed.

use crate::{
    codegen::{self, Loaded},
    recorded,
};
use docgen::compare::{Lock, PageView, agree, views};
use docgen::{emit, set::SETS};
use std::{io, path::Path, process::Command};

/// Pages against themselves, models and the vendor's menu; gives the exit code.
pub(crate) fn run(root: &Path) -> io::Result<u8> {
    // Page examples against page tables are part of loading.
    let Some(loaded) = codegen::load(root)? else {
        return Ok(2);
    };
    let mut code = 0;
    for (set, api) in &loaded.apis {
        let examples: usize = api.pages.iter().map(|m| m.page.examples.len()).sum();
        let deviations: usize = api.pages.iter().map(|m| m.page.deviations.len()).sum();
        println!(
            "{}: {} pages, {} types, {examples} examples fit their tables, {deviations} deviations",
            set.pages,
            api.pages.len(),
            api.types.len(),
        );
    }
    let coverage = emit::coverage(&loaded.apis[0].1);
    let missing: Vec<_> = coverage.iter().filter(|(_, page)| page.is_none()).collect();
    println!(
        "coverage of the vendor's workflow menu: {} of {}",
        coverage.len() - missing.len(),
        coverage.len()
    );
    for ((slug, about), _) in missing {
        println!("  no page for {slug} ({about})");
        code = 1;
    }
    code |= locks(root, &loaded);
    code |= recorded::kept(root, &loaded)?;
    for set in SETS {
        let package = set.krate.rsplit('/').next().unwrap_or(set.krate);
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .current_dir(root)
            .args(["test", "--quiet", "--package", package, "--test", "audit"])
            .output()?;
        if output.status.success() {
            println!("{package}: all examples survive decoding, encoding and comparison");
        } else {
            println!("{package}: examples and models disagree");
            print!("{}", String::from_utf8_lossy(&output.stdout));
            eprint!("{}", String::from_utf8_lossy(&output.stderr));
            code = 1;
        }
    }
    Ok(code)
}

/// Pages against their locks; gives the exit code.
fn locks(root: &Path, loaded: &Loaded) -> u8 {
    let locks = match Lock::read_all(&root.join("docs/api/lock")) {
        Ok(locks) => locks,
        Err((path, error)) => {
            println!("{}: {error}", path.display());
            return 1;
        }
    };
    let pages: Vec<PageView> = loaded
        .apis
        .iter()
        .flat_map(|(_, api)| views(api, &loaded.sources))
        .collect();
    let problems = agree(&pages, &locks);
    for one in &problems {
        println!("{}:{}: {}", one.file, one.line, one.what);
        println!("  help: {}", one.help);
    }
    let sources: usize = locks.values().map(|lock| lock.sources.len()).sum();
    println!(
        "pages against locks: {} locks with {sources} sources for {} calls, {} problems",
        locks.len(),
        pages.len(),
        problems.len()
    );
    u8::from(!problems.is_empty())
}
