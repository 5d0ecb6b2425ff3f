//! Edits of captures: such that change what a page says, and such that do not.

use docgen::capture::Format;

/// An edited text with a word for what was done.
pub struct Edit {
    pub what: String,
    pub text: String,
}

fn joined(lines: &[String]) -> String {
    lines.join("\n")
}

/// Lines of the article: not the navigation, the neighbours and the outline of format A.
fn article(lines: &[String], format: Format) -> std::ops::Range<usize> {
    if format != Format::A {
        return 0..lines.len();
    }
    let last = |word: &str| lines.iter().rposition(|line| line.trim() == word);
    let start = last("大纲").map_or(0, |at| at + 1);
    start..last("上一篇").unwrap_or(lines.len())
}

/// Edits that must be reported, `each` lines apart.
pub fn changes(text: &str, format: Format, each: usize) -> Vec<Edit> {
    let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let mut out = Vec::new();
    let mut add = |what: &str, at: usize, edited: Vec<String>| {
        out.push(Edit {
            what: format!("{what} line {}: {}", at + 1, lines[at].trim()),
            text: joined(&edited),
        });
    };
    for at in article(&lines, format).step_by(each) {
        let line = &lines[at];
        if line.trim().is_empty() && line != "\t" {
            continue;
        }
        let with = |new: String| {
            let mut edited = lines.clone();
            edited[at] = new;
            edited
        };
        let mut edited = lines.clone();
        edited.remove(at);
        add("delete", at, edited);
        if line == "\t" {
            continue;
        }
        add("append", at, with(format!("{}x", line.trim_end())));
        let first = line.char_indices().find(|(_, c)| c.is_alphanumeric());
        if let Some((start, c)) = first {
            let mut new = line.clone();
            new.replace_range(start..start + c.len_utf8(), "");
            add("cut", at, with(new));
        }
        // The order of keys says nothing in YAML.
        if format == Format::D {
            continue;
        }
        if let Some(next) = lines
            .get(at + 1)
            .filter(|next| !next.trim().is_empty() && next.trim() != line.trim() && *next != "\t")
        {
            let mut edited = lines.clone();
            edited[at].clone_from(next);
            edited[at + 1].clone_from(line);
            add("swap", at, edited);
        }
        if line.trim_start().starts_with('|') {
            for edited in cells(line) {
                add("cell", at, with(edited));
            }
        }
    }
    out
}

/// Each cell of a row replaced, emptied and taken away.
fn cells(line: &str) -> Vec<String> {
    let parts: Vec<&str> = line.split('|').collect();
    let mut out = Vec::new();
    for at in 1..parts.len().saturating_sub(1) {
        if parts[at].trim().is_empty() || parts[at].trim() == "\\" {
            continue;
        }
        for new in [" zz9 ", "  "] {
            let mut row = parts.clone();
            row[at] = new;
            out.push(row.join("|"));
        }
        let mut row = parts.clone();
        row.remove(at);
        out.push(row.join("|"));
    }
    out
}

/// Edits that say nothing new.
pub fn neutral(text: &str, format: Format, each: usize) -> Vec<Edit> {
    let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let mut out = Vec::new();
    let mut add = |what: String, text: String| out.push(Edit { what, text });
    add("CRLF".to_owned(), text.replace('\n', "\r\n"));
    add("byte order mark".to_owned(), format!("\u{feff}{text}"));
    add("final line break".to_owned(), format!("{text}\n"));
    add(
        "no final line break".to_owned(),
        text.trim_end_matches('\n').to_owned(),
    );
    add(
        "zero-width".to_owned(),
        text.replace("说明", "说\u{200b}明"),
    );
    for at in (0..lines.len()).step_by(each) {
        let line = &lines[at];
        if !line.trim().is_empty() && !line.starts_with("    ") {
            let mut edited = lines.clone();
            edited[at] = format!("{line}  ");
            add(format!("trailing blanks, line {}", at + 1), joined(&edited));
            if let Some(space) = line
                .trim_start()
                .find(' ')
                .map(|at| at + line.len() - line.trim_start().len())
            {
                let mut edited = lines.clone();
                edited[at].replace_range(space..=space, "\u{a0}");
                add(format!("no-break space, line {}", at + 1), joined(&edited));
            }
        }
        if blank_fits(&lines, at, format) {
            let mut edited = lines.clone();
            edited.insert(at, String::new());
            add(
                format!("blank line before line {}", at + 1),
                joined(&edited),
            );
        }
        if matches!(format, Format::C | Format::Official)
            && line.starts_with('|')
            && !line.contains("---")
            && !line.contains("\\|")
        {
            let mut edited = lines.clone();
            edited[at] = line.replace(" | ", "    |  ");
            add(format!("column widths, line {}", at + 1), joined(&edited));
        }
    }
    if format == Format::A {
        let start = article(&lines, format).start;
        for at in (1..start.saturating_sub(3)).step_by(each * 7) {
            let mut edited = lines.clone();
            edited.insert(at, "新菜单".to_owned());
            add(format!("navigation, line {}", at + 1), joined(&edited));
        }
        add(
            "neighbour".to_owned(),
            text.replace("下一篇\n", "下一篇\n别的"),
        );
    }
    out
}

/// Whether a blank line may stand before a line without a change of meaning.
fn blank_fits(lines: &[String], at: usize, format: Format) -> bool {
    let line = lines[at].as_str();
    let before = at.checked_sub(1).map_or("", |at| lines[at].as_str());
    let fenced = lines[..at]
        .iter()
        .filter(|line| line.trim_start().starts_with("```"))
        .count()
        % 2
        == 1;
    match format {
        Format::A => {
            let next = lines.get(at + 1).map_or("", String::as_str);
            // Before a row or around a separator.
            article(lines, format).contains(&at)
                && (line == "\t" || (next == "\t" && before.trim().is_empty()))
        }
        Format::B => {
            let example = lines[..at].iter().any(|line| line.trim() == "请求示例");
            !example && !line.is_empty()
        }
        Format::C | Format::Official => line.starts_with('#') && !fenced,
        Format::D => line.starts_with('#'),
    }
}
