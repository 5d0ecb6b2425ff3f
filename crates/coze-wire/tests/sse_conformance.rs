//! The line format, rule by rule, in every cut.

use coze_wire::sse::{
    EventDecoder,
    EventEnd::{self, BlankLine, BodyAfterLine, BodyWithinLine, NextEvent},
};

#[path = "support/cuts.rs"]
mod cuts;
mod support;

/// Id, name, data and end of an event.
type Expected<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>, EventEnd);

const fn data(data: &str) -> Expected<'_> {
    (None, None, Some(data), BlankLine)
}

const fn named<'a>(name: &'a str, data: &'a str) -> Expected<'a> {
    (None, Some(name), Some(data), BlankLine)
}

const fn with_id<'a>(id: &'a str, data: &'a str) -> Expected<'a> {
    (Some(id), None, Some(data), BlankLine)
}

const fn ended(data: &str, end: EventEnd) -> Expected<'_> {
    (None, None, Some(data), end)
}

#[track_caller]
fn check(rule: &str, body: impl AsRef<[u8]>, expected: &[Expected<'_>]) {
    let (events, error) = cuts::decode_cut_everywhere(EventDecoder::new, body.as_ref());
    let events: Vec<Expected<'_>> = events
        .iter()
        .map(|e| (e.id.as_deref(), e.name.as_deref(), e.data.as_deref(), e.end))
        .collect();
    assert_eq!(events, expected, "{rule}");
    assert_eq!(error, None, "{rule}");
}

#[test]
fn lines_end_with_lf_crlf_and_cr() {
    for (rule, body) in [
        ("LF", "data: a\n\ndata: b\n\n"),
        ("CRLF", "data: a\r\n\r\ndata: b\r\n\r\n"),
        ("CR", "data: a\r\rdata: b\r\r"),
        ("mixed", "data: a\n\r\ndata: b\r\n\r"),
        (
            "many empty lines",
            "\n\r\n\rdata: a\n\n\r\n\r\r\n\ndata: b\n\n\n",
        ),
        ("LF CR are two", "data: a\n\rdata: b\n\r"),
    ] {
        check(rule, body, &[data("a"), data("b")]);
    }
    let mixed = "data: a\r\ndata: b\rdata: c\n\r\ndata: d\r\r\n";
    check("mixed lines", mixed, &[data("a\nb\nc"), data("d")]);
    check(
        "an event is there at the last CR",
        "data: a\r\n\r",
        &[data("a")],
    );
    check("and with one CR", "data: a\r\r", &[data("a")]);
}

#[test]
fn one_byte_order_mark_is_passed_over() {
    check("at the start", "\u{feff}data: a\n\n", &[data("a")]);
    check("an empty line", "\u{feff}\n\u{feff}data: a\n\n", &[]);
    let later = "\u{feff}data: a\n\n\u{feff}data: b\n\ndata: c\n\n";
    check("once", later, &[data("a"), data("c")]);
    let twice = "\u{feff}\u{feff}data: a\ndata: b\n\n";
    check("not two", twice, &[data("b")]);
    check(
        "half a mark",
        b"\xEF\xBBdata: a\n\ndata: b\n\n",
        &[data("b")],
    );
    check(
        "a third of one",
        b"\xEFdata: a\n\ndata: b\n\n",
        &[data("b")],
    );
    check("nothing else", "\u{feff}", &[]);
    check("cut", b"\xEF\xBB", &[]);
}

#[test]
fn comments_and_unknown_fields_are_passed_over() {
    let comments = ": hi\ndata: a\n:\n:x\n\n:\n\n: ping\n\ndata: b\n\n";
    check("comments", comments, &[data("a"), data("b")]);
    check("unknown", "foo: bar\nfoo\ndata: a\n\n", &[data("a")]);
    check("case", "Data: a\nDATA: b\nEvent: c\nID: 1\n\n", &[]);
    check("spaces", " data: a\n\ndata : b\n\n\tevent: c\n\n", &[]);
    check(
        "longer",
        "dataset: a\nidentity: b\nevents: c\ni: d\n\n",
        &[],
    );
    check(
        "shorter",
        "dat: a\ndat\ni\nevent: x\neven\n\n",
        &[(None, Some("x"), None, BlankLine)],
    );
    for retry in ["1500", "10x", "+5", "", " "] {
        let body = format!("retry:{retry}\ndata: a\n\nretry: {retry}\n\n");
        check("retry", body, &[data("a")]);
    }
    check("retry alone", "retry: 42\n\ndata: a\n\n", &[data("a")]);
}

#[test]
fn data_lines_are_joined() {
    let body = "data: a\ndata: b\ndata:\ndata: c\n\n";
    check("with LF", body, &[data("a\nb\n\nc")]);
    check(
        "an empty one at the end",
        "data: a\ndata:\n\n",
        &[data("a\n")],
    );
    check("and at the start", "data:\ndata: a\n\n", &[data("\na")]);
    let apart = "data: a\nfoo: x\n: y\ndata: b\nretry: 1\ndata: c\n\n";
    check("although others are between", apart, &[data("a\nb\nc")]);
    check(
        "pretty JSON",
        "data: {\ndata:   \"a\": 1\ndata: }\n\n",
        &[data("{\n  \"a\": 1\n}")],
    );
}

#[test]
fn one_space_after_the_colon_is_removed() {
    let body = "data:a\n\ndata:  b\n\ndata:\tc\n\ndata: \n\ndata:  \n\n";
    let expected = [data("a"), data(" b"), data("\tc"), data(""), data(" ")];
    check("data", body, &expected);
    let body = "id:1\nevent:  x \ndata: a\n\n";
    check(
        "others",
        body,
        &[(Some("1"), Some(" x "), Some("a"), BlankLine)],
    );
    check(
        "further colons are text",
        "data: {\"a\":1}\n\ndata::\n\n",
        &[data("{\"a\":1}"), data(":")],
    );
}

#[test]
fn a_field_without_colon_has_an_empty_value() {
    check("data", "data\n\ndata\ndata\n\n", &[data(""), data("\n")]);
    check("id", "id\ndata: a\n\n", &[with_id("", "a")]);
    check("event", "event: x\nevent\ndata: b\n\n", &[data("b")]);
    check("data:", "data:\n\ndata: a\n\n", &[data(""), data("a")]);
}

#[test]
fn the_order_of_fields_is_free_and_the_last_wins() {
    let whole = (Some("1"), Some("x"), Some("a"), BlankLine);
    check("id first", "id: 1\nevent: x\ndata: a\n\n", &[whole]);
    check("event first", "event: x\nid: 1\ndata: a\n\n", &[whole]);
    check(
        "repeated",
        "id: 0\nevent: y\nid: 1\nevent: x\ndata: a\n\n",
        &[whole],
    );
    check("empty", "event: y\nevent:\ndata: a\n\n", &[data("a")]);
    check("a space", "event: y\nevent: \ndata: a\n\n", &[data("a")]);
}

#[test]
fn id_and_name_never_carry_over() {
    let body = "id: 1\nevent: x\ndata: a\n\ndata: b\n\n";
    check(
        "both",
        body,
        &[(Some("1"), Some("x"), Some("a"), BlankLine), data("b")],
    );
    check(
        "an id alone is no event",
        "id: 7\n\ndata: a\n\n",
        &[data("a")],
    );
    check(
        "nor is an empty name",
        "event:\n\nevent\nid: 1\n\ndata: a\n\n",
        &[data("a")],
    );
    check(
        "the id ends with its block",
        "id: 1\n\n: c\n\nid\n\nevent: x\n\n",
        &[(None, Some("x"), None, BlankLine)],
    );
    let body = "id: 1\ndata: a\n\nid: 2\0\ndata: b\n\nid: 3\nid: 4\0\ndata: c\n\n";
    check(
        "U+0000",
        body,
        &[with_id("1", "a"), data("b"), with_id("3", "c")],
    );
}

#[test]
fn a_name_needs_no_data() {
    let done = (None, Some("Done"), None, BlankLine);
    check("alone", "event: Done\n\ndata: a\n\n", &[done, data("a")]);
    check(
        "with an id",
        "event: Done\nid: 9\n\n",
        &[(Some("9"), Some("Done"), None, BlankLine)],
    );
}

#[test]
fn data_may_come_before_id_and_name() {
    let whole = (Some("1"), Some("x"), Some("a"), BlankLine);
    check("both", "data: a\nevent: x\nid: 1\n\n", &[whole]);
    check("the other order", "data: a\nid: 1\nevent: x\n\n", &[whole]);
    check("between", "id: 1\ndata: a\nevent: x\n\n", &[whole]);
    check(
        "among data lines",
        "data: a\nid: 1\ndata: b\nevent: x\ndata: c\n\n",
        &[(Some("1"), Some("x"), Some("a\nb\nc"), BlankLine)],
    );
    check(
        "the last wins",
        "data: a\nevent: y\nid: 0\nevent: x\nid: 1\n\n",
        &[whole],
    );
    let name_taken_away = "data: a\nevent: x\nid: 1\nevent\n\n";
    check("no name", name_taken_away, &[with_id("1", "a")]);
    check("an empty id", "data: a\nid\n\n", &[with_id("", "a")]);
    let body = "data: a\nid: 5\0\nid: 6\ndata: b\n\n";
    check("an invalid id", body, &[with_id("6", "a\nb")]);
    let stream = "data: a\nevent: x\nid: 1\n\n".repeat(3);
    check("one after the other", stream, &[whole; 3]);
    check(
        "without its end",
        "data: a\nevent: x\nid: 5",
        &[(Some("5"), Some("x"), Some("a"), BodyWithinLine)],
    );
}

#[test]
fn a_missing_empty_line_shows_in_an_id_or_name_after_a_whole_event() {
    // As the vendor's sample of a stream has it.
    let body = "id: 0\nevent: Message\ndata: {\"a\":1}\nid: 1\nevent: Message\ndata: {\"a\":2}\n\nid: 2\nevent: Done\ndata: {}\n\n";
    let expected = [
        (Some("0"), Some("Message"), Some("{\"a\":1}"), NextEvent),
        (Some("1"), Some("Message"), Some("{\"a\":2}"), BlankLine),
        (Some("2"), Some("Done"), Some("{}"), BlankLine),
    ];
    check("LF", body, &expected);
    check("CRLF", body.replace('\n', "\r\n"), &expected);
    check("CR", body.replace('\n', "\r"), &expected);
    let named_x = (None, Some("x"), Some("a"), NextEvent);
    check(
        "a second name",
        "event: x\ndata: a\nevent: y\ndata: b\n\n",
        &[named_x, named("y", "b")],
    );
    check(
        "an id after a name",
        "event: x\ndata: a\nid: 1\ndata: b\n\n",
        &[named_x, with_id("1", "b")],
    );
    check(
        "a second id",
        "id: 0\ndata: a\nid\ndata: b\n\n",
        &[
            (Some("0"), None, Some("a"), NextEvent),
            (Some(""), None, Some("b"), BlankLine),
        ],
    );
    check(
        "after joined lines",
        "event: x\ndata: a\ndata: b\nevent: y\n\n",
        &[
            (None, Some("x"), Some("a\nb"), NextEvent),
            (None, Some("y"), None, BlankLine),
        ],
    );
    check(
        "after an id that came late",
        "data: a\nid: 1\nevent: x\n\nid: 2\ndata: b\nevent: y\nid: 3\ndata: c\n\n",
        &[
            (Some("1"), Some("x"), Some("a"), BlankLine),
            (Some("2"), Some("y"), Some("b"), NextEvent),
            with_id("3", "c"),
        ],
    );
    check(
        "an unknown field does not",
        "id: 0\nevent: x\ndata: a\nidx: 1\neventual: 2\ndata: b\n\n",
        &[(Some("0"), Some("x"), Some("a\nb"), BlankLine)],
    );
    check("without its end", "event: x\ndata: a\nid: 5", &[named_x]);
    check(
        "with a name without its end",
        "event: x\ndata: a\nevent: Do",
        &[named_x, (None, Some("Do"), None, BodyWithinLine)],
    );
    check(
        "an empty name and an invalid id are none",
        "event\nid: 5\0\ndata: a\nevent: x\nid: 1\n\n",
        &[(Some("1"), Some("x"), Some("a"), BlankLine)],
    );
    check(
        "an event leaves nothing to the next",
        "event: x\ndata: a\n\ndata: b\nevent: y\n\n",
        &[named("x", "a"), named("y", "b")],
    );
}

#[test]
fn text_may_have_other_line_separators() {
    let text = "a\u{2028}b\u{2029}c\u{85}d\u{b}e\u{c}f\0g";
    check("in data", format!("data: {text}\n\n"), &[data(text)]);
    check(
        "in a name",
        format!("event: {text}\ndata: x\n\n"),
        &[named(text, "x")],
    );
    let long = "\u{e000}\u{a0d}\u{d0a}工作流🙂é".repeat(9);
    check(
        "many bytes",
        format!("id: {long}\ndata: {long}\n\n"),
        &[with_id(&long, &long)],
    );
}

#[test]
fn invalid_utf8_is_replaced() {
    let body = b"data: a\xFFb\n\nevent: \xC3\nid: \xE5\xB7\ndata: \xF0\x9F\x99\n\ndata: c\n\n";
    let replaced = (
        Some("\u{fffd}"),
        Some("\u{fffd}"),
        Some("\u{fffd}"),
        BlankLine,
    );
    check("values", body, &[data("a\u{fffd}b"), replaced, data("c")]);
    let body = b": \xFF\nfoo: \xFF\xFE\n\xFF\n\xC3data: x\ndata: a\n\n";
    check("elsewhere", body, &[data("a")]);
}

#[test]
fn the_end_of_the_body_is_told() {
    check("empty", "", &[]);
    check("between", "data: a\n\n", &[data("a")]);
    check(
        "between, after a comment",
        "data: a\n\n: bye\n",
        &[data("a")],
    );
    check(
        "after a line",
        "data: a\n\ndata: b\n",
        &[data("a"), ended("b", BodyAfterLine)],
    );
    check("after a CR", "data: b\r", &[ended("b", BodyAfterLine)]);
    check("after a CRLF", "data: b\r\n", &[ended("b", BodyAfterLine)]);
    check(
        "within a line",
        "data: a\n\ndata: b",
        &[data("a"), ended("b", BodyWithinLine)],
    );
    check(
        "within the second",
        "data: a\ndata: {\"b",
        &[ended("a\n{\"b", BodyWithinLine)],
    );
    check(
        "within a comment",
        "data: a\n: b",
        &[ended("a", BodyWithinLine)],
    );
    check(
        "a name",
        "event: Done\n",
        &[(None, Some("Done"), None, BodyAfterLine)],
    );
    check(
        "half a name",
        "event: Do",
        &[(None, Some("Do"), None, BodyWithinLine)],
    );
    check("an empty name", "event: ", &[]);
    check("an id", "id: 1", &[]);
    let half_id = "event: Done\nid: 1";
    check(
        "half an id",
        half_id,
        &[(Some("1"), Some("Done"), None, BodyWithinLine)],
    );
    check(
        "half a field",
        "data: a\ndat",
        &[ended("a", BodyWithinLine)],
    );
    check(
        "a field that lacks its colon",
        "data: a\ndata",
        &[ended("a", BodyWithinLine)],
    );
    check(
        "or its value",
        "data: a\ndata:",
        &[ended("a\n", BodyWithinLine)],
    );
    check("nothing but a field", "data", &[]);
    check("or half of one", "ev", &[]);
}

#[test]
fn a_decoder_begins_anew_after_the_end() {
    let mut decoder = EventDecoder::new();
    for _ in 0..2 {
        let mut input = "\u{feff}data: a\n\nid: 1\ndata: b\r".as_bytes();
        let event = decoder.next_event(&mut input).unwrap().unwrap();
        assert_eq!(event.data().unwrap(), "a");
        assert!(decoder.is_between_events());
        assert_eq!(decoder.next_event(&mut input), None);
        assert!(!decoder.is_between_events());
        let last = decoder.finish().unwrap();
        assert_eq!(
            (last.id().unwrap(), last.data().unwrap()),
            ("1".into(), "b".into())
        );
        assert_eq!(decoder.finish(), None);
        assert!(decoder.is_between_events());
    }
}
