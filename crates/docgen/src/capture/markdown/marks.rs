//! What the start of a line says.

use super::inline;

/// `- **key**：value`
pub(super) fn bullet(line: &str) -> Option<(String, String)> {
    let rest = line.trim_start().strip_prefix(['-', '*'])?.trim_start();
    let (key, value) = rest.strip_prefix("**")?.split_once("**")?;
    let value = value.trim_start_matches(['：', ':', ' ']);
    let key = key.trim_end_matches(['：', ':']).replace("请求 ", "请求");
    Some((key, inline::plain(value)))
}

/// A tag without its `key`: the export makes a new one each time.
pub(super) fn without_key(tag: &str) -> String {
    let Some((before, rest)) = tag.split_once(" key=\"") else {
        return tag.to_owned();
    };
    let after = rest.split_once('"').map_or("", |(_, after)| after);
    format!("{before}{after}")
}

/// The run of backticks or tildes that opens a fence.
pub(super) fn fence_mark(content: &str) -> Option<&str> {
    let first = content.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let info = content.trim_start_matches(first);
    let mark = &content[..content.len() - info.len()];
    (mark.len() >= 3 && (first == '~' || !info.contains('`'))).then_some(mark)
}

/// Depth of a heading.
pub(super) fn heading_level(content: &str) -> Option<usize> {
    let level = content.chars().take_while(|c| *c == '#').count();
    let rest = &content[level..];
    ((1..=6).contains(&level) && (rest.is_empty() || rest.starts_with(' '))).then_some(level)
}
