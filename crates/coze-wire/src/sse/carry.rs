//! What the decoder does where its input is cut within an event.

use alloc::vec::Vec;

use super::{
    cut::{Cut, Start, after_mark},
    event::{EventTooLarge, RawEvent},
    line::{Field, line_end, without_space},
    pending::{Lead, PendingEvent},
};

/// What became of a line that had been cut.
pub(super) enum Resumed {
    WholeLine,
    UsedUp,
    /// It belongs to the next event.
    NextEvent,
}

/// What is carried from one piece of input to the next.
pub(super) struct Carry {
    pub(super) limit: usize,
    pub(super) event: PendingEvent,
    pub(super) cut: Cut,
    /// Of a line that was cut: the value of an id or a name.
    pub(super) line: Vec<u8>,
    /// The event was handed out.
    pub(super) stale: bool,
}

impl Carry {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            event: PendingEvent::default(),
            cut: Cut::Mark(0),
            line: Vec::new(),
            stale: false,
        }
    }

    /// Keeps an event, and the start of its next line, in which the input ends.
    pub(super) fn keep(&mut self, event: &RawEvent<'_>, line: &[u8]) -> Result<(), EventTooLarge> {
        self.keep_fields(event);
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

    /// Keeps an event that fits, and in whose data the input ends.
    #[inline]
    pub(super) fn keep_within_data(&mut self, event: &RawEvent<'_>) {
        self.keep_fields(event);
        self.cut = Cut::Value {
            field: Field::Data,
            fresh: false,
        };
    }

    #[inline]
    fn keep_fields(&mut self, event: &RawEvent<'_>) {
        if let Some(id) = event.id {
            self.event.put(Field::Id, id);
        }
        if let Some(name) = event.name {
            self.event.put(Field::Name, name);
        }
        if let Some(data) = event.data {
            self.event.put(Field::Data, data);
        }
    }

    /// Whether the input goes on within data and can only be their end or more of them, as most small pieces do.
    #[inline]
    pub(super) fn resumes_data(&self, input: &[u8]) -> bool {
        let Cut::Value { field, fresh } = self.cut else {
            return false;
        };
        field == Field::Data && !fresh && self.fits(input)
    }

    /// Reads on there, up to the end of the line or, where the event ends with it, of the event.
    pub(super) fn resume_data(&mut self, input: &mut &[u8]) -> bool {
        let end = line_end(input);
        let (piece, rest) = input.split_at(end.unwrap_or(input.len()));
        self.event.extend_data(piece);
        *input = rest;
        if end.is_none() {
            return false;
        }
        self.cut = Cut::None;
        *input = self.after_line_end(rest);
        if !matches!(self.cut, Cut::None) || !input.starts_with(b"\n") {
            return false;
        }
        *input = &input[1..];
        true
    }

    /// What must be done before lines can be read from the input.
    #[inline(never)]
    pub(super) fn prepare(&mut self, input: &mut &[u8]) -> Result<Resumed, EventTooLarge> {
        if let Cut::Mark(seen) = self.cut {
            self.cut = after_mark(seen, input);
        }
        match self.cut {
            Cut::None => Ok(Resumed::WholeLine),
            Cut::Fused => {
                *input = &[];
                Ok(Resumed::UsedUp)
            }
            // A mark may have been all there was.
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
            if self.event.data.is_there() && self.event.lead.is_ended_by(field) {
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
        match core::mem::replace(&mut self.cut, Cut::None) {
            Cut::Value { field, .. } if field != Field::Data => {
                self.event.put_line(field, &mut self.line);
            }
            _ => {}
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
            if self.event.len() >= self.limit {
                self.check(&RawEvent::EMPTY, field, 0)?;
            }
            if !self.event.data.is_there() {
                self.event.lead = self.lead(&RawEvent::EMPTY);
            }
            self.event.start_data_line();
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
                    if self.event.len() + piece.len() > self.limit {
                        return Err(EventTooLarge { limit: self.limit });
                    }
                    self.event.extend_data(piece);
                } else {
                    let field = *field;
                    let length = self.line.len() + piece.len();
                    if self.event.len() + length > self.limit {
                        self.check(&RawEvent::EMPTY, field, length)?;
                    }
                    self.line.extend_from_slice(piece);
                    self.event.count(piece);
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
        self.event = PendingEvent::default();
        self.line = Vec::new();
        self.cut = Cut::Fused;
        error
    }

    /// Whether an event that ends in the input cannot be too large. Mostly there is too little of it.
    pub(super) fn fits(&self, input: &[u8]) -> bool {
        self.event.len().saturating_add(input.len()) <= self.limit
    }

    /// What follows the line end at the start of `rest`.
    #[inline]
    pub(super) fn after_line_end<'i>(&mut self, rest: &'i [u8]) -> &'i [u8] {
        match rest {
            [b'\r', b'\n', rest @ ..] => rest,
            [b'\r'] => {
                self.cut = Cut::AfterCr;
                &[]
            }
            _ => rest.get(1..).unwrap_or_default(),
        }
    }

    /// Whether the event becomes larger with this line than it may be.
    pub(super) fn check(
        &self,
        event: &RawEvent<'_>,
        field: Field,
        value: usize,
    ) -> Result<(), EventTooLarge> {
        let length = |part: Option<&[u8]>, kept: usize| part.map_or(kept, <[u8]>::len);
        let id = length(event.id, self.event.id.len());
        let name = length(event.name, self.event.name.len());
        let data = length(event.data, self.event.data.len());
        let joint = event.data.is_some() || self.event.data.is_there();
        let size = match field {
            Field::Id => name + data + value,
            Field::Name => id + data + value,
            Field::Data => id + name + data + usize::from(joint) + value,
            Field::Other => value,
        };
        if size > self.limit {
            return Err(EventTooLarge { limit: self.limit });
        }
        Ok(())
    }

    /// Whether the input ends within an id or a name, or what may be one, of the event that is kept.
    pub(super) fn is_within_head(&self) -> bool {
        match self.cut {
            Cut::Value { field, .. } => field != Field::Data,
            Cut::Start(start) => {
                let field = start.field();
                field != Field::Data && !self.event.lead.is_ended_by(field)
            }
            Cut::None | Cut::AfterCr | Cut::Mark(_) | Cut::Other(_) | Cut::Fused => false,
        }
    }

    /// What has come of an event before its data.
    pub(super) fn lead(&self, event: &RawEvent<'_>) -> Lead {
        Lead {
            id: event.id.is_some() || self.event.id.is_there(),
            name: event.name.is_some() || self.event.name.is_there(),
        }
    }
}
