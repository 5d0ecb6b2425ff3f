use alloc::{boxed::Box, collections::BTreeMap, format, string::String, vec, vec::Vec};

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::read_quickly as read;
use crate::support::read as fields;

/// A field of each kind that an event may have.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(default)]
struct Object {
    #[serde(deserialize_with = "fields::text")]
    text: String,
    string: Option<String>,
    #[serde(deserialize_with = "fields::opt_int")]
    int: Option<i64>,
    float: Option<f64>,
    #[serde(deserialize_with = "fields::null_default")]
    flag: bool,
    value: Value,
    list: Vec<u8>,
    map: BTreeMap<String, Value>,
    inner: Option<Box<Object>>,
    wrapped: Wrapped<Option<Wrapped<u8>>>,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
struct Wrapped<T>(T);

impl Default for Object {
    fn default() -> Self {
        Self {
            text: String::new(),
            string: None,
            int: None,
            float: None,
            flag: false,
            value: Value::Null,
            list: Vec::new(),
            map: BTreeMap::new(),
            inner: None,
            wrapped: Wrapped::default(),
        }
    }
}

/// What is read must be what the parser reads; true if anything is.
fn agrees(json: &str) -> bool {
    let Some(object) = read::<Object>(json) else {
        return false;
    };
    let parsed = serde_json::from_str::<Object>(json);
    assert_eq!(Some(object), parsed.ok(), "{json}");
    true
}

#[test]
fn flat_objects_are_read() {
    for json in [
        "{}",
        " { } ",
        r#"{"text":"Hello","flag":true,"string":"0","unknown":"x"}"#,
        "{\n\t\"text\" : \"a\" ,\r\n \"flag\" : false\n}\n",
        r#"{"text":"","string":null,"flag":null,"int":null}"#,
        r#"{"text":"工作流 🦊","unknown":"工"}"#,
        r#"{"text":"a\n\"b\"\u5de5\ud83e\udd8a","string":"\\","unknown":"\n"}"#,
        r#"{"int":0,"float":12,"value":-12}"#,
        r#"{"int":999999999999999999,"value":-999999999999999999}"#,
        r#"{"int":"12","text":12,"string":"12"}"#,
        r#"{"int":1234567890123456789,"value":12345678901234567890,"float":-0}"#,
        r#"{"int":-0,"float":1.5e3,"value":0.5}"#,
        r#"{"value":{"a":[1,"\n",{}]},"list":[1,2],"map":{"a":null},"inner":{"inner":{"text":"x"}}}"#,
        r#"{"text":{"b":1,"a":[ 1.50 ]},"unknown":[[[{}]]]}"#,
        r#"{"text":true,"unknown":false}"#,
        r#"{"wrapped":7}"#,
        r#"{"wrapped": null }"#,
    ] {
        assert!(agrees(json), "{json}");
    }
}

#[test]
fn raw_values_are_what_was_written() {
    #[derive(Debug, Deserialize)]
    struct Raw<'a> {
        #[serde(borrow)]
        raw: &'a RawValue,
    }
    for raw in ["1.50", "{ \"a\" : 1 }", "\"x\\n\"", "null", "-0"] {
        let json = format!("{{\"raw\":{raw}}}");
        assert_eq!(read::<Raw<'_>>(&json).unwrap().raw.get(), raw);
    }
}

#[test]
fn texts_of_any_length_are_read() {
    for length in (0..200).chain([1_000, 4_000]) {
        for special in ["", "\\n", "\\\"工\\u5de5"] {
            let json = format!(
                "{{\"text\":\"{0}{special}{0}\",\"flag\":true}}",
                "x".repeat(length)
            );
            assert!(agrees(&json), "{json}");
        }
        let json = format!("{{\"text\":\"{}\n\"}}", "x".repeat(length));
        assert!(
            read::<Object>(&json).is_none(),
            "a line end within a text of {length}"
        );
    }
}

#[test]
fn what_is_nested_deeply_is_left_to_the_parser() {
    let nested = |depth: usize| format!("{{\"value\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(agrees(&nested(63)));
    assert!(!agrees(&nested(64)));
    assert!(read::<Object>(&nested(100_000)).is_none());
}

#[test]
fn everything_else_is_left_to_the_parser() {
    for json in [
        "",
        "{",
        "[]",
        "\"text\"",
        "null",
        r#"{"text":"a"}x"#,
        r#"{"text":"a"}}"#,
        r#"{"text":"a",}"#,
        r#"{,"text":"a"}"#,
        r#"{"text":"a" "flag":true}"#,
        r#"{"text":"a","text":"b"}"#,
        r#"{"te\u0078t":"a"}"#,
        r#"{text:"a"}"#,
        r#"{"text""a"}"#,
        r#"{"text":}"#,
        r#"{"text":"a"#,
        r#"{"text":"\x"}"#,
        r#"{"text":"\ud83e"}"#,
        "{\"text\":\"a\nb\"}",
        "{\"text\":\"\\n\nb\"}",
        r#"{"flag":1}"#,
        r#"{"flag":"true"}"#,
        r#"{"flag":tru}"#,
        r#"{"flag":truee}"#,
        r#"{"string":1}"#,
        r#"{"int":01}"#,
        r#"{"int":-}"#,
        r#"{"int":-01}"#,
        r#"{"int":+1}"#,
        r#"{"int":1.}"#,
        r#"{"int":1x}"#,
        r#"{"value":nul}"#,
        r#"{"value":[1,]}"#,
        r#"{"value":{"a":1}"#,
        "\u{feff}{}",
    ] {
        assert!(read::<Object>(json).is_none(), "{json}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_is_read_is_what_the_parser_reads(
        parts in proptest::collection::vec(prop_oneof![
            Just("{"), Just("}"), Just(","), Just(":"), Just("\"text\":"), Just("\"int\":"), Just("\"value\":"),
            Just("\"inner\":"), Just("\"x\""), Just("\"long enough for words \""), Just("\"\\n\""), Just("\"\\u+041\""),
            Just("[1,{}]"), Just("["), Just("]"), Just("\"list\":"), Just("12"), Just("-0"), Just("01"), Just("1e5"), Just("1.0"), Just("99999999999999999999"),
            Just("true"), Just("null"), Just(" "), Just("\n"), Just("\u{1}"), Just("é"), Just("\""), Just("\\"),
        ], 0..12),
    ) {
        agrees(&parts.concat());
        agrees(&format!("{{{}}}", parts.concat()));
        agrees(&format!("{{\"text\":{},\"value\":1}}", parts.concat()));
    }

    #[test]
    fn any_text_and_number_is_read(text in "(?s).{0,40}", key in "k[a-z \\\\]{0,9}", int: i64, float: f64) {
        let text = serde_json::to_string(&text).unwrap();
        let key = serde_json::to_string(&key).unwrap();
        let json = format!("{{\"text\":{text},{key}:{text},\"int\":{int},\"value\":{int},\"float\":{float:e}}}");
        prop_assert!(agrees(&json) || key.contains('\\'));
    }
}
