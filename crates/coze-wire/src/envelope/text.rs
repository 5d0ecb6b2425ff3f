//! A JSON string as a value of its own.

use alloc::string::String;
use core::marker::PhantomData;

use coze_models::support::unescaped;
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
    let content = &document[at + 1..];
    let (text, length) = unescaped(content, content.len())?;
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
    use alloc::borrow::ToOwned;

    use super::*;

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
}
