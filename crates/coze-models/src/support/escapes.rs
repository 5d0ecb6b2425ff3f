//! Escapes in JSON strings.

use super::String;
use memchr::memchr2;

/// The room that a text may have in reserve, in bytes.
const RESERVE: usize = 4096;

/// The room that a short text gets when it has to grow, in bytes, if so much is left. By doubling, it would grow several
/// times.
const STEP: usize = 512;

/// The text that begins a JSON string's content, and its length as it is written, with the quotation mark at its end.
/// `None` for what a parser refuses. There is room for `room` bytes at first.
pub(super) fn unescaped(content: &str, room: usize) -> Option<(String, usize)> {
    let mut text = String::with_capacity(room);
    let mut rest = content;
    loop {
        if text.len() >= RESERVE && text.capacity() < text.len() + rest.len() {
            // What is long already is as a rule nearly all that is left. It is not to grow by doubling.
            text.reserve_exact(rest.len());
        }
        // Escapes often stand side by side.
        let escape = if rest.starts_with('\\') {
            rest
        } else {
            let (run, escape) = rest.split_at(memchr2(b'"', b'\\', rest.as_bytes())?);
            if text.len() < STEP && text.capacity() <= text.len() + run.len() {
                // A new block of such a size costs less than to enlarge one.
                let mut longer = String::with_capacity(text.len() + rest.len().min(STEP));
                longer.push_str(&text);
                text = longer;
            }
            text.push_str(run);
            escape
        };
        let (one, length) = match escape.as_bytes() {
            [b'"', ..] => {
                rest = &escape[1..];
                break;
            }
            [_, b'u', ..] => unicode(escape)?,
            [_, b'n', ..] => ('\n', 2),
            [_, b't', ..] => ('\t', 2),
            [_, b'r', ..] => ('\r', 2),
            [_, b'b', ..] => ('\u{8}', 2),
            [_, b'f', ..] => ('\u{c}', 2),
            [_, one @ (b'"' | b'\\' | b'/'), ..] => (char::from(*one), 2),
            _ => return None,
        };
        text.push(one);
        rest = escape.get(length..)?;
    }
    let length = content.len() - rest.len();
    let content = &content.as_bytes()[..length];
    if content.iter().fold(u8::MAX, |least, byte| least.min(*byte)) < b' ' {
        return None;
    }
    if text.capacity() > text.len() + text.len() / 4 + RESERVE {
        text.shrink_to_fit();
    }
    Some((text, length))
}

/// The character of `\uXXXX`, or of two of them that are one, and its length as it is written.
fn unicode(escape: &str) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = escape.get(at..at + 6)?.strip_prefix("\\u")?;
        // The parser of numbers takes a sign.
        let digits = Some(digits).filter(|digits| !digits.starts_with('+'))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let first = unit(0)?;
    if let Some(one) = char::from_u32(first) {
        return Some((one, 6));
    }
    let second = unit(6)?;
    let one = char::decode_utf16([first, second].map(|unit| u16::try_from(unit).unwrap_or(0)));
    match (one.into_iter().next(), second) {
        (Some(Ok(one)), 0xDC00..=0xDFFF) => Some((one, 12)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use proptest::prelude::*;

    use super::*;

    /// The text of a JSON string, to its end.
    fn read(json: &str) -> Option<String> {
        let (text, length) = unescaped(&json[1..], json.len())?;
        (length + 1 == json.len()).then_some(text)
    }

    #[test]
    fn escapes_are_read_as_the_parser_reads_them() {
        for json in [
            r#""""#,
            r#""plain 工作流""#,
            r#""a\"b\\c\/d\b\f\n\r\te\\""#,
            r#""\u0041\u5de5\ud83e\udd8a!\u0000""#,
            r#""\ud83e""#,
            r#""\ud83ex""#,
            r#""\ud83e\n""#,
            r#""\ud83e\u0041""#,
            r#""\udd8a\ud83e""#,
            r#""\ud83e\ud83e\udd8a""#,
            r#""\u+041""#,
        ] {
            let parsed = serde_json::from_str::<String>(json).ok();
            assert_eq!(read(json), parsed, "{json}");
        }
    }

    #[test]
    fn a_text_holds_little_more_than_its_characters() {
        let text = read(&format!("\"{}\"", r"\u0041".repeat(10_000))).unwrap();
        assert!(text.len() == 10_000 && text.capacity() <= 20_000);
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_the_parser_reads_it(
            text in "(?s).{0,80}",
            raw in proptest::collection::vec(prop_oneof![
                Just("\\n"), Just("\\\""), Just("\\\\"), Just("\\u00e9"), Just("\\ud83e"), Just("\\udd8a"), Just("é"), Just("x"),
            ], 0..30),
        ) {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(read(&json), Some(text));
            let json = format!("\"{}\"", raw.concat());
            prop_assert_eq!(read(&json), serde_json::from_str::<String>(&json).ok());
        }
    }
}
