//! Event decoders on a body in memory: `bench-decoder NAME EVENTS [PIECE]`.
#![expect(
    clippy::unwrap_used,
    reason = "a measurement that went wrong must stop"
)]

use std::{
    convert::Infallible,
    hint::black_box,
    pin::{Pin, pin},
    str,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use coze_bench::reference::Reference;
use coze_wire::sse::EventDecoder;
use futures_core::Stream;
use sse_stream::SseByteStream;

/// An event of a usual size: 135 bytes.
const EVENT: &str = "id: 12345\nevent: Message\ndata: {\"content\":\"twenty characters ok\",\"node_is_finish\":false,\"node_seq_id\":\"12345\",\"node_title\":\"Message\"}\n\n";

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next();
    let (name, count) = (next().unwrap(), next().unwrap().parse().unwrap());
    let piece = next().map_or(1400, |piece| piece.parse().unwrap());
    // The same one throughout, because making them would cost more than decoding them.
    let body: Bytes = EVENT.repeat(count).into();
    let mut seen = Seen::default();
    match name.as_str() {
        "input" => input(&body, piece),
        "reference-bytes" => reference(&body, piece, |id, name, data| seen.bytes(id, name, data)),
        "reference" => reference(&body, piece, |id, name, data| seen.text(id, name, data)),
        "ours-bytes" => ours_bytes(&body, piece, &mut seen),
        "ours" => ours(&body, piece, &mut seen),
        "sse-stream" => sse_stream(body, piece, &mut seen),
        other => panic!("no decoder is called {other}"),
    }
    assert!(name == "input" || (seen.events == count && seen.length > 60 * count));
}

/// What every decoder's events go into.
#[derive(Default)]
struct Seen {
    events: usize,
    length: usize,
}

impl Seen {
    #[inline]
    fn bytes(&mut self, id: &[u8], name: &[u8], data: &[u8]) {
        self.events += 1;
        let (id, name, data) = black_box((id, name, data));
        self.length += id.len() + name.len() + data.len();
    }

    #[inline]
    fn text(&mut self, id: &[u8], name: &[u8], data: &[u8]) {
        let text = |bytes| str::from_utf8(bytes).unwrap().as_bytes();
        self.bytes(text(id), text(name), text(data));
    }
}

fn input(body: &[u8], piece: usize) {
    for piece in body.chunks(piece) {
        black_box(piece);
    }
}

fn reference(body: &[u8], piece: usize, mut event: impl FnMut(&[u8], &[u8], &[u8])) {
    let mut decoder = Reference::default();
    for piece in body.chunks(piece) {
        decoder.push(piece, &mut event);
    }
}

fn ours_bytes(body: &[u8], piece: usize, seen: &mut Seen) {
    let mut decoder = EventDecoder::new();
    for mut input in body.chunks(piece) {
        while let Some(event) = decoder.next_event(&mut input) {
            let event = event.unwrap();
            let parts = [event.id_bytes(), event.name_bytes(), event.data_bytes()];
            let [id, name, data] = parts.map(Option::unwrap_or_default);
            seen.bytes(id, name, data);
        }
    }
}

fn ours(body: &[u8], piece: usize, seen: &mut Seen) {
    let mut decoder = EventDecoder::new();
    for mut input in body.chunks(piece) {
        while let Some(event) = decoder.next_event(&mut input) {
            let event = event.unwrap();
            let parts = [event.id(), event.name(), event.data()];
            let [id, name, data] = parts.map(Option::unwrap_or_default);
            seen.bytes(id.as_bytes(), name.as_bytes(), data.as_bytes());
        }
    }
}

fn sse_stream(body: Bytes, piece: usize, seen: &mut Seen) {
    let mut stream = pin!(SseByteStream::new(Pieces(body, piece)));
    let mut context = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(event)) = stream.as_mut().poll_next(&mut context) {
        let event = event.unwrap();
        let parts = [event.id.as_ref(), event.event.as_ref(), event.data.as_ref()];
        let [id, name, data] = parts.map(|part| part.map_or(&b""[..], |text| text.as_bytes()));
        seen.bytes(id, name, data);
    }
}

struct Pieces(Bytes, usize);

impl Stream for Pieces {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let length = self.1.min(self.0.len());
        let piece = self.0.split_to(length);
        Poll::Ready((!piece.is_empty()).then_some(Ok(piece)))
    }
}
