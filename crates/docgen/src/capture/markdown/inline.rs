//! Markup inside cells and lines.

/// Whether a link leads to another page rather than to a heading of this one.
pub(crate) fn links_elsewhere(raw: &str) -> bool {
    raw.contains("](http") || raw.contains("](/")
}

/// Splits at `<br>` in all its spellings.
pub(crate) fn break_lines(raw: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = raw;
    loop {
        let lower = rest.to_ascii_lowercase();
        let found = lower.match_indices("<br").find_map(|(at, _)| {
            let tail = &lower[at + 3..];
            let close = tail.find('>')?;
            matches!(tail[..close].trim(), "" | "/").then_some((at, at + 3 + close + 1))
        });
        let Some((at, end)) = found else {
            lines.push(rest);
            return lines;
        };
        lines.push(&rest[..at]);
        rest = &rest[end..];
    }
}

/// Named and numbered characters.
pub(crate) fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(';').filter(|end| *end <= 8);
        let read = end.and_then(|end| match &rest[1..end] {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "nbsp" | "ensp" | "emsp" => Some(' '),
            code => {
                let code = code.strip_prefix('#')?;
                let number = code.strip_prefix(['x', 'X']).map_or_else(
                    || code.parse().ok(),
                    |hex| u32::from_str_radix(hex, 16).ok(),
                );
                number.and_then(char::from_u32)
            }
        });
        if let (Some(c), Some(end)) = (read, end) {
            out.push(c);
            rest = &rest[end + 1..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

/// Takes HTML tags off; code spans keep theirs, `Map<String, X>` is no tag.
pub(crate) fn strip_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut code = false;
    while let Some(c) = rest.chars().next() {
        if c == '`' {
            code = !code;
        }
        if c == '<'
            && !code
            && let Some(end) = tag_end(rest)
        {
            rest = &rest[end..];
            continue;
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out
}

const TAGS: &[&str] = &[
    "a",
    "b",
    "blockquote",
    "br",
    "callout",
    "center",
    "code",
    "col",
    "colgroup",
    "del",
    "details",
    "div",
    "em",
    "figcaption",
    "figure",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "iframe",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "s",
    "section",
    "small",
    "source",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "text",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
    "video",
];

/// End of the tag a text starts with; `None` when it is no tag.
fn tag_end(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('<')?;
    if inner.starts_with("!--") {
        return text.find("-->").map(|at| at + 3);
    }
    let name: String = inner
        .trim_start_matches('/')
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    if !TAGS.contains(&name.to_ascii_lowercase().as_str()) {
        return None;
    }
    text.find('>').map(|at| at + 1)
}

/// The text of a line without Markdown and HTML.
pub(crate) fn plain(raw: &str) -> String {
    let text = strip_tags(raw);
    let text = links(&text);
    let mut out = String::with_capacity(text.len());
    let chars: Vec<char> = text.chars().collect();
    let mut index = 0;
    while let Some(c) = chars.get(index).copied() {
        match c {
            '\\' if chars
                .get(index + 1)
                .is_some_and(|c| "_*[]()#+-.!`<>|~{}".contains(*c)) =>
            {
                out.push(chars[index + 1]);
                index += 1;
            }
            '`' => {}
            // Emphasis goes, masks such as `73505836***` stay: they follow a letter or digit.
            '*' if !is_mask(&chars, index) => {}
            _ => out.push(c),
        }
        index += 1;
    }
    entities(&out)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether the run of asterisks around a place follows ASCII text: then it hides characters.
fn is_mask(chars: &[char], index: usize) -> bool {
    let start = (0..index).rev().find(|at| chars[*at] != '*');
    let end = (index..chars.len())
        .find(|at| chars[*at] != '*')
        .unwrap_or(chars.len());
    let begin = start.map_or(0, |at| at + 1);
    let before =
        start.is_some_and(|at| chars[at].is_ascii_alphanumeric() || matches!(chars[at], '_' | '-'));
    before && (end - begin >= 3 || chars.get(end).is_some_and(char::is_ascii_alphanumeric))
}

/// Replaces links and images by their text.
fn links(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        let link = link_at(&rest[at..]);
        if let Some((label, end)) = link {
            let before = &rest[..at];
            if let Some(before) = before.strip_suffix('!') {
                out.push_str(before);
                out.push_str("[image]");
            } else {
                out.push_str(before);
                out.push_str(label);
            }
            rest = &rest[at + end..];
        } else {
            out.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
        }
    }
    out.push_str(rest);
    out
}

/// Label and length of the link a text starts with.
fn link_at(text: &str) -> Option<(&str, usize)> {
    let close = text.find("](")?;
    let label = &text[1..close];
    if label.contains('[') && !label.contains(']') || label.contains('\n') {
        return None;
    }
    let mut depth = 0;
    for (at, c) in text[close + 1..].char_indices() {
        match c {
            '(' => depth += 1,
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return Some((label, close + 1 + at + 1));
                }
            }
            ' ' if depth == 1 && !text[close + 1..close + 1 + at].contains("(http") => {}
            _ => {}
        }
    }
    None
}

/// The text of a cell that holds a value: only its wrapping goes.
pub(crate) fn value(raw: &str) -> String {
    let lines: Vec<String> = break_lines(raw)
        .into_iter()
        .map(|line| {
            let line = strip_tags(line.trim());
            let line = line.trim();
            let bare = line
                .strip_prefix('`')
                .and_then(|rest| rest.strip_suffix('`'))
                .filter(|rest| !rest.contains('`'))
                .unwrap_or(line);
            entities(&bare.replace("\\|", "|"))
        })
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("```"))
        .collect();
    lines.join("\n").trim().to_owned()
}

/// The text of a cell of words, its lines kept; fences inside the cell go.
pub(crate) fn words(raw: &str) -> String {
    let lines: Vec<String> = break_lines(raw)
        .into_iter()
        .map(|line| {
            let line = line.trim();
            let line = line
                .strip_prefix("```")
                .map_or(line, |rest| if rest.contains("://") { rest } else { "" });
            plain(line.strip_suffix("```").unwrap_or(line))
        })
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_goes_and_masks_stay() {
        assert_eq!(
            plain("Object of [WorkflowInfo](#workflowinfo)"),
            "Object of WorkflowInfo"
        );
        assert_eq!(plain("**是否**必选 `a_b`"), "是否必选 a_b");
        assert_eq!(plain("id 73505836754923***。"), "id 73505836754923***。");
        assert_eq!(
            plain("Bearer <span style=\"x\"><em>$T</em></span>"),
            "Bearer $T"
        );
        assert_eq!(
            plain("map<String,WorkflowParameter>"),
            "map<String,WorkflowParameter>"
        );
        assert_eq!(plain("![Image](https://x/y~z.image)"), "[image]");
        assert_eq!(plain("Map&lt;String, X&gt;"), "Map<String, X>");
    }

    #[test]
    fn breaks_and_fences_in_cells() {
        assert_eq!(
            words("```Plain Text <br> https://h/v1 <br> ``` <br>  "),
            "https://h/v1"
        );
        assert_eq!(words("a <br/> b<BR >c"), "a\nb\nc");
        assert_eq!(value("`{\"a\":1}`"), "{\"a\":1}");
        assert_eq!(value(" 50 <br>  "), "50");
    }
}
