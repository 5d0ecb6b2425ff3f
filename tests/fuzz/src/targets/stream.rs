//! Typed streams.

use std::fmt::Debug;

use bytes::Bytes;
use coze_models::{ChatEvent, StreamEvent, WorkflowEvent};
use coze_wire::stream::{EventReader, StreamEnd, StreamSemantics};

use super::{choices, sse::pieces};

/// The body of a stream after two bytes, of which the first says how it is cut and the second of
/// which kind it is and how it ends: it gives the same items in one piece, and ends once.
pub fn stream(input: &[u8]) {
    let Some(([cut, kind], body)) = choices(input) else {
        return;
    };
    if kind & 1 == 0 {
        check::<WorkflowEvent>(cut, kind, body);
    } else {
        check::<ChatEvent>(cut, kind, body);
    }
}

fn check<E: StreamEvent + StreamSemantics + Debug>(cut: u8, kind: u8, body: &[u8]) {
    let whole = read::<E>(kind, std::iter::once(body));
    assert_eq!(read::<E>(kind, pieces(body, cut)), whole, "cut by {cut}");
    assert_eq!(read::<E>(kind, body.chunks(1)), whole, "byte by byte");
}

/// What a reader gives, as text: events and errors cannot be compared.
fn read<'a, E: StreamEvent + StreamSemantics + Debug>(
    kind: u8,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Vec<String>, Option<StreamEnd>) {
    let mut reader = EventReader::<E>::with_event_limit(if kind & 2 == 0 { 1 << 20 } else { 100 })
        .include_pings(kind & 4 != 0)
        .strict(kind & 8 != 0);
    let mut items = Vec::new();
    for piece in pieces {
        reader.push(Bytes::copy_from_slice(piece));
        pull(&mut reader, &mut items);
    }
    if kind & 16 == 0 {
        reader.close();
    } else {
        reader.break_off();
    }
    pull(&mut reader, &mut items);
    assert!(reader.end().is_some(), "no end after {items:?}");
    assert!(reader.pull().is_none(), "an item after the end");
    (items, reader.end())
}

fn pull<E: StreamEvent + StreamSemantics + Debug>(
    reader: &mut EventReader<E>,
    items: &mut Vec<String>,
) {
    while let Some(item) = reader.pull() {
        let over = reader.end().is_some();
        match item {
            Ok(event) => items.push(format!("{event:?}")),
            Err(error) => {
                super::replies::shown(&error);
                items.push(format!("{error}: {error:?}"));
            }
        }
        if over {
            assert!(reader.pull().is_none(), "an item after {items:?}");
        }
    }
}
