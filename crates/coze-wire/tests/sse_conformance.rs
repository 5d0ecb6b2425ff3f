//! The line format, rule by rule, in every cut.

#[path = "support/cuts.rs"]
mod cuts;
#[path = "support/expected.rs"]
mod expected;
mod support;

use coze_wire::sse::EventEnd::{BlankLine, BodyWithinLine};
use expected::{check, data, named, with_id};

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
