//! Text from a server made safe for a terminal, which would obey control characters in it.

use std::{borrow::Cow, fmt::Write as _};

use coze_workflow::{is_obeyed, redact};
use serde_json::Value;

/// Text of many lines: control characters are shown by their numbers, but for line ends and tabs.
pub(super) fn block(text: &str) -> Cow<'_, str> {
    let obeyed = |one| is_obeyed(one) && !matches!(one, '\n' | '\t');
    replaced(text, obeyed, |out, one| {
        let _ = write!(out, "{}", one.escape_unicode());
    })
}

/// Text of one line: what ends a line becomes a space, too.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    replaced(text, is_obeyed, |out, one| {
        if one.is_whitespace() {
            out.push(' ');
        } else {
            let _ = write!(out, "{}", one.escape_unicode());
        }
    })
}

/// Text of one line, with other characters as they are: for what a program reads line by line.
pub(super) fn cell(text: &str) -> Cow<'_, str> {
    replaced(
        text,
        |one| is_obeyed(one) && one.is_whitespace(),
        |out, _| out.push(' '),
    )
}

/// One line for a terminal, without secrets.
pub(crate) fn safe_line(text: &str) -> String {
    line(&redact(text)).into_owned()
}

/// Text of many lines for a terminal, without secrets.
pub(crate) fn safe_block(text: &str) -> String {
    block(&redact(text)).into_owned()
}

/// JSON with control characters escaped, which within it stand in strings alone.
pub(super) fn json(text: &str) -> Cow<'_, str> {
    replaced(text, is_obeyed, |out, one| {
        let _ = write!(out, "\\u{:04x}", u32::from(one));
    })
}

/// The value without secrets in its texts.
pub(super) fn redacted(value: Value) -> Value {
    match value {
        Value::String(text) => redact(&text).into(),
        Value::Array(items) => items.into_iter().map(redacted).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (redact(&name).into_owned(), redacted(value)))
            .collect(),
        value => value,
    }
}

fn replaced(
    text: &str,
    is_it: impl Fn(char) -> bool,
    mut put: impl FnMut(&mut String, char),
) -> Cow<'_, str> {
    if !text.contains(&is_it) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    for one in text.chars() {
        if is_it(one) {
            put(&mut out, one);
        } else {
            out.push(one);
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clears the screen, sets the title, turns the text, and forges a line.
    const HOSTILE: &str =
        "a\u{1b}[2J\u{1b}]0;t\u{7}\u{9b}1m\u{202e}b\u{61c}\u{7f}\r\n\thint: 你好\u{2028}c";

    #[test]
    fn what_a_terminal_obeys_is_shown() {
        let kept = |text: &str, kept: &[char]| {
            !text.contains(|one| is_obeyed(one) && !kept.contains(&one)) && text.contains("你好")
        };
        assert!(kept(&block(HOSTILE), &['\n', '\t']));
        assert!(kept(&line(HOSTILE), &[]));
        assert!(kept(&json(HOSTILE), &[]));
        assert_eq!(block("a\u{1b}[0m\nb\tc\r"), "a\\u{1b}[0m\nb\tc\\u{d}");
        assert_eq!(line("x\r\n\thint: y\u{85}z\u{0}"), "x   hint: y z\\u{0}");
        assert_eq!(cell("x\u{1b}\nhint: y"), "x\u{1b} hint: y");
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = Value::from(HOSTILE);
        let text = value.to_string();
        assert_eq!(serde_json::from_str::<Value>(&json(&text)).unwrap(), value);
    }

    #[test]
    fn plain_text_is_not_copied() {
        for text in ["", "naïve 你好 – “x”", "e\u{301}"] {
            assert!(matches!(line(text), Cow::Borrowed(_)));
        }
    }
}
