//! Lines and their fields.

use memchr::memchr2;

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    Name,
    Data,
    /// A comment, `retry`, or what nobody knows.
    Other,
}

impl Field {
    /// The field of a whole line that has no colon.
    pub(super) fn without_colon(line: &[u8]) -> Self {
        match line {
            b"id" => Self::Id,
            b"event" => Self::Name,
            b"data" => Self::Data,
            _ => Self::Other,
        }
    }

    /// The field of the line that starts so and the bytes that tell it, once it can be told; six
    /// bytes are enough.
    pub(super) fn of_start(start: &[u8]) -> Option<(Self, usize)> {
        match start {
            [b'd', b'a', b't', b'a', b':', ..] => Some((Self::Data, 5)),
            [b'e', b'v', b'e', b'n', b't', b':', ..] => Some((Self::Name, 6)),
            [b'i', b'd', b':', ..] => Some((Self::Id, 3)),
            _ if b"data".starts_with(start)
                || b"event".starts_with(start)
                || b"id".starts_with(start) =>
            {
                None
            }
            _ => Some((Self::Other, start.len())),
        }
    }
}

/// Takes one space off the start of a value.
#[inline]
pub(super) fn without_space(value: &[u8]) -> &[u8] {
    value.strip_prefix(b" ").unwrap_or(value)
}

/// The index of the first line end in `bytes`.
#[inline]
pub(super) fn line_end(bytes: &[u8]) -> Option<usize> {
    memchr2(b'\n', b'\r', bytes)
}

/// A line end in the first eight bytes of a value.
///
/// Names and ids are short, and `memchr2` has to be called and to set itself up.
#[derive(Clone, Copy)]
pub(super) struct NearEnd {
    pub(super) index: usize,
    /// Whether a zero byte comes before it.
    pub(super) after_zero: bool,
}

#[inline]
pub(super) fn near_line_end(bytes: [u8; 8]) -> Option<NearEnd> {
    const LF: u64 = u64::from_le_bytes([b'\n'; 8]);
    const CR: u64 = u64::from_le_bytes([b'\r'; 8]);
    let bytes = u64::from_le_bytes(bytes);
    let found = zero_bytes(bytes ^ LF) | zero_bytes(bytes ^ CR);
    let before = found.wrapping_sub(1) & !found;
    (found != 0).then(|| NearEnd {
        index: found.trailing_zeros() as usize / 8,
        after_zero: zero_bytes(bytes) & before != 0,
    })
}

/// The high bit of each zero byte; above the lowest zero byte other bits may be set as well.
#[inline]
const fn zero_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    word.wrapping_sub(ONES) & !word & HIGH
}

/// Up to eight bytes as the low bytes of a number.
pub(super) const fn word(bytes: &[u8]) -> u64 {
    let mut word = 0;
    let mut at = bytes.len();
    while at > 0 {
        at -= 1;
        word = word << 8 | bytes[at] as u64;
    }
    word
}
