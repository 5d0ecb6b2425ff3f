//! Server-sent events.

use coze_wire::sse::{EventDecoder, EventEnd, EventTooLarge, OwnedEvent, RawEvent, encode_event};

use super::choices;

/// A limit that inputs reach.
const LIMIT: usize = 200;

/// The body after two bytes, of which the first says how it is cut and the second how small the
/// limit is: it gives the same events as in one piece.
pub fn events(input: &[u8]) {
    let Some(([cut, limit], body)) = choices(input) else {
        return;
    };
    let limit = match limit {
        0..=200 => usize::from(limit),
        _ => EventDecoder::DEFAULT_EVENT_LIMIT,
    };
    let whole = decode(limit, [body]);
    assert_eq!(decode(limit, pieces(body, cut)), whole, "cut by {cut}");
    assert_eq!(decode(limit, body.chunks(1)), whole, "byte by byte");
    let (events, error) = &whole;
    for event in events {
        assert!(event.name.is_some() || event.data.is_some(), "{event:?}");
        assert_ne!(event.name.as_deref(), Some(""));
        let size = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        // Each byte may have become a replacement character.
        assert!(size(&event.id) + size(&event.name) + size(&event.data) <= 3 * limit);
    }
    let regular = events.iter().filter(|event| event.end.is_regular()).count();
    assert!(events.len() - regular <= usize::from(error.is_none()));
}

/// A stream that is written as the input says is read as it was meant.
pub fn event_stream(input: &[u8]) {
    let Some(([cut, style], mut rest)) = choices(input) else {
        return;
    };
    let mut body = Vec::new();
    if style & 2 != 0 {
        body.extend_from_slice("\u{feff}".as_bytes());
    }
    let mut meant = Vec::new();
    while let Some(([fields, length], text)) = choices(rest) {
        let (text, next) = text.split_at(usize::from(length).min(text.len()));
        rest = next;
        let text = String::from_utf8_lossy(text);
        let mut parts = text.splitn(3, '\u{1}').map(|part| part.replace('\0', ""));
        let mut part = |bit: u8| parts.next().filter(|_| fields & bit != 0);
        let (id, name, data) = (part(1), part(2), part(4));
        if fields & 8 != 0 {
            for line in text.split(['\r', '\n']) {
                body.extend_from_slice(format!(": {line}\n").as_bytes());
            }
        }
        encode_event(&mut body, id.as_deref(), name.as_deref(), data.as_deref());
        let one_line = |text: String| text.replace(['\r', '\n'], " ");
        let name = name.map(one_line).filter(|name| !name.is_empty());
        let data = data.map(|data| data.replace("\r\n", "\n").replace('\r', "\n"));
        if name.is_some() || data.is_some() {
            meant.push((id.map(one_line), name, data, EventEnd::BlankLine));
        }
    }
    if style & 1 != 0 {
        let text = String::from_utf8(body).expect("a body of texts");
        body = text.replace('\n', "\r\n").into_bytes();
    }
    let (events, error) = decode(EventDecoder::DEFAULT_EVENT_LIMIT, pieces(&body, cut));
    let events = events
        .into_iter()
        .map(|event| (event.id, event.name, event.data, event.end));
    assert_eq!(events.collect::<Vec<_>>(), meant);
    assert_eq!(error, None);
    let whole = decode(LIMIT, [&body[..]]);
    assert_eq!(decode(LIMIT, pieces(&body, cut)), whole);
}

/// The body in pieces: for a small `cut` of that size, else of sizes that follow from it.
pub(super) fn pieces(body: &[u8], cut: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = body;
    let mut state = u32::from(cut);
    std::iter::from_fn(move || {
        let size = if cut < 64 {
            usize::from(cut) + 1
        } else {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 26) as usize + 1
        };
        let (piece, next) = rest.split_at(size.min(rest.len()));
        rest = next;
        (!piece.is_empty()).then_some(piece)
    })
}

fn decode<'a>(
    limit: usize,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<OwnedEvent>, Option<EventTooLarge>) {
    let mut decoder = EventDecoder::with_event_limit(limit);
    let mut events = Vec::new();
    for piece in pieces {
        let mut input = piece;
        while let Some(event) = decoder.next_event(&mut input) {
            match event {
                Ok(event) => events.push(event.into_owned()),
                Err(error) => return (events, Some(error)),
            }
        }
        assert!(input.is_empty());
    }
    let between = decoder.is_between_events();
    let last = decoder.finish().map(RawEvent::into_owned);
    assert!(!(between && last.is_some()));
    assert_eq!(decoder.finish(), None);
    events.extend(last);
    (events, None)
}
