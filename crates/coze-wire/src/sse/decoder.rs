//! Bytes → events.

use std::fmt;

use super::{
    cut::{Cut, Resumed},
    event::{EventEnd, EventTooLarge, RawEvent},
    kept::{self, Kept},
    line::{Field, line_end, without_space},
    plain::{self, Plain},
};

/// Takes events out of the pieces of a body, whichever way it was cut.
///
/// An event that lies whole in the input is borrowed from it: nothing is copied or allocated, except
/// to join several `data` lines. Where the input ends within an event, what was read of it is kept;
/// each byte is copied once. The buffers for that are used again, and given back after an event that
/// needed more than 64 KiB.
pub struct EventDecoder {
    pub(super) limit: usize,
    pub(super) kept: Kept,
    pub(super) cut: Cut,
    /// Of a cut line: its start while its field cannot be told, then the value of an id or name.
    pub(super) line: Vec<u8>,
    /// What is kept was handed out.
    pub(super) stale: bool,
}

impl EventDecoder {
    /// Bytes that an event may have unless [`EventDecoder::with_event_limit`] says otherwise: 16 MiB.
    pub const DEFAULT_EVENT_LIMIT: usize = 16 * 1024 * 1024;

    /// A decoder at the start of a body.
    pub fn new() -> Self {
        Self::with_event_limit(Self::DEFAULT_EVENT_LIMIT)
    }

    /// The same with another limit on the size of an event, in bytes.
    ///
    /// The size is that of its id, name and data, the LF between `data` lines counted, the rest of
    /// the lines not. A line that is passed over may not be longer either.
    pub fn with_event_limit(limit: usize) -> Self {
        Self {
            limit,
            kept: Kept::default(),
            cut: Cut::Mark(0),
            line: Vec::new(),
            stale: false,
        }
    }

