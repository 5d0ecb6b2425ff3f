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

    /// The field of the line that starts so, once that can be told.
    ///
    /// What is not told is five bytes long at most: a name that lacks its colon.
    pub(super) fn of_start(start: &[u8]) -> Option<Self> {
        match start {
            b"id:" => Some(Self::Id),
            b"event:" => Some(Self::Name),
            b"data:" => Some(Self::Data),
            _ if [&b"id"[..], b"event", b"data"]
                .iter()
                .any(|name| name.starts_with(start)) =>
            {
                None
            }
            _ => Some(Self::Other),
        }
    }
}

/// The index of the first line end in `bytes`.
#[inline]
pub(super) fn line_end(bytes: &[u8]) -> Option<usize> {
    memchr2(b'\n', b'\r', bytes)
}

/// The same, sooner for one that is near: names and ids are short, and `memchr2` has to be called
/// and to set itself up.
#[inline]
pub(super) fn near_line_end(bytes: &[u8]) -> Option<usize> {
    if let Some(word) = bytes.first_chunk() {
        let word = u64::from_le_bytes(*word);
        let found = zero_bytes(word ^ LF) | zero_bytes(word ^ CR);
        if found != 0 {
            return Some(found.trailing_zeros() as usize / 8);
        }
    }
    line_end(bytes)
}

const LF: u64 = u64::from_le_bytes([b'\n'; 8]);
const CR: u64 = u64::from_le_bytes([b'\r'; 8]);

/// The high bit of each zero byte; above the lowest zero byte other bits may be set as well.
#[inline]
const fn zero_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    word.wrapping_sub(ONES) & !word & HIGH
}
