//! An event as it was received.

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::{error::Error, fmt};

/// An event whose parts lie in the input, or in the decoder where the input cut them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RawEvent<'a> {
    pub(super) id: Option<&'a [u8]>,
    pub(super) name: Option<&'a [u8]>,
    pub(super) data: Option<&'a [u8]>,
    pub(super) end: EventEnd,
}

impl<'a> RawEvent<'a> {
    pub(super) const EMPTY: Self = Self {
        id: None,
        name: None,
        data: None,
        end: EventEnd::BlankLine,
    };

    /// An event of parts that were copied.
    pub(crate) fn new(head: &'a EventHead, data: &'a [u8]) -> Self {
        Self {
            id: head.id.as_deref(),
            name: head.name.as_deref(),
            data: Some(data),
            end: head.end,
        }
    }

    /// A copy of what is not its data.
    pub(crate) fn into_head(self) -> EventHead {
        EventHead {
            id: self.id.map(<[u8]>::to_vec),
            name: self.name.map(<[u8]>::to_vec),
            end: self.end,
        }
    }

    /// Its id, if it had an `id` line. Invalid UTF-8 is replaced by U+FFFD.
    #[inline]
    pub fn id(&self) -> Option<Cow<'a, str>> {
        self.id.map(text)
    }

    /// Its name, if it had an `event` line that was not empty. Invalid UTF-8 is replaced by U+FFFD.
    #[inline]
    pub fn name(&self) -> Option<Cow<'a, str>> {
        self.name.map(text)
    }

    /// Its `data` lines joined with LF, if there were any. Invalid UTF-8 is replaced by U+FFFD.
    #[inline]
    pub fn data(&self) -> Option<Cow<'a, str>> {
        self.data.map(text)
    }

    /// [`RawEvent::id`] as it came.
    pub fn id_bytes(&self) -> Option<&'a [u8]> {
        self.id
    }

    /// [`RawEvent::name`] as it came.
    pub fn name_bytes(&self) -> Option<&'a [u8]> {
        self.name
    }

    /// [`RawEvent::data`] as it came.
    pub fn data_bytes(&self) -> Option<&'a [u8]> {
        self.data
    }

    /// What told that the event was over.
    pub fn end(&self) -> EventEnd {
        self.end
    }

    /// The event with its own texts.
    pub fn into_owned(self) -> OwnedEvent {
        let own = |bytes| text(bytes).into_owned();
        OwnedEvent {
            id: self.id.map(own),
            name: self.name.map(own),
            data: self.data.map(own),
            end: self.end,
        }
    }
}

/// The parts of an event without its data.
pub(crate) struct EventHead {
    id: Option<Vec<u8>>,
    name: Option<Vec<u8>>,
    end: EventEnd,
}

/// Shows the data only in part.
impl fmt::Debug for RawEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawEvent")
            .field("id", &self.id.map(Excerpt))
            .field("name", &self.name.map(Excerpt))
            .field("data", &self.data.map(Excerpt))
            .field("end", &self.end)
            .finish()
    }
}

/// An event with its own texts; [`RawEvent::into_owned`] makes it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnedEvent {
    /// See [`RawEvent::id`].
    pub id: Option<String>,
    /// See [`RawEvent::name`].
    pub name: Option<String>,
    /// See [`RawEvent::data`].
    pub data: Option<String>,
    /// See [`RawEvent::end`].
    pub end: EventEnd,
}

/// Shows the data only in part.
impl fmt::Debug for OwnedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |text: &'_ Option<String>| text.clone().map(String::into_bytes);
        let (id, name, data) = (part(&self.id), part(&self.name), part(&self.data));
        f.debug_struct("OwnedEvent")
            .field("id", &id.as_deref().map(Excerpt))
            .field("name", &name.as_deref().map(Excerpt))
            .field("data", &data.as_deref().map(Excerpt))
            .field("end", &self.end)
            .finish()
    }
}

/// What told that an event was over.
///
/// The first two are regular. After the others the body had ended, and whether the event is whole
/// must be judged by what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventEnd {
    /// An empty line.
    BlankLine,
    /// A line that belongs to the next event; the empty line before it was missing.
    NextEvent,
    /// The end of the body, after a whole line.
    BodyAfterLine,
    /// The end of the body within a line: the last value may have been cut.
    BodyWithinLine,
}

impl EventEnd {
    /// Whether the event was closed by the stream itself, and not by the end of the body.
    pub fn is_regular(self) -> bool {
        matches!(self, Self::BlankLine | Self::NextEvent)
    }
}

/// An event, or a single line, is larger than the decoder's limit.
///
/// The decoder takes nothing more after it: what would follow cannot be told from the rest of the
/// large event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventTooLarge {
    pub(super) limit: usize,
}

impl EventTooLarge {
    /// The limit in bytes.
    pub fn limit(&self) -> usize {
        self.limit
    }
}

impl fmt::Display for EventTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a server-sent event is larger than the limit of {} bytes",
            self.limit
        )
    }
}

impl Error for EventTooLarge {}

/// `String::from_utf8_lossy`, which looks at each byte alone, only where it has something to do.
#[inline]
fn text(bytes: &[u8]) -> Cow<'_, str> {
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

struct Excerpt<'a>(&'a [u8]);

impl fmt::Debug for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 200;
        match self.0.get(..SHOWN) {
            Some(start) if self.0.len() > SHOWN => {
                let start = String::from_utf8_lossy(start);
                write!(f, "{start:?}… ({} bytes)", self.0.len())
            }
            _ => fmt::Debug::fmt(&String::from_utf8_lossy(self.0), f),
        }
    }
}
