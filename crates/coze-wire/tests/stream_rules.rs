//! The rules of typed streams, each fed whole, byte by byte, in two pieces cut anywhere, and broken off
//! anywhere: a body that breaks off gives the beginning of the items and exactly one error, and no cut looks
//! like an ending.

#[path = "support/streams.rs"]
mod streams;

use std::sync::Arc;

use bytes::Bytes;
use coze_models::{ChatEvent, WorkflowEvent};
use coze_wire::stream::{EventReader, StreamEnd};
use proptest::{collection::vec, prelude::*};
use streams::{Body, Outcome, in_pieces, read, rules, workflow};

/// The contents of the messages among the items.
fn contents((items, _): &Outcome) -> Vec<String> {
    let texts = items
        .iter()
        .filter_map(|item| item.strip_prefix("Message "));
    texts
        .map(|data| serde_json::from_str::<serde_json::Value>(data).unwrap())
        .map(|data| data["content"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn rule_1_lines_and_fields() {
    for body in [
        "id: 0\nevent: Message\ndata: {\"content\":\"a\"}\n\nid: 1\nevent: Done\ndata: {}\n\n",
        "id: 0\r\nevent: Message\r\ndata: {\"content\":\"a\"}\r\n\r\nid: 1\r\nevent: Done\r\ndata: {}\r\n\r\n",
        "id: 0\revent: Message\rdata: {\"content\":\"a\"}\r\rid: 1\revent: Done\rdata: {}\r\r",
        "\u{feff}id: 0\revent: Message\r\ndata: {\"content\":\"a\"}\n\rid: 1\nevent: Done\r\ndata: {}\r\n\n",
        ": hello\nretry: 10\nfield\nid:0\nevent:Message\nother: x\ndata:{\"content\":\n:\ndata:\"a\"}\n\nevent: Done\ndata\n\n",
    ] {
        let outcome = workflow(body);
        assert_eq!(contents(&outcome), ["a"], "{body:?}");
        assert_eq!(outcome.1, StreamEnd::Done);
    }
    // One space is taken off, and one only.
    let (items, _) = workflow("event: x\ndata:  y\n\nevent: Done\n\n");
    assert_eq!(items[0], "x  y");
}

#[test]
fn rule_2_order_repetition_and_missing_blank_lines() {
    let outcome = workflow(
        "event: x\nid: 9\nid: 0\nevent: Message\ndata: {\"content\":\"a\"}\n\n\
         data: {\"content\":\"b\"}\n\n\
         id: 1\nevent: Message\ndata: {\"content\":\"c\"}\nid: 2\nevent: Message\ndata: {\"content\":\"d\"}\n\
         event: Done\ndata: {}\n\n",
    );
    assert_eq!(outcome.1, StreamEnd::Done);
    assert_eq!(contents(&outcome), ["a", "b", "c", "d"]);
    let data_first = workflow(
        "data: {\"content\":\"a\"}\nevent: Message\nid: 0\n\ndata: {\"content\":\"b\"}\nid: 1\nevent: message\n\n\
         id: 2\nevent: Done\ndata: {}\n\n",
    );
    assert_eq!(data_first.1, StreamEnd::Done);
    assert_eq!(contents(&data_first), ["a", "b"]);
    // Broken off before its name, such an event is a message.
    let last = in_pieces(
        EventReader::<WorkflowEvent>::new,
        b"data: {}\nevent: PING\nid: 0\n\ndata: {}\nid: 1\nevent: Done\n\n",
    );
    assert_eq!((last.0.len(), last.1), (1, StreamEnd::Done), "{:?}", last.0);
    let half_a_name = read(
        EventReader::<WorkflowEvent>::new(),
        [&b"data: {}\nid: 0\nevent: Do"[..]],
        Body::Closed,
    );
    assert_eq!(half_a_name.0.len(), 1, "{:?}", half_a_name.0);
    assert_eq!(half_a_name.1, StreamEnd::Truncated);
}

#[test]
fn a_piece_is_let_go_of_with_its_last_event() {
    struct Piece {
        bytes: &'static [u8],
        _held: Arc<()>,
    }
    impl AsRef<[u8]> for Piece {
        fn as_ref(&self) -> &[u8] {
            self.bytes
        }
    }
    let held = Arc::new(());
    let mut reader = EventReader::<WorkflowEvent>::new();
    for (piece, events) in [
        (&b"data: {}\n\n"[..], 1),
        (b"data: {}\n\ndata: {}\n\n", 2),
        (b"data: {}\n\ndata: {", 1),
        (b"}\n\n", 1),
    ] {
        reader.push(Bytes::from_owner(Piece {
            bytes: piece,
            _held: Arc::clone(&held),
        }));
        for _ in 0..events {
            assert_eq!(Arc::strong_count(&held), 2);
            reader.pull().unwrap().unwrap();
        }
        // What follows the last event is copied when the next one is asked for.
        let rest = piece.ends_with(b"{");
        assert_eq!(Arc::strong_count(&held), 1 + usize::from(rest));
        assert!(!rest || reader.pull().is_none());
        assert_eq!(Arc::strong_count(&held), 1);
    }
}

#[test]
fn rule_3_text_that_looks_like_line_ends() {
    let text = "a\u{2028}b\u{2029}c\u{85}d\u{b}e\u{c}f\u{1f98a}";
    let json = serde_json::json!({ "content": text });
    let outcome = workflow(format!(
        "event: Message\ndata: {json}\n\nevent: Done\ndata: {{}}\n\n"
    ));
    assert_eq!(contents(&outcome), [text]);
    let outcome = workflow(
        b"event: Message\ndata: {\"content\":\"a\xff\xe4\xbdb\"}\n\nevent: Done\n\n".as_slice(),
    );
    assert_eq!(contents(&outcome), ["a\u{fffd}\u{fffd}b"]);
}

#[test]
fn rule_5_names() {
    let (items, end) = workflow(
        "event: message\ndata: {\"content\":\"a\"}\n\nevent: MESSAGE\ndata: {}\n\ndata: {\"content\":\"b\"}\n\n\
         event: later\ndata: {\"x\":1}\n\nevent: nothing\n\nevent: DONE\ndata: {}\n\n",
    );
    assert_eq!(end, StreamEnd::Done);
    assert_eq!(items.len(), 6);
    assert_eq!(items[3..5], ["later {\"x\":1}", "nothing "]);
}

#[test]
fn rule_9_pings() {
    let pings = "id: 0\nevent: PING\ndata: {}\n\nevent: ping\ndata: {\"content\":\"{}\n\nid: 1\nevent:PING\n\n";
    let body = format!("{pings}id: 2\nevent: Done\ndata: {{}}\n\n");
    let (items, end) = workflow(&body);
    assert_eq!((items.len(), end), (1, StreamEnd::Done));
    let with = || EventReader::<WorkflowEvent>::new().include_pings(true);
    let (items, _) = rules(with, body.as_bytes());
    assert_eq!(items.len(), 4);
    let mut reader = with().strict(true);
    reader.push(body.into());
    while let Some(item) = reader.pull() {
        item.unwrap();
    }
    assert_eq!((reader.pings(), reader.events()), (3, 4));
}

#[test]
fn rule_10_what_is_not_understood() {
    let (items, end) = workflow(
        "event: Message\ndata: {\"content\":\n\nevent: Interrupt\ndata: [1]\n\nevent: Message\ndata: {\"content\":\"b\"}\n\nevent: Done\n\n",
    );
    assert_eq!(end, StreamEnd::Done);
    assert_eq!(items[..2], ["? {\"content\":", "? [1]"]);
    assert_eq!(items.len(), 4);
}

#[test]
fn rule_11_kinds_of_values() {
    let outcome = workflow(
        "id: x\nevent: Message\ndata: {\"content\":null,\"node_seq_id\":0,\"token\":\"3\",\"node_id\":900001}\n\n\
         event: Message\ndata: {\"content\":{\"a\": [1]},\"node_is_finish\":null}\n\nevent: Message\ndata: {}\n\n\
         event: Done\ndata: {}\n\n",
    );
    assert_eq!(contents(&outcome), ["", "{\"a\":[1]}", ""]);
}

/// Parts of streams, good and odd.
const PARTS: [&str; 14] = [
    "id: 0\nevent: Message\ndata: {\"content\":\"ü🦊\",\"node_title\":\"A\",\"node_seq_id\":\"0\"}\n\n",
    "id: 1\r\nevent: Message\r\ndata: {\"content\":\"b\",\"node_title\":\"A\",\"node_seq_id\":\"1\"}\r\n\r\n",
    "data:{\"content\":\rdata:\"c\"}\r\r",
    "event: PING\ndata: {\n\n",
    ": a comment\n",
    "event: new\ndata: text\n\n",
    "event: Message\ndata: nonsense\n\n",
    "event: conversation.message.delta\ndata: {\"content\":\"d\"}\n\n",
    "event: conversation.chat.requires_action\ndata: {}\n\n",
    "retry: 5\n\n",
    "event: error\ndata: one\ndata: two\n\n",
    "event: Interrupt\ndata: {\"interrupt_data\":{\"event_id\":\"7/1\"}}\n\n",
    "event: done\ndata: [DONE]\n\n",
    "event: Done\ndata: {\"debug_url\":\"u\"}\n\n",
];

proptest! {
    #[test]
    fn pieces_of_any_size_give_the_same_items(
        parts in vec(0..PARTS.len(), 0..12),
        sizes in vec(1_usize..40, 1..60),
        strict in any::<bool>(),
        broken in any::<bool>(),
    ) {
        let body: String = parts.iter().map(|part| PARTS[*part]).collect();
        let end = if broken { Body::Broken } else { Body::Closed };
        let mut pieces = Vec::new();
        let (mut rest, mut sizes) = (body.as_bytes(), sizes.into_iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(sizes.next().unwrap().min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        let runs = || EventReader::<WorkflowEvent>::new().strict(strict);
        prop_assert_eq!(
            read(runs(), pieces.iter().copied(), end),
            read(runs(), [body.as_bytes()], end)
        );
        let chats = || EventReader::<ChatEvent>::new().strict(strict);
        prop_assert_eq!(
            read(chats(), pieces.iter().copied(), end),
            read(chats(), [body.as_bytes()], end)
        );
    }

    #[test]
    fn any_bytes_end_once(body in vec(any::<u8>(), 0..300), cut in 0_usize..300) {
        let (start, rest) = body.split_at(cut.min(body.len()));
        let pieces = || [start, rest];
        let limited = || EventReader::<WorkflowEvent>::with_event_limit(100);
        let (items, _) = read(limited(), pieces(), Body::Closed);
        prop_assert_eq!(items, read(limited(), [&body[..]], Body::Closed).0);
    }
}
