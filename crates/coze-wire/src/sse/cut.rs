//! Where the input ended.

use super::line::Field;

/// The byte order mark.
const MARK: &[u8; 3] = b"\xEF\xBB\xBF";

/// Where the input ended.
#[derive(Clone, Copy)]
pub(super) enum Cut {
    /// At the start of a line.
    None,
    /// After the CR of a line end: an LF now belongs to it.
    AfterCr,
    /// At the start of the body or within its byte order mark, of which so many bytes were seen.
    Mark(u8),
    /// In a line whose field cannot be told yet.
    Start(Start),
    /// In a value; `fresh` while the space after the colon may come.
    Value { field: Field, fresh: bool },
    /// In a line that is passed over, of which so many bytes were seen.
    Other(usize),
    /// In an event that is too large.
    Fused,
}

impl Cut {
    pub(super) fn is_within_line(self) -> bool {
        match self {
            Self::None | Self::AfterCr | Self::Mark(0) | Self::Fused => false,
            Self::Mark(_) | Self::Start(_) | Self::Value { .. } | Self::Other(_) => true,
        }
    }
}

/// Takes the byte order mark off a body, of which `seen` bytes came before.
pub(super) fn after_mark(mut seen: u8, input: &mut &[u8]) -> Cut {
    while let Some((first, rest)) = input.split_first() {
        match MARK.get(usize::from(seen)) {
            Some(byte) if byte == first => {
                *input = rest;
                seen += 1;
            }
            // It was the start of a line that nobody knows.
            Some(_) if seen > 0 => return Cut::Other(usize::from(seen)),
            _ => return Cut::None,
        }
    }
    if usize::from(seen) == MARK.len() {
        Cut::None
    } else {
        Cut::Mark(seen)
    }
}

/// The start of a line, as long as it does not tell the field: less than six bytes.
#[derive(Clone, Copy, Default)]
pub(super) struct Start {
    bytes: [u8; 6],
    length: usize,
}

impl Start {
    pub(super) fn of(line: &[u8]) -> Self {
        let mut start = Self::default();
        for (slot, byte) in start.bytes.iter_mut().zip(line) {
            *slot = *byte;
            start.length += 1;
        }
        start
    }

    /// The field that it may become.
    pub(super) fn field(self) -> Field {
        match self.bytes[0] {
            b'i' => Field::Id,
            b'e' => Field::Name,
            _ => Field::Data,
        }
    }

    /// Takes more of the line out of the input; the field and the bytes seen of the line, once the
    /// field can be told. What follows the colon is left in the input, and so is a line end.
    pub(super) fn go_on(&mut self, input: &mut &[u8]) -> Option<(Field, usize)> {
        let old = self.length;
        let mut whole = false;
        for (slot, &byte) in self.bytes[old..].iter_mut().zip(*input) {
            if matches!(byte, b'\n' | b'\r') {
                whole = true;
                break;
            }
            *slot = byte;
            self.length += 1;
        }
        let start = &self.bytes[..self.length];
        let told = match Field::of_start(start) {
            None if whole => Some((Field::without_colon(start), self.length)),
            told => told,
        };
        let seen = told.map_or(self.length, |(_, seen)| seen);
        *input = input.get(seen - old..).unwrap_or_default();
        told
    }
}
