//! An edit of a page gives a fault or another output, never silence and never a panic.

use docgen::{diagnostic::Diagnostics, emit, set, source::Sources};
use std::{collections::BTreeSet, fmt::Write as _, path::Path};

/// Pages with each kind of section; the rest of the set would only repeat them.
const PAGES: &[&str] = &[
    "errors",
    "shared",
    "workflow/run",
    "workflow/run-history",
    "workflow/stream-events",
    "workflow/stream-run",
];

type Pages = Vec<(String, String)>;

fn pages() -> Pages {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut pages = set::read_pages(&root, &set::SETS[0]).unwrap();
    pages.retain(|(name, _)| PAGES.contains(&name.as_str()));
    assert_eq!(pages.len(), PAGES.len());
    pages
}

/// Everything codegen would write, or the faults.
fn outcome(pages: &Pages) -> Result<String, usize> {
    let mut sources = Sources::new();
    let mut faults = Diagnostics::new();
    let api = set::load("docs/api", pages, &mut sources, &mut faults);
    if !faults.is_empty() {
        // Rendering must not panic either.
        let text = faults.render(&sources, false);
        assert!(
            text.contains("docs/api/"),
            "a fault without a place: {text}"
        );
        return Err(faults.len());
    }
    let mut out = String::new();
    for (name, text) in emit::emit(&api, &sources, "crate::support") {
        let _ = writeln!(out, "{name}\n{text}");
    }
    for (name, text) in emit::emit_examples(&api, "coze_models") {
        let _ = writeln!(out, "{name}\n{text}");
    }
    out.push_str(&emit::emit_index(&api));
    Ok(out)
}

/// Edits of a text, by line: what was done, and the text after it.
fn edits(text: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut edits = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let mut add = |what: &str, new: Option<String>| {
            let mut copy: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
            match new {
                Some(new) => copy[at] = new,
                None => {
                    copy.remove(at);
                }
            }
            edits.push((format!("{what} line {}", at + 1), copy.join("\n") + "\n"));
        };
        let rule = line.contains("---") || line.contains(":-");
        if line.starts_with('|') && !rule {
            add("delete row", None);
            add("double row", Some(format!("{line}\n{line}")));
            add("add cell", Some(format!("{line} x |")));
            let cells: Vec<&str> = line.split('|').collect();
            for cell in 1..cells.len() - 1 {
                if cells[cell].trim().is_empty() {
                    continue;
                }
                let mut changed = cells.clone();
                let word = cells[cell].trim();
                let longer = match word.strip_suffix('`') {
                    Some(word) => format!(" {word}x` "),
                    None => format!(" {word}x "),
                };
                changed[cell] = &longer;
                add("change cell", Some(changed.join("|")));
                changed[cell] = "  ";
                add("empty cell", Some(changed.join("|")));
            }
        } else if line.starts_with('#') {
            add("delete heading", None);
            add("deepen heading", Some(format!("##{line}")));
            add("change heading", Some(format!("{line} x")));
        } else if line.starts_with("```") || rule {
            add("delete line", None);
        } else if !line.trim().is_empty() {
            add(
                "change line",
                Some(line.replacen(char::is_alphabetic, "Ω", 1)),
            );
        }
    }
    edits
}

#[test]
fn no_edit_passes_in_silence() {
    let pages = pages();
    let before = outcome(&pages).expect("the pages have no faults");
    let mut cases = Vec::new();
    for (index, (name, text)) in pages.iter().enumerate() {
        for (what, text) in edits(text) {
            if text.trim() != pages[index].1.trim() {
                cases.push((index, format!("{name}: {what}"), text));
            }
        }
    }
    assert!(cases.len() >= 1000, "only {} edits", cases.len());
    // Every third keeps the run short and still touches every kind of line of every page.
    let chosen: Vec<_> = cases.into_iter().step_by(3).collect();
    assert!(chosen.len() >= 500, "only {} edits are tried", chosen.len());
    let run = |part: &[(usize, String, String)]| {
        let mut silent = BTreeSet::new();
        let mut faulty = 0;
        for (index, what, text) in part {
            let mut edited = pages.clone();
            edited[*index].1.clone_from(text);
            match outcome(&edited) {
                Ok(after) if after == before => {
                    silent.insert(what.clone());
                }
                Ok(_) => {}
                Err(_) => faulty += 1,
            }
        }
        (silent, faulty)
    };
    let (left, right) = chosen.split_at(chosen.len() / 2);
    let (left, right) = std::thread::scope(|scope| {
        let left = scope.spawn(|| run(left));
        let right = run(right);
        (left.join().unwrap(), right)
    });
    let silent: Vec<_> = left.0.union(&right.0).collect();
    assert!(
        silent.is_empty(),
        "{} of {} in silence: {silent:#?}",
        silent.len(),
        chosen.len()
    );
    assert!(
        left.1 + right.1 > chosen.len() / 3,
        "too few faults: {}",
        left.1 + right.1
    );
}

#[test]
fn a_repeated_run_gives_the_same_bytes() {
    let pages = pages();
    assert_eq!(outcome(&pages), outcome(&pages));
}
