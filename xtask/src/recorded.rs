//! `cargo xtask audit --recorded`: recorded responses against the tables.

use crate::codegen::{self, Loaded};
use docgen::{
    api::Api,
    audit::{self, Exchange, Judged},
    set::Set,
};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

/// Judges the recordings of a folder by the pages of all sets, or of the one that is named; gives the
/// exit code.
pub(crate) fn run(root: &Path, folder: &Path, set: Option<&str>) -> io::Result<u8> {
    let Some(loaded) = codegen::load(root)? else {
        return Ok(2);
    };
    let named = |one: &Set| set.is_none_or(|name| one.pages.rsplit('/').next() == Some(name));
    let apis = loaded.apis.iter().filter(|(one, _)| named(one));
    let apis: Vec<&Api> = apis.map(|(_, api)| api).collect();
    if apis.is_empty() {
        let text = format!("no set of pages is named {}", set.unwrap_or_default());
        return Err(io::Error::other(text));
    }
    judge(&apis, folder)
}

/// Judges the recordings that the sets keep with their crates; gives the exit code.
pub(crate) fn kept(root: &Path, loaded: &Loaded) -> io::Result<u8> {
    let mut code = 0;
    for (set, api) in &loaded.apis {
        let folder = root.join(set.krate).join("tests/recorded");
        if folder.is_dir() {
            print!("{}: ", set.pages);
            code |= judge(&[api], &folder)?;
        }
    }
    Ok(code)
}

/// Recordings by what became of them.
#[derive(Default)]
struct Count {
    judged: usize,
    findings: usize,
    no_page: BTreeMap<String, usize>,
    unread: usize,
    no_response: usize,
}

/// A file is an exchange, or named `OPERATION.anything.json` for a response and
/// `OPERATION.anything.sse` for a stream.
fn judge(apis: &[&Api], folder: &Path) -> io::Result<u8> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path()));
    let mut paths: Vec<PathBuf> = entries.collect::<io::Result<_>>()?;
    paths.sort();
    let mut count = Count::default();
    let mut text = String::new();
    for path in paths {
        let kind = path
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default();
        if matches!(kind, "json" | "sse") {
            file(apis, &path, kind, &mut count, &mut text)?;
        }
    }
    let Count {
        judged,
        findings,
        unread,
        no_response,
        ..
    } = count;
    print!("{judged} recordings judged, {findings} findings");
    for (number, what) in [
        (
            count.no_page.values().sum(),
            "of calls or failures without a page",
        ),
        (unread, "without a whole JSON body"),
        (no_response, "without a response"),
    ] {
        if number > 0 {
            print!(", {number} {what}");
        }
    }
    println!();
    for (call, number) in &count.no_page {
        println!("  no page: {call} ({number})");
    }
    print!("{text}");
    Ok(u8::from(findings > 0 || judged == 0))
}

fn file(
    apis: &[&Api],
    path: &Path,
    kind: &str,
    count: &mut Count,
    out: &mut String,
) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let text = fs::read_to_string(path)?;
    let mut tell = |what: &str| {
        count.findings += 1;
        // Writing to a `String` cannot fail.
        let _ = writeln!(out, "{name}: {what}");
    };
    let json = match (kind, serde_json::from_str::<serde_json::Value>(&text)) {
        ("sse", _) => None,
        (_, Ok(json)) => Some(json),
        (_, Err(error)) => {
            tell(&format!("no JSON: {error}"));
            return Ok(());
        }
    };
    let misfits = if json
        .as_ref()
        .is_some_and(|json| json.get("request").is_some())
    {
        let Some(exchange) = json.as_ref().and_then(Exchange::read) else {
            count.no_response += 1;
            return Ok(());
        };
        let verdicts = apis.iter().map(|api| exchange.judge(api));
        let found = verdicts.fold(Judged::NoPage, |found, one| match found {
            Judged::NoPage => one,
            found => found,
        });
        match found {
            Judged::NoPage => {
                *count.no_page.entry(exchange.call()).or_default() += 1;
                return Ok(());
            }
            Judged::Unread => {
                count.unread += 1;
                return Ok(());
            }
            Judged::Against(misfits) => misfits,
        }
    } else {
        // A file of another name is no recording.
        let mut parts = name.split('.');
        let (Some(operation), Some(_), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
            return Ok(());
        };
        let page = apis
            .iter()
            .find_map(|api| Some((*api, audit::operation(api, operation)?)));
        let Some((api, module)) = page else {
            tell(&format!("no page describes the operation `{operation}`"));
            return Ok(());
        };
        match &json {
            None => audit::stream(api, module, &text, None),
            Some(json) => audit::response(api, module, json),
        }
    };
    count.judged += 1;
    for misfit in misfits {
        tell(&format!("{}: {}", misfit.path, misfit.why));
    }
    Ok(())
}
