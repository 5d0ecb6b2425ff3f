//! Bytes → events.

use alloc::vec::Vec;
use core::fmt;

use super::{
    carry::{Carry, Resumed},
    cut::Cut,
    event::{EventEnd, EventTooLarge, RawEvent},
    line::{Field, line_end, without_space},
    pending,
    plain::{self, Plain},
};

/// Takes events out of the pieces of a body, whichever way it was cut.
///
/// An event that lies whole in the input is borrowed from it: nothing is copied or allocated, except
/// to join several `data` lines. Where the input ends within an event, what was read of it is kept;
/// each byte is copied once. The buffers for that are used again, and given back after an event that
/// needed more than 64 KiB.
pub struct EventDecoder {
    pub(super) carry: Carry,
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
            carry: Carry::new(limit),
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
        if core::mem::take(&mut self.carry.stale) {
            self.carry.event.clear();
        }
        if input.is_empty() {
            return None;
        }
        if self.carry.resumes_data(input) {
            if self.carry.resume_data(input) {
                return Some(Ok(self.with_kept(RawEvent::EMPTY)));
            }
            if input.is_empty() {
                return None;
            }
        }
        let mut event = RawEvent::EMPTY;
        let alone = matches!(self.carry.cut, Cut::None) && self.carry.event.is_empty();
        let read = if alone && input.len() <= self.carry.limit {
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
            Err(error) => Some(Err(self.carry.fuse(input, error))),
        }
    }

    /// The body has ended properly: the event that was pending, if it has a name or data.
    ///
    /// Whether it is whole is for the caller to judge, from [`RawEvent::end`] and from what it says.
    /// The decoder is then at the start of another body.
    pub fn finish(&mut self) -> Option<RawEvent<'_>> {
        if matches!(self.carry.cut, Cut::Fused) {
            return None;
        }
        let within = self.carry.cut.is_within_line();
        if core::mem::take(&mut self.carry.stale) {
            self.carry.event.clear();
        }
        if let Cut::Value { field, .. } = core::mem::replace(&mut self.carry.cut, Cut::Mark(0)) {
            self.carry.event.put_line(field, &mut self.carry.line);
        }
        pending::clear(&mut self.carry.line);
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
        self.carry.event.data.take()
    }

    /// Whether the input ends within an id or a name, or what may be one, so that [`finish`](Self::finish) gives an
    /// event with half of its id or name.
    pub(crate) fn is_within_head(&self) -> bool {
        self.carry.is_within_head()
    }

    /// Whether nothing of a further event has come: a body that ends here was not cut within one.
    pub fn is_between_events(&self) -> bool {
        (self.carry.stale || self.carry.event.is_empty())
            && !self.carry.cut.is_within_line()
            && !matches!(self.carry.cut, Cut::Fused)
    }

    /// Reads on in the event of which `event` was read before; what it lacks is kept. False when the
    /// input is used up.
    fn advance<'i>(
        &mut self,
        input: &mut &'i [u8],
        event: &mut RawEvent<'i>,
        mut read: Plain,
    ) -> Result<bool, EventTooLarge> {
        if !matches!(self.carry.cut, Cut::None) {
            match self.carry.prepare(input)? {
                Resumed::WholeLine => {}
                Resumed::UsedUp => return Ok(false),
                Resumed::NextEvent => {
                    event.end = EventEnd::NextEvent;
                    return Ok(true);
                }
            }
            if self.carry.fits(input) && !self.carry.event.data.is_there() {
                read = plain::read(input, event, self.carry.event.is_empty());
            }
        }
        if event.data.is_some() {
            self.carry.event.lead = self.carry.lead(event);
        }
        match read {
            Plain::Event => return Ok(true),
            Plain::LastLine => return self.keep(input, event),
            Plain::WithinData => {
                self.carry.keep_within_data(event);
                return Ok(false);
            }
            Plain::Unusual => {}
        }
        let checked = !self.carry.fits(input);
        loop {
            let rest = *input;
            let (field, value, end) = match rest {
                [b'\n' | b'\r', ..] => {
                    *input = self.carry.after_line_end(rest);
                    if self.is_event(event) {
                        return Ok(true);
                    }
                    *event = RawEvent::EMPTY;
                    self.carry.event.clear();
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
            let has_data = event.data.is_some() || self.carry.event.data.is_there();
            if has_data && self.carry.event.lead.is_ended_by(field) {
                event.end = EventEnd::NextEvent;
                return Ok(true);
            }
            let Some(end) = end else {
                return self.keep(input, event);
            };
            let (value, line_end) = value.split_at(end);
            *input = self.carry.after_line_end(line_end);
            if checked {
                self.carry.check(event, field, value.len())?;
            }
            match field {
                Field::Id if value.contains(&0) => {}
                Field::Id => event.id = Some(value),
                Field::Name => {
                    event.name = (!value.is_empty()).then_some(value);
                    self.carry.event.name.clear();
                }
                Field::Data if !has_data => {
                    self.carry.event.lead = self.carry.lead(event);
                    event.data = Some(value);
                }
                Field::Data => {
                    if let Some(first) = event.data.take() {
                        self.carry.event.put(Field::Data, first);
                    }
                    self.carry.event.put(Field::Data, value);
                }
                Field::Other => {}
            }
        }
    }

    /// Keeps what was read of an event, and the start of a line in which the input ends.
    fn keep(&mut self, input: &mut &[u8], event: &RawEvent<'_>) -> Result<bool, EventTooLarge> {
        self.carry.keep(event, core::mem::take(input))?;
        Ok(false)
    }

    /// Whether there is an event, with what is kept.
    fn is_event(&self, event: &RawEvent<'_>) -> bool {
        let name = event.name.is_some() || self.carry.event.name.is_there();
        name || event.data.is_some() || self.carry.event.data.is_there()
    }

    /// The event with what is kept of it.
    fn with_kept<'a>(&'a mut self, event: RawEvent<'a>) -> RawEvent<'a> {
        if self.carry.event.is_empty() {
            return event;
        }
        self.carry.stale = true;
        RawEvent {
            id: event.id.or(self.carry.event.id.get()),
            name: event.name.or(self.carry.event.name.get()),
            data: event.data.or(self.carry.event.data.get()),
            end: event.end,
        }
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
        let pending = if self.carry.stale {
            0
        } else {
            self.carry.event.len()
        };
        f.debug_struct("EventDecoder")
            .field("limit", &self.carry.limit)
            .field("pending", &(pending + self.carry.line.len()))
            .field(
                "capacity",
                &(self.carry.event.capacity() + self.carry.line.capacity()),
            )
            .field("between_events", &self.is_between_events())
            .field("fused", &matches!(self.carry.cut, Cut::Fused))
            .finish_non_exhaustive()
    }
}
