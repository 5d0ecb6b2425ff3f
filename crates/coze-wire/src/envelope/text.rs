//! A JSON string as a value of its own.

use alloc::string::String;
use core::marker::PhantomData;

use memchr::{memchr, memchr2};
use serde::{
    Deserializer,
    de::{Error, IntoDeserializer, Visitor},
    forward_to_deserialize_any,
};

/// A document without its `data`, where that is a text that comes before any list or map, and the text.
///
/// As a rule such a text is nearly all of the document and full of escapes. The parser would look for its end eight
/// bytes at a time, copy it piece by piece and then once more.
pub(super) fn without_data(document: &str) -> Option<(String, String)> {
    let at = data_at(document)?;
    let (text, length) = unescaped(&document[at + 1..])?;
    let (before, after) = (&document[..at], &document[at + 1 + length..]);
    if before.len() + after.len() > LARGEST_REST {
        return None;
    }
    Some(([before, "null", after].concat(), text))
}

/// Bytes of a document that may be copied.
const LARGEST_REST: usize = 4096;

/// Where the text of `data` begins, with its quotation mark.
fn data_at(document: &str) -> Option<usize> {
    let bytes = document.as_bytes();
    let mut at = bytes.iter().position(|byte| *byte == b'{')? + 1;
    loop {
        let start = at + memchr(b'"', bytes.get(at..LARGEST_REST.min(bytes.len()))?)?;
        if bytes[at..start]
            .iter()
            .any(|byte| matches!(byte, b'{' | b'['))
        {
            return None;
        }
        let end = start + 1 + memchr2(b'"', b'\\', &bytes[start + 1..])?;
        at = end + 1;
        if bytes[end] == b'\\' {
            return None;
        }
        if &bytes[start + 1..end] == b"data"
            && let Some(value) = document[at..].trim_ascii_start().strip_prefix(':')
        {
            let value = value.trim_ascii_start();
            return value.starts_with('"').then(|| document.len() - value.len());
        }
    }
}

/// The text that begins a JSON string's content, and its length as it is written, with the quotation mark at its end.
/// `None` for what the parser refuses.
fn unescaped(content: &str) -> Option<(String, usize)> {
    let mut text = String::with_capacity(content.len());
    let mut rest = content;
    loop {
        // Escapes often stand side by side.
        let escape = if rest.starts_with('\\') {
            rest
        } else {
            let (run, escape) = rest.split_at(memchr2(b'"', b'\\', rest.as_bytes())?);
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
    if text.capacity() > text.len() + text.len() / 4 + LARGEST_REST {
        text.shrink_to_fit();
    }
    Some((text, length))
}

/// The character of `\uXXXX`, or of two of them that are one, and its length as it is written.
fn unicode(escape: &str) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = escape.get(at..at + 6)?.strip_prefix("\\u")?;
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

/// Deserializes from a text as a JSON parser does from a string, and gives the text away.
pub(super) struct Text<E> {
    text: String,
    error: PhantomData<E>,
}

impl<E> Text<E> {
    pub(super) fn new(text: String) -> Self {
        let error = PhantomData;
        Self { text, error }
    }
}

impl<'de, E: Error> Deserializer<'de> for Text<E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_string(self.text)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, E> {
        visitor.visit_enum(self.text.into_deserializer())
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use alloc::{borrow::ToOwned, format};

    use proptest::prelude::*;

    use super::*;

    /// The text of a JSON string, to its end.
    fn read(json: &str) -> Option<String> {
        let (text, length) = unescaped(&json[1..])?;
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
        ] {
            let parsed = serde_json::from_str::<String>(json).ok();
            assert_eq!(read(json), parsed, "{json}");
        }
    }

    #[test]
    fn only_a_text_at_the_top_is_taken_out() {
        for (document, rest, text) in [
            (r#"{"data":"a\nb"}"#, r#"{"data":null}"#, "a\nb"),
            (
                r#"{"code":0,"data" : "" ,"x":[]}"#,
                r#"{"code":0,"data" : null ,"x":[]}"#,
                "",
            ),
            (
                r#" {"msg":"data","data":"a"} x"#,
                r#" {"msg":"data","data":null} x"#,
                "a",
            ),
        ] {
            assert_eq!(
                without_data(document),
                Some((rest.to_owned(), text.to_owned()))
            );
        }
        for document in [
            "",
            "{",
            "[]",
            r#"{"data":{"data":"a"}}"#,
            r#"{"x":{"data":"a"}}"#,
            r#"{"x":[{"data":"a"}]}"#,
            r#"{"x":"\"data\":","data":"a"}"#,
            r#"{"d\u0061ta":"a"}"#,
            r#"{"data":"a"#,
            r#"{"data":null}"#,
            r#"{"data""#,
            r#"{"data":"#,
            r#"{"x":"data"}"#,
            r#"{"data":"\x"}"#,
            "{\"data\":\"a\nb\"}",
        ] {
            assert_eq!(without_data(document), None, "{document}");
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