    /// Takes the next whole event out of `input`, which is advanced behind it; `None` when the input
    /// is used up. What is left of it then is kept inside.
    ///
    /// # Errors
    ///
    /// [`EventTooLarge`]; the decoder ignores all input after it.
    #[inline]
    pub fn next_event<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Option<Result<RawEvent<'a>, EventTooLarge>> {
        let mut event = RawEvent::EMPTY;
        let alone = matches!(self.cut, Cut::None) && self.kept.is_empty();
        let read = if alone && input.len() <= self.limit {
            plain::read(input, &mut event, alone)
        } else {
            Plain::Unusual
        };
        if read == Plain::Event {
            return Some(Ok(event));
        }
        match self.advance(input, &mut event, read) {
            Ok(true) => Some(Ok(self.with_kept(event))),
            Ok(false) => None,
            Err(error) => Some(Err(self.fuse(input, error))),
        }
    }

    /// The body has ended properly: the event that was pending, if it has a name or data.
    ///
    /// Whether it is whole is for the caller to judge, from [`RawEvent::end`] and from what it says.
    /// The decoder is then at the start of another body.
    pub fn finish(&mut self) -> Option<RawEvent<'_>> {
        if matches!(self.cut, Cut::Fused) {
            return None;
        }
        let within = self.cut.is_within_line();
        if std::mem::take(&mut self.stale) {
            self.kept.clear();
        }
        if let Cut::Value { field, .. } = std::mem::replace(&mut self.cut, Cut::Mark(0)) {
            self.kept.put_line(field, &mut self.line);
        }
        kept::clear(&mut self.line);
        let mut event = RawEvent::EMPTY;
        event.end = if within {
            EventEnd::BodyWithinLine
        } else {
            EventEnd::BodyAfterLine
        };
        self.is_event(&event).then(|| self.with_kept(event))
    }

    /// Takes away the data of the event that was just handed out, which must be [a copy](Self::next_event).
    pub(crate) fn take_data(&mut self) -> Vec<u8> {
        self.kept.data.take()
    }

    /// Whether nothing of a further event has come: a body that ends here was not cut within one.
    pub fn is_between_events(&self) -> bool {
        (self.stale || self.kept.is_empty())
            && !self.cut.is_within_line()
            && !matches!(self.cut, Cut::Fused)
    }

    /// Reads on in the event of which `event` was read before; what it lacks is kept. False when the
    /// input is used up.
    fn advance<'i>(
        &mut self,
        input: &mut &'i [u8],
        event: &mut RawEvent<'i>,
        mut read: Plain,
    ) -> Result<bool, EventTooLarge> {
        if self.stale || !matches!(self.cut, Cut::None) {
            match self.prepare(input)? {
                Resumed::WholeLine => {}
                Resumed::UsedUp => return Ok(false),
                Resumed::NextEvent => {
                    event.end = EventEnd::NextEvent;
                    return Ok(true);
                }
            }
            if self.fits(input) && !self.kept.data.is_there() {
                read = plain::read(input, event, self.kept.is_empty());
            }
        }
        match read {
            Plain::Event => return Ok(true),
            Plain::LastLine => {
                let line = std::mem::take(input);
                self.keep(event, line)?;
                return Ok(false);
            }
            Plain::Unusual => {}
        }
        let checked = !self.fits(input);
        loop {
            let rest = *input;
            let (field, value, end) = match rest {
                [b'\n' | b'\r', ..] => {
                    *input = self.after_line_end(rest);
                    if self.is_event(event) {
                        return Ok(true);
                    }
                    *event = RawEvent::EMPTY;
                    self.kept.clear();
                    continue;
                }
                [b'd', b'a', b't', b'a', b':', value @ ..] => {
                    let value = without_space(value);
                    (Field::Data, value, line_end(value))
                }
                [b'e', b'v', b'e', b'n', b't', b':', value @ ..] => {
                    let value = without_space(value);
                    (Field::Name, value, line_end(value))
                }
                [b'i', b'd', b':', value @ ..] => {
                    let value = without_space(value);
                    (Field::Id, value, line_end(value))
                }
                _ => {
                    let end = line_end(rest);
                    let field = match end {
                        Some(end) => Field::without_colon(&rest[..end]),
                        None => Field::Other,
                    };
                    match (field, end) {
                        // The value is what stands before the line end: nothing.
                        (Field::Id | Field::Name | Field::Data, Some(end)) => {
                            (field, &rest[end..], Some(0))
                        }
                        _ => (field, rest, end),
                    }
                }
            };
            let has_data = event.data.is_some() || self.kept.data.is_there();
            if has_data && matches!(field, Field::Id | Field::Name) {
                event.end = EventEnd::NextEvent;
                return Ok(true);
            }
            let Some(end) = end else {
                let line = std::mem::take(input);
                self.keep(event, line)?;
                return Ok(false);
            };
            let (value, line_end) = value.split_at(end);
            *input = self.after_line_end(line_end);
            if checked {
                self.check(event, field, value.len())?;
            }
            match field {
                Field::Id if value.contains(&0) => {}
                Field::Id => event.id = Some(value),
                Field::Name => {
                    event.name = (!value.is_empty()).then_some(value);
                    self.kept.name.clear();
                }
                Field::Data if !has_data => event.data = Some(value),
                Field::Data => {
                    if let Some(first) = event.data.take() {
                        self.kept.put(Field::Data, first);
                    }
                    self.kept.put(Field::Data, value);
                }
                Field::Other => {}
            }
        }
    }

    /// Whether an event that ends in the input cannot be too large. Mostly there is too little of it.
    fn fits(&self, input: &[u8]) -> bool {
        self.kept.len().saturating_add(input.len()) <= self.limit
    }

    /// Whether there is an event, with what is kept.
    fn is_event(&self, event: &RawEvent<'_>) -> bool {
        let name = event.name.is_some() || self.kept.name.is_there();
        name || event.data.is_some() || self.kept.data.is_there()
    }

    /// The event with what is kept of it.
    fn with_kept<'a>(&'a mut self, event: RawEvent<'a>) -> RawEvent<'a> {
        if self.kept.is_empty() {
            return event;
        }
        self.stale = true;
        RawEvent {
            id: event.id.or(self.kept.id.get()),
            name: event.name.or(self.kept.name.get()),
            data: event.data.or(self.kept.data.get()),
            end: event.end,
        }
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
        let id = length(event.id, self.kept.id.len());
        let name = length(event.name, self.kept.name.len());
        let data = length(event.data, self.kept.data.len());
        let joint = event.data.is_some() || self.kept.data.is_there();
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
}

impl Default for EventDecoder {
    fn default() -> Self {
        Self::new()
    }
}

/// Sizes, not what was received.
impl fmt::Debug for EventDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pending = if self.stale { 0 } else { self.kept.len() };
        f.debug_struct("EventDecoder")
            .field("limit", &self.limit)
            .field("pending", &(pending + self.line.len()))
            .field("capacity", &(self.kept.capacity() + self.line.capacity()))
            .field("between_events", &self.is_between_events())
            .field("fused", &matches!(self.cut, Cut::Fused))
            .finish_non_exhaustive()
    }
}
