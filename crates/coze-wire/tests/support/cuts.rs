//! A body cut at every place.

use coze_wire::sse::EventDecoder;

use crate::support::{Outcome, decode};

/// The same outcome for a body in one piece, byte by byte, and in two pieces cut at each place;
/// panics where one differs.
pub(crate) fn decode_cut_everywhere(decoder: impl Fn() -> EventDecoder, body: &[u8]) -> Outcome {
    let whole = decode(decoder(), [body]);
    assert_eq!(decode(decoder(), body.chunks(1)), whole, "byte by byte");
    for cut in 0..=body.len() {
        let (start, rest) = body.split_at(cut);
        assert_eq!(decode(decoder(), [start, rest]), whole, "cut at {cut}");
        let bytes = start.chunks(1).chain([rest]);
        assert_eq!(decode(decoder(), bytes), whole, "byte by byte to {cut}");
    }
    whole
}
