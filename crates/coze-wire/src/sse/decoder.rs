//! Bytes → events.

use std::fmt;

use super::{
    cut::{Cut, Resumed},
    event::{EventEnd, EventTooLarge, RawEvent},
    kept::{self, Kept},
    line::{Field, line_end, near_line_end},
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

/// Fields that lie in the present input.
#[derive(Clone, Copy, Default)]
pub(super) struct Fields<'i> {
    pub(super) id: Option<&'i [u8]>,
    pub(super) name: Option<&'i [u8]>,
    pub(super) data: Option<&'i [u8]>,
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
        match self.advance(input) {
            Ok(Some((fields, end))) => Some(Ok(self.event(fields, end))),
            Ok(None) => None,
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
        let end = if within {
            EventEnd::BodyWithinLine
        } else {
            EventEnd::BodyAfterLine
        };
        let fields = Fields::default();
        self.is_event(&fields).then(|| self.event(fields, end))
    }

    /// Whether nothing of a further event has come: a body that ends here was not cut within one.
    pub fn is_between_events(&self) -> bool {
        (self.stale || self.kept.is_empty())
            && !self.cut.is_within_line()
            && !matches!(self.cut, Cut::Fused)
    }

    /// The next event's parts. Those that are not in `Fields` are kept.
    fn advance<'i>(
        &mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<(Fields<'i>, EventEnd)>, EventTooLarge> {
        let mut fields = Fields::default();
        if self.stale || !matches!(self.cut, Cut::None) {
            match self.prepare(input)? {
                Resumed::WholeLine => {}
                Resumed::UsedUp => return Ok(None),
                Resumed::NextEvent => return Ok(Some((fields, EventEnd::NextEvent))),
            }
        }
        // Mostly the input is too small for an event in it to be too large.
        let checked = self.kept.len().saturating_add(input.len()) > self.limit;
        let mut rest = *input;
        loop {
            let (field, value, end) = match rest {
                [b'\n' | b'\r', ..] => {
                    rest = self.after_line_end(rest);
                    if self.is_event(&fields) {
                        *input = rest;
                        return Ok(Some((fields, EventEnd::BlankLine)));
                    }
                    fields = Fields::default();
                    if !self.kept.is_empty() {
                        self.kept.clear();
                    }
                    continue;
                }
                [b'd', b'a', b't', b'a', b':', value @ ..] => {
                    let value = without_space(value);
                    (Field::Data, value, line_end(value))
                }
                [b'e', b'v', b'e', b'n', b't', b':', value @ ..] => {
                    let value = without_space(value);
                    (Field::Name, value, near_line_end(value))
                }
                [b'i', b'd', b':', value @ ..] => {
                    let value = without_space(value);
                    (Field::Id, value, near_line_end(value))
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
            if matches!(field, Field::Id | Field::Name)
                && (fields.data.is_some() || self.kept.data.is_there())
            {
                *input = rest;
                return Ok(Some((fields, EventEnd::NextEvent)));
            }
            let Some(end) = end else {
                *input = rest;
                return self.keep(fields, input);
            };
            let (value, line_end) = value.split_at(end);
            rest = self.after_line_end(line_end);
            if checked {
                self.check(&fields, field, value.len())?;
            }
            match field {
                Field::Id if value.contains(&0) => {}
                Field::Id => fields.id = Some(value),
                Field::Name => fields.name = Some(value),
                Field::Data if fields.data.is_none() && !self.kept.data.is_there() => {
                    fields.data = Some(value);
                }
                Field::Data => {
                    if let Some(first) = fields.data.take() {
                        self.kept.put(Field::Data, first);
                    }
                    self.kept.put(Field::Data, value);
                }
                Field::Other => {}
            }
        }
    }

    /// Whether the fields, with those that are kept, make an event.
    #[inline]
    pub(super) fn is_event(&self, fields: &Fields<'_>) -> bool {
        fields.data.is_some()
            || self.kept.data.is_there()
            || !fields
                .name
                .or(self.kept.name.get())
                .unwrap_or_default()
                .is_empty()
    }

    /// The event of these fields and of those that are kept.
    #[inline]
    pub(super) fn event<'a>(&'a mut self, fields: Fields<'a>, end: EventEnd) -> RawEvent<'a> {
        if !self.kept.is_empty() {
            self.stale = true;
        }
        RawEvent {
            id: fields.id.or(self.kept.id.get()),
            name: fields
                .name
                .or(self.kept.name.get())
                .filter(|name| !name.is_empty()),
            data: fields.data.or(self.kept.data.get()),
            end,
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

    /// Whether an event with these fields and this line is larger than it may be.
    pub(super) fn check(
        &self,
        fields: &Fields<'_>,
        field: Field,
        value: usize,
    ) -> Result<(), EventTooLarge> {
        let length = |field: Option<&[u8]>, kept: usize| field.map_or(kept, <[u8]>::len);
        let id = length(fields.id, self.kept.id.len());
        let name = length(fields.name, self.kept.name.len());
        let data = length(fields.data, self.kept.data.len());
        let joint = fields.data.is_some() || self.kept.data.is_there();
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

/// Takes one space off the start of a value.
#[inline]
pub(super) fn without_space(value: &[u8]) -> &[u8] {
    value.strip_prefix(b" ").unwrap_or(value)
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
