//! What the decoder does where its input is cut within an event.

use super::{
    decoder::EventDecoder,
    event::{EventTooLarge, RawEvent},
    kept::Kept,
    line::{Field, line_end, without_space},
};

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

/// What became of a line that had been cut.
pub(super) enum Resumed {
    WholeLine,
    UsedUp,
    /// It belongs to the next event.
    NextEvent,
}

impl EventDecoder {
    /// Keeps an event, and the start of its next line, in which the input ends.
    pub(super) fn keep(&mut self, event: &RawEvent<'_>, line: &[u8]) -> Result<(), EventTooLarge> {
        let parts = [event.id, event.name, event.data];
        for (field, value) in [Field::Id, Field::Name, Field::Data].into_iter().zip(parts) {
            if let Some(value) = value {
                self.kept.put(field, value);
            }
        }
        if line.is_empty() {
            return Ok(());
        }
        let Some((field, seen)) = Field::of_start(line) else {
            self.cut = Cut::Start(Start::of(line));
            return Ok(());
        };
        self.begin(field, seen)?;
        self.go_on(&line[seen..])
    }

    /// What must be done before lines can be read from the input.
    #[inline(never)]
    pub(super) fn prepare(&mut self, input: &mut &[u8]) -> Result<Resumed, EventTooLarge> {
        if std::mem::take(&mut self.stale) {
            self.kept.clear();
        }
        if let Cut::Mark(seen) = self.cut {
            self.cut = after_mark(seen, input);
        }
        match self.cut {
            Cut::None => Ok(Resumed::WholeLine),
            Cut::Fused => {
                *input = &[];
                Ok(Resumed::UsedUp)
            }
            _ if input.is_empty() => Ok(Resumed::UsedUp),
            Cut::AfterCr => {
                *input = input.strip_prefix(b"\n").unwrap_or(input);
                self.cut = Cut::None;
                Ok(Resumed::WholeLine)
            }
            _ => self.resume(input),
        }
    }

    /// Goes on in a line that was cut.
    fn resume(&mut self, input: &mut &[u8]) -> Result<Resumed, EventTooLarge> {
        if let Cut::Start(mut start) = self.cut {
            let Some((field, seen)) = start.go_on(input) else {
                self.cut = Cut::Start(start);
                return Ok(Resumed::UsedUp);
            };
            self.begin(field, seen)?;
            if matches!(field, Field::Id | Field::Name) && self.kept.data.is_there() {
                return Ok(Resumed::NextEvent);
            }
        }
        let end = line_end(input);
        let (piece, rest) = input.split_at(end.unwrap_or(input.len()));
        *input = rest;
        self.go_on(piece)?;
        if end.is_none() {
            return Ok(Resumed::UsedUp);
        }
        if let Cut::Value { field, .. } = std::mem::replace(&mut self.cut, Cut::None) {
            self.kept.put_line(field, &mut self.line);
        }
        *input = self.after_line_end(input);
        Ok(Resumed::WholeLine)
    }

    /// The field of a line has become known, from so many bytes of it.
    fn begin(&mut self, field: Field, seen: usize) -> Result<(), EventTooLarge> {
        self.cut = match field {
            Field::Other => Cut::Other(seen),
            _ => Cut::Value { field, fresh: true },
        };
        if field == Field::Data {
            self.check(&RawEvent::EMPTY, field, 0)?;
            self.kept.start_data_line();
        }
        Ok(())
    }

    /// Keeps more of the line in which the input ends.
    fn go_on(&mut self, mut piece: &[u8]) -> Result<(), EventTooLarge> {
        match &mut self.cut {
            Cut::Value { field, fresh } => {
                if *fresh && !piece.is_empty() {
                    *fresh = false;
                    piece = without_space(piece);
                }
                if *field == Field::Data {
                    if self.kept.len() + piece.len() > self.limit {
                        return Err(EventTooLarge { limit: self.limit });
                    }
                    self.kept.extend_data(piece);
                } else {
                    let field = *field;
                    self.check(&RawEvent::EMPTY, field, self.line.len() + piece.len())?;
                    self.line.extend_from_slice(piece);
                    self.kept.count(piece);
                }
            }
            Cut::Other(seen) => {
                *seen = seen.saturating_add(piece.len());
                let seen = *seen;
                self.check(&RawEvent::EMPTY, Field::Other, seen)?;
            }
            Cut::None | Cut::AfterCr | Cut::Mark(_) | Cut::Start(_) | Cut::Fused => {}
        }
        Ok(())
    }

    /// An event was too large: gives all memory back and takes nothing more.
    #[cold]
    pub(super) fn fuse(&mut self, input: &mut &[u8], error: EventTooLarge) -> EventTooLarge {
        *input = &[];
        self.kept = Kept::default();
        self.line = Vec::new();
        self.cut = Cut::Fused;
        error
    }
}

/// Takes the byte order mark off a body, of which `seen` bytes came before.
fn after_mark(mut seen: u8, input: &mut &[u8]) -> Cut {
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
    fn of(line: &[u8]) -> Self {
        let mut start = Self::default();
        for (slot, byte) in start.bytes.iter_mut().zip(line) {
            *slot = *byte;
            start.length += 1;
        }
        start
    }

    /// Takes more of the line out of the input; the field and the bytes seen of the line, once the
    /// field can be told. What follows the colon is left in the input, and so is a line end.
    fn go_on(&mut self, input: &mut &[u8]) -> Option<(Field, usize)> {
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
