//! Bodies cut in all ways.

use coze_wire::sse::{EventDecoder, EventTooLarge, OwnedEvent, RawEvent};

/// What a body gave: its events, and whether it ended well.
pub(crate) type Outcome = (Vec<OwnedEvent>, Option<EventTooLarge>);

/// Decodes a body that comes in these pieces and then ends.
pub(crate) fn decode<'a>(
    mut decoder: EventDecoder,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Outcome {
    let mut events = Vec::new();
    for piece in pieces {
        let mut input = piece;
        while let Some(event) = decoder.next_event(&mut input) {
            match event {
                Ok(event) => events.push(event.into_owned()),
                Err(error) => {
                    assert!(decoder.next_event(&mut &b"data: more\n\n"[..]).is_none());
                    assert_eq!(decoder.finish(), None);
                    return (events, Some(error));
                }
            }
        }
        assert!(input.is_empty(), "a decoder that wants more left {input:?}");
    }
    let between = decoder.is_between_events();
    let last = decoder.finish().map(RawEvent::into_owned);
    assert!(!(between && last.is_some()), "{last:?} between events");
    events.extend(last);
    (events, None)
}
