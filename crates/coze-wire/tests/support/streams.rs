//! Streams read in all ways.

use bytes::Bytes;
use coze_models::WorkflowEvent;
use coze_wire::stream::{EventReader, StreamEnd, StreamError, StreamSemantics};

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Body {
    Closed,
    Broken,
}

/// What a reader gave: items as text, and its end.
pub(crate) type Outcome = (Vec<String>, StreamEnd);

pub(crate) fn read<'a, E: StreamSemantics>(
    mut reader: EventReader<E>,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    body: Body,
) -> Outcome {
    let mut items = Vec::new();
    let mut ends = 0;
    let mut drain = |reader: &mut EventReader<E>, items: &mut Vec<String>| {
        while let Some(item) = reader.pull() {
            items.push(match item {
                Ok(event) => format!("{} {}", event.name(), event.data().unwrap()),
                Err(StreamError::Undecodable(error)) => format!("? {}", error.data()),
                Err(error) => {
                    assert_eq!(error.end(), reader.end());
                    ends += 1;
                    format!("! {error}")
                }
            });
        }
    };
    for piece in pieces {
        reader.push(Bytes::copy_from_slice(piece));
        drain(&mut reader, &mut items);
    }
    match body {
        Body::Closed => reader.close(),
        Body::Broken => reader.break_off(),
    }
    drain(&mut reader, &mut items);
    reader.push(Bytes::from_static(b"event: Message\ndata: {}\n\n"));
    assert!(reader.pull().is_none(), "an item after the end");
    let end = reader.end().expect("an ending in silence");
    let is_error = !matches!(end, StreamEnd::Done | StreamEnd::Interrupted);
    assert_eq!(ends, usize::from(is_error), "one ending");
    (items, end)
}

/// Reads a body whole, byte by byte and in two pieces cut anywhere; panics where that makes a difference.
pub(crate) fn in_pieces<E: StreamSemantics>(
    reader: impl Fn() -> EventReader<E>,
    body: &[u8],
) -> Outcome {
    let whole = read(reader(), [body], Body::Closed);
    let bytes = read(reader(), body.chunks(1), Body::Closed);
    assert_eq!(bytes, whole, "byte by byte");
    for cut in 0..=body.len() {
        let (start, rest) = body.split_at(cut);
        let pieces = read(reader(), [start, rest], Body::Closed);
        assert_eq!(pieces, whole, "cut at {cut}");
    }
    whole
}

/// The same, and broken off anywhere; panics where a part of the body looks like another ending.
pub(crate) fn rules<E: StreamSemantics>(
    reader: impl Fn() -> EventReader<E>,
    body: &[u8],
) -> Outcome {
    let whole = in_pieces(&reader, body);
    for cut in 0..=body.len() {
        for end in [Body::Closed, Body::Broken] {
            let (items, ending) = read(reader(), [&body[..cut]], end);
            if (&items, ending) == (&whole.0, whole.1) {
                continue;
            }
            let (_, before) = items.split_last().unwrap();
            assert!(whole.0.starts_with(before), "broken at {cut}: {items:?}");
            if ending == StreamEnd::Truncated {
                continue;
            }
            // Only a body that ended as it should, within the last event itself, may end as the whole did.
            let said = (end, ending, items.len());
            assert_eq!(said, (Body::Closed, whole.1, whole.0.len()), "cut at {cut}");
        }
    }
    whole
}

pub(crate) fn workflow(body: impl AsRef<[u8]>) -> Outcome {
    rules(EventReader::<WorkflowEvent>::new, body.as_ref())
}
