//! Where an event ends, and what is told of one that the end of the body cuts, in every cut.

#[path = "support/cuts.rs"]
mod cuts;
#[path = "support/expected.rs"]
mod expected;
mod support;

use coze_wire::sse::{
    EventDecoder,
    EventEnd::{self, BlankLine, BodyAfterLine, BodyWithinLine, NextEvent},
};
use expected::{Expected, check, data, named, with_id};

const fn ended(data: &str, end: EventEnd) -> Expected<'_> {
    (None, None, Some(data), end)
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
