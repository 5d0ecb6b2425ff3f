//! What the decoder does where its input is cut within an event.

use super::{
    decoder::{EventDecoder, Fields, without_space},
    event::{EventEnd, EventTooLarge},
    kept::Kept,
    line::{Field, line_end},
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
    Start,
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
            Self::Mark(_) | Self::Start | Self::Value { .. } | Self::Other(_) => true,
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
    /// The input ends in the line with which it now begins, or before one: keeps what was read.
    #[inline(never)]
    pub(super) fn keep<'i>(
        &mut self,
        fields: Fields<'i>,
        input: &mut &'i [u8],
    ) -> Result<Option<(Fields<'i>, EventEnd)>, EventTooLarge> {
        for (field, value) in [
            (Field::Id, fields.id),
            (Field::Name, fields.name),
            (Field::Data, fields.data),
        ] {
            if let Some(value) = value {
                self.kept.put(field, value);
            }
        }
        if !input.is_empty() {
            self.cut = Cut::Start;
            // A line of the next event was told from its start before.
            self.resume(input)?;
        }
        Ok(None)
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
        let none = Fields::default();
        while let Cut::Start = self.cut {
            let Some((&byte, rest)) = input.split_first() else {
                return Ok(Resumed::UsedUp);
            };
            let whole = matches!(byte, b'\n' | b'\r');
            let field = if whole {
                Field::without_colon(&self.line)
            } else {
                *input = rest;
                self.line.push(byte);
                match Field::of_start(&self.line) {
                    Some(field) => field,
                    None => continue,
                }
            };
            let next = matches!(field, Field::Id | Field::Name) && self.kept.data.is_there();
            if next && whole {
                // The line end is left in the input, so that this is found again without the event.
                return Ok(Resumed::NextEvent);
            }
            self.cut = match field {
                Field::Other => Cut::Other(self.line.len()),
                _ => Cut::Value { field, fresh: true },
            };
            self.line.clear();
            if next {
                return Ok(Resumed::NextEvent);
            }
            if field == Field::Data {
                self.check(&none, field, 0)?;
                self.kept.start_data_line();
            }
        }

        let end = line_end(input);
        let (mut piece, rest) = input.split_at(end.unwrap_or(input.len()));
        *input = rest;
        if let Cut::Value { fresh, .. } = &mut self.cut
            && *fresh
            && !piece.is_empty()
        {
            *fresh = false;
            piece = without_space(piece);
        }
        match &mut self.cut {
            Cut::Value {
                field: Field::Data, ..
            } => {
                if self.kept.len() + piece.len() > self.limit {
                    return Err(EventTooLarge { limit: self.limit });
                }
                self.kept.extend_data(piece);
            }
            Cut::Value { field, .. } => {
                let field = *field;
                self.check(&none, field, self.line.len() + piece.len())?;
                self.line.extend_from_slice(piece);
                self.kept.count(piece);
            }
            Cut::Other(seen) => {
                *seen = seen.saturating_add(piece.len());
                let seen = *seen;
                self.check(&none, Field::Other, seen)?;
            }
            Cut::None | Cut::AfterCr | Cut::Mark(_) | Cut::Start | Cut::Fused => {}
        }
        if end.is_none() {
            return Ok(Resumed::UsedUp);
        }
        if let Cut::Value { field, .. } = std::mem::replace(&mut self.cut, Cut::None) {
            self.kept.put_line(field, &mut self.line);
        }
        *input = self.after_line_end(input);
        Ok(Resumed::WholeLine)
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
