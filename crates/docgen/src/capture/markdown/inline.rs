//! Markup inside cells and lines.

use crate::capture::words::squeeze;

/// Whether a link leads to another page rather than to a heading of this one.
pub(crate) fn links_elsewhere(raw: &str) -> bool {
    raw.contains("](http") || raw.contains("](/")
}

/// Splits at `<br>` in all its spellings.
fn break_lines(raw: &str) -> Vec<&str> {
    let lower = raw.to_ascii_lowercase();
    let (mut lines, mut start) = (Vec::new(), 0);
    for (at, _) in lower.match_indices("<br") {
        let tail = &lower[at + 3..];
        if let Some(close) = tail.find('>')
            && matches!(tail[..close].trim(), "" | "/")
        {
            lines.push(&raw[start..at]);
            start = at + 3 + close + 1;
        }
    }
    lines.push(&raw[start..]);
    lines
}

/// The character that a name or number between `&` and `;` stands for.
fn entity(code: &str) -> Option<char> {
    Some(match code {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" | "ensp" | "emsp" => ' ',
        _ => {
            let code = code.strip_prefix('#')?;
            let hex = code.strip_prefix(['x', 'X']);
            let number = hex.map_or_else(|| code.parse(), |hex| u32::from_str_radix(hex, 16));
            char::from_u32(number.ok()?)?
        }
    })
}

/// Reads named and numbered characters.
fn entities(text: &str) -> String {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let read = part.split_once(';').filter(|(code, _)| code.len() <= 7);
        if let Some((c, rest)) = read.and_then(|(code, rest)| Some((entity(code)?, rest))) {
            out.push(c);
            out.push_str(rest);
        } else {
            out.push('&');
            out.push_str(part);
        }
    }
    out
}

/// Takes HTML tags off; code spans keep theirs, `Map<String, X>` is no tag.
fn strip_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut code = false;
    while let Some(c) = rest.chars().next() {
        code ^= c == '`';
        let tag = if code { None } else { tag_end(rest) };
        if tag.is_none() {
            out.push(c);
        }
        rest = &rest[tag.unwrap_or(c.len_utf8())..];
    }
    out
}

const TAGS: &str = "a b blockquote br callout center code col colgroup del details div em figcaption \
    figure font h1 h2 h3 h4 h5 h6 hr i iframe img ins kbd li mark ol p pre s section small source \
    span strong sub summary sup table tbody td text tfoot th thead tr u ul video";

/// End of the tag a text starts with; `None` when it is no tag.
fn tag_end(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('<')?;
    if inner.starts_with("!--") {
        return text.find("-->").map(|at| at + 3);
    }
    let name = inner.trim_start_matches('/');
    let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    let known = TAGS.split(' ').any(|tag| tag.eq_ignore_ascii_case(name));
    known.then(|| text.find('>').map(|at| at + 1)).flatten()
}

/// The text of a line without Markdown and HTML.
pub(crate) fn plain(raw: &str) -> String {
    let chars: Vec<char> = links(&strip_tags(raw)).chars().collect();
    let mut out = String::with_capacity(raw.len());
    let mut index = 0;
    while let Some(c) = chars.get(index).copied() {
        index += 1;
        match c {
            '\\' if chars
                .get(index)
                .is_some_and(|c| "_*[]()#+-.!`<>|~{}".contains(*c)) =>
            {
                out.push(chars[index]);
                index += 1;
            }
            '`' => {}
            // Emphasis goes, masks such as `73505836***` stay: they follow a letter or digit.
            '*' if !is_mask(&chars, index - 1) => {}
            _ => out.push(c),
        }
    }
    squeeze(&entities(&out))
}

/// Whether the run of asterisks around a place follows ASCII text: then it hides characters.
fn is_mask(chars: &[char], index: usize) -> bool {
    let before = chars[..index]
        .iter()
        .rev()
        .take_while(|c| **c == '*')
        .count();
    let behind = chars[index..].iter().take_while(|c| **c == '*').count();
    let follows = chars[..index - before].last();
    let next = chars.get(index + behind);
    follows.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        && (before + behind >= 3 || next.is_some_and(char::is_ascii_alphanumeric))
}

/// Replaces links and images by their text.
fn links(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('[') {
        let (before, tail) = rest.split_at(at);
        rest = if let Some((label, end)) = link(tail) {
            if let Some(before) = before.strip_suffix('!') {
                out.push_str(before);
                out.push_str("[image]");
            } else {
                out.push_str(before);
                out.push_str(label);
            }
            &tail[end..]
        } else {
            out.push_str(&rest[..=at]);
            &tail[1..]
        };
    }
    out.push_str(rest);
    out
}

/// Label and length of the link a text starts with.
fn link(text: &str) -> Option<(&str, usize)> {
    let close = text.find("](")?;
    let label = &text[1..close];
    if label.contains('[') && !label.contains(']') {
        return None;
    }
    let mut depth = 0;
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at <= close) {
        match c {
            '(' => depth += 1,
            ')' if depth == 1 => return Some((label, at + 1)),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The text of a cell that holds a value: only its wrapping goes.
pub(crate) fn value(raw: &str) -> String {
    let lines = break_lines(raw).into_iter().map(|line| {
        let line = strip_tags(line.trim());
        let line = line.trim();
        let span = line
            .strip_prefix('`')
            .and_then(|rest| rest.strip_suffix('`'));
        let bare = span.filter(|rest| !rest.contains('`')).unwrap_or(line);
        entities(&bare.replace("\\|", "|"))
    });
    let lines: Vec<String> = lines
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("```"))
        .collect();
    lines.join("\n").trim().to_owned()
}

/// The text of a cell of words, its lines kept; fences inside the cell go.
pub(crate) fn words(raw: &str) -> String {
    let lines = break_lines(raw).into_iter().map(|line| {
        let line = line.trim();
        let line = match line.strip_prefix("```") {
            Some(rest) if !rest.contains("://") => "",
            rest => rest.unwrap_or(line),
        };
        plain(line.strip_suffix("```").unwrap_or(line))
    });
    lines
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
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
