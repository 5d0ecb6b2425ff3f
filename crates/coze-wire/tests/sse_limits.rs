//! The largest event that is taken, to the byte.

use coze_wire::sse::{EventDecoder, OwnedEvent};

#[path = "support/cuts.rs"]
mod cuts;
mod support;

/// How many events come before the limit is broken, if it is, in every cut.
fn events_within(limit: usize, body: &str) -> Result<usize, usize> {
    let decoder = || EventDecoder::with_event_limit(limit);
    match cuts::decode_cut_everywhere(decoder, body.as_bytes()) {
        (events, None) => Ok(events.len()),
        (events, Some(error)) => {
            assert_eq!(error.limit(), limit);
            Err(events.len())
        }
    }
}

#[test]
fn the_limit_is_exact() {
    for (size, body) in [
        (5, "data: 12345\n\n"),
        (5, "data:12345\r\n\r\n"),
        (6, "data: 12345\ndata\n\n"),
        (8, "data: 12345\ndata: 67\n\n"),
        (9, "id: 1\nevent: 23\ndata: 456\ndata: 78\n\n"),
        (
            9,
            "id: 1\r\ndata: 456\r\ndata: 78\r\nretry: 1\r\n: c\r\nfoo\r\n\r\n\r\n",
        ),
        (4, "event: Done\n\n"),
        (3, "id: 123\n\n"),
        (5, "data: 12345\n"),
        (5, "data: 12345"),
        (5, "id: 12345"),
        (7, ": 12345\n"),
        (7, "foo: 12"),
        (4, "\u{feff}data: 1234\n\n"),
    ] {
        // What lies before has its own size.
        for before in ["", "data: 1\n\n", "event: x\n\n: 2\n\n"] {
            // The mark would be text in any other place.
            let body = if before.is_empty() {
                body
            } else {
                body.trim_start_matches('\u{feff}')
            };
            let all = format!("{before}{body}");
            let events = usize::from(!before.is_empty());
            let size = if body.starts_with("id: 1\r\n") {
                size - 1
            } else {
                size
            };
            assert!(events_within(size, &all).is_ok(), "{size}: {all:?}");
            assert_eq!(
                events_within(size - 1, &all),
                Err(events),
                "{size}: {all:?}"
            );
        }
    }
}

#[test]
fn a_value_that_is_replaced_counts_no_more() {
    assert_eq!(
        events_within(4, "id: 123\nid: 12\nevent: x\ndata: 1\n\n"),
        Ok(1)
    );
    assert_eq!(
        events_within(3, "id: 123\nid: 12\nevent: x\ndata: 1\n\n"),
        Err(0)
    );
    assert_eq!(events_within(4, "id: 12345\nid: 1\ndata: 1\n\n"), Err(0));
}

#[test]
fn the_size_of_a_stream_has_no_limit() {
    let body = "id: 1\ndata: 123\n: 123\n\n".repeat(50);
    assert_eq!(events_within(5, &body), Ok(50));
    let comments = ": ping\n".repeat(50);
    assert_eq!(events_within(6, &comments), Ok(0));
}

#[test]
fn an_event_may_have_16_mib_unless_told_otherwise() {
    let limit = EventDecoder::DEFAULT_EVENT_LIMIT;
    assert_eq!(limit, 16 * 1024 * 1024);
    for (excess, whole) in [(0, true), (0, false), (1, true), (1, false)] {
        let body = format!("data: {}\n\n", "x".repeat(limit + excess));
        let piece = if whole { body.len() } else { 16 * 1024 };
        let (events, error) =
            support::decode(EventDecoder::default(), body.as_bytes().chunks(piece));
        let lengths = |events: &[OwnedEvent]| -> Vec<_> {
            events
                .iter()
                .map(|event| event.data.as_ref().map(String::len))
                .collect()
        };
        if excess == 0 {
            assert_eq!((lengths(&events), error), (vec![Some(limit)], None));
        } else {
            assert_eq!(events, []);
            let told = "a server-sent event is larger than the limit of 16777216 bytes";
            assert_eq!(error.unwrap().to_string(), told);
        }
    }
}

#[test]
fn debug_shows_sizes_and_parts_only() {
    let mut decoder = EventDecoder::new();
    let body = format!(
        "id: 1\ndata: {}{}\n\ndata: secret",
        "x".repeat(200),
        "secret".repeat(9)
    );
    let mut input = body.as_bytes();
    let event = decoder.next_event(&mut input).unwrap().unwrap();
    let shown = format!("{event:?}");
    assert!(shown.contains(r#"id: Some("1")"#), "{shown}");
    assert!(
        shown.contains("(254 bytes)") && !shown.contains("secret"),
        "{shown}"
    );
    assert_eq!(
        format!("{:?}", event.into_owned()).replace("OwnedEvent", "RawEvent"),
        shown
    );
    assert_eq!(decoder.next_event(&mut input), None);
    let shown = format!("{decoder:?}");
    assert!(
        shown.contains("pending: 6") && !shown.contains("secret"),
        "{shown}"
    );
}
