//! `cargo xtask audit`: what the pages say against what was recorded, modelled and listed.

use crate::codegen::{self, Loaded};
use docgen::compare::{Lock, PageView, agree, views};
use docgen::{audit, emit, set::SETS};
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

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

/// Recorded answers against the tables. A file is named `OPERATION.anything.json` for an answer and
/// `OPERATION.anything.sse` for a stream.
pub(crate) fn recorded(root: &Path, folder: &Path) -> io::Result<u8> {
    let Some(loaded) = codegen::load(root)? else {
        return Ok(2);
    };
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<io::Result<_>>()?;
    paths.sort();
    let (mut files, mut findings) = (0, 0);
    for path in paths {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let kind = path
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default();
        if !matches!(kind, "json" | "sse") {
            continue;
        }
        let operation = name.split('.').next().unwrap_or_default();
        let page = loaded
            .apis
            .iter()
            .find_map(|(_, api)| Some((api, audit::operation(api, operation)?)));
        let Some((api, module)) = page else {
            println!("{name}: no page describes the operation `{operation}`");
            findings += 1;
            continue;
        };
        files += 1;
        let text = fs::read_to_string(&path)?;
        let misfits = if kind == "sse" {
            audit::stream(api, module, &text)
        } else {
            match serde_json::from_str(&text) {
                Ok(json) => audit::answer(api, module, &json),
                Err(error) => {
                    println!("{name}: no JSON: {error}");
                    findings += 1;
                    continue;
                }
            }
        };
        for misfit in misfits {
            println!("{name}: {}: {}", misfit.path, misfit.why);
            findings += 1;
        }
    }
    println!("{files} recordings, {findings} findings");
    Ok(u8::from(findings > 0 || files == 0))
}
