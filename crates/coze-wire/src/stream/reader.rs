//! Bytes → events and one ending.

use alloc::borrow::Cow;
use core::marker::PhantomData;

use bytes::{Buf, Bytes, BytesMut};

use super::{
    StreamEnd, StreamError, StreamGap, StreamSemantics,
    state::{LastId, State, Step},
    whole::is_whole,
};
use crate::sse::{EventDecoder, RawEvent};

/// Reads the events of a stream from the pieces of its body.
///
/// Give it a piece with [`push`](Self::push), take events with [`pull`](Self::pull) until there is none,
/// and so on; say with [`close`](Self::close) or [`break_off`](Self::break_off) how the body ended, and
/// pull what is left. However the body is cut into pieces, the events are the same.
///
/// Events do not depend on each other, and of what was pulled nothing is kept.
#[derive(Debug)]
pub struct EventReader<E> {
    decoder: EventDecoder,
    input: Bytes,
    body: Body,
    end: Option<StreamEnd>,
    pings: bool,
    state: State,
    event: PhantomData<fn() -> E>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    Open,
    Closed,
    Broken,
}

/// What is held of a piece or an event beyond this is given back as soon as it can be.
const LARGE: usize = 64 * 1024;

impl<E: StreamSemantics> Default for EventReader<E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: StreamSemantics> EventReader<E> {
    /// A reader with the decoder's own limit on the size of an event, 16 MiB.
    pub fn new() -> Self {
        Self::over(EventDecoder::new())
    }

    /// A reader with another limit, in bytes.
    pub fn with_event_limit(limit: usize) -> Self {
        Self::over(EventDecoder::with_event_limit(limit))
    }

    fn over(decoder: EventDecoder) -> Self {
        Self {
            decoder,
            input: Bytes::new(),
            body: Body::Open,
            end: None,
            pings: false,
            state: State::default(),
            event: PhantomData,
        }
    }

    /// Whether pings are given too. Default: `false`.
    #[must_use]
    pub fn include_pings(mut self, yes: bool) -> Self {
        self.pings = yes;
        self
    }

    /// Whether a [`StreamGap`] ends the stream with an error. Default: `false`, it is kept in
    /// [`EventReader::gaps`].
    #[must_use]
    pub fn strict(mut self, yes: bool) -> Self {
        self.state.strict = yes;
        self
    }

    /// Takes a piece of the body. It has no effect after the end of the stream or of the body.
    pub fn push(&mut self, piece: Bytes) {
        if self.end.is_some() || self.body != Body::Open {
            return;
        }
        if self.input.is_empty() {
            self.input = piece;
        } else {
            let mut joined = BytesMut::with_capacity(self.input.len() + piece.len());
            joined.extend_from_slice(&self.input);
            joined.extend_from_slice(&piece);
            self.input = joined.freeze();
        }
    }

    /// Says that the body ended as it should. An event that lacks nothing but its closing line ends is
    /// still given.
    pub fn close(&mut self) {
        if self.body == Body::Open {
            self.body = Body::Closed;
        }
    }

    /// Says that the body broke off, or that nothing more will be read of it.
    pub fn break_off(&mut self) {
        if self.body == Body::Open {
            self.body = Body::Broken;
        }
    }

    /// Whether [`pull`](Self::pull) asks for another piece.
    pub const fn wants_piece(&self) -> bool {
        self.end.is_none() && self.input.is_empty() && matches!(self.body, Body::Open)
    }

    /// The next event, or what is wrong with it.
    ///
    /// `None` asks for another piece of the body, and is final once there is an [`end`](Self::end).
    ///
    /// # Errors
    ///
    /// [`StreamError`]. After one that has an [`end`](StreamError::end) nothing more is given.
    pub fn pull(&mut self) -> Option<Result<E, StreamError>> {
        while self.end.is_none() {
            let step = if self.input.is_empty() {
                match self.body {
                    Body::Open => return None,
                    Body::Closed => Some(self.last()),
                    Body::Broken => {
                        let within_event = !self.decoder.is_between_events();
                        Some(Step::Fail(self.state.truncated(within_event)))
                    }
                }
            } else {
                self.step()
            };
            match step {
                None => {}
                Some(Step::Ping(_)) if !self.pings => {}
                Some(Step::Give(event) | Step::Ping(event)) => return Some(Ok(event)),
                Some(Step::Bad(error)) => return Some(Err(StreamError::Undecodable(error))),
                Some(Step::Last(end, event)) => {
                    self.over_with(end);
                    return Some(Ok(event));
                }
                Some(Step::Fail(error)) => {
                    self.over_with(error.end().unwrap_or(StreamEnd::Failed));
                    return Some(Err(error));
                }
            }
        }
        None
    }

    /// An event of the piece at hand; `None` once it is used up.
    fn step(&mut self) -> Option<Step<E>> {
        let mut rest = &self.input[..];
        let step = match self.decoder.next_event(&mut rest) {
            None => {
                self.input = Bytes::new();
                return None;
            }
            Some(Ok(raw)) if is_large_copy(&raw, &self.input) => {
                // The piece is let go of before the event is decoded, and the copy after it.
                let head = raw.into_head();
                let rest = rest.len();
                self.advance(rest);
                let data = self.decoder.take_data();
                return Some(self.state.take(&RawEvent::new(&head, &data)));
            }
            Some(Ok(raw)) => self.state.take(&raw),
            Some(Err(error)) => Step::Fail(StreamError::TooLarge(error)),
        };
        let rest = rest.len();
        self.advance(rest);
        Some(step)
    }

    /// Lets go of the piece at hand but for its last bytes.
    fn advance(&mut self, rest: usize) {
        if rest == 0 {
            // Even without a byte left it would hold the buffer of the connection.
            self.input = Bytes::new();
            return;
        }
        let used = self.input.len() - rest;
        self.input.advance(used);
        if used > LARGE && rest <= LARGE {
            // What is left would hold all of it.
            self.input = Bytes::copy_from_slice(&self.input);
        }
    }

    /// What is left when the body has ended: an event without its closing line ends, or nothing.
    fn last(&mut self) -> Step<E> {
        let half_name = self.decoder.is_within_head();
        let pending = self.decoder.finish();
        if let Some(raw) = pending.filter(|raw| !half_name && is_whole::<E>(raw)) {
            return self.state.take(&raw);
        }
        Step::Fail(self.state.truncated(pending.is_some()))
    }

    fn over_with(&mut self, end: StreamEnd) {
        self.end = Some(end);
        self.input = Bytes::new();
        self.decoder = EventDecoder::new();
    }

    /// How the stream ended; `None` while it goes on.
    pub const fn end(&self) -> Option<StreamEnd> {
        self.end
    }

    /// The first gaps that were found, at most 64.
    pub fn gaps(&self) -> &[StreamGap] {
        &self.state.counter.found
    }

    /// How many gaps were found.
    pub const fn gap_count(&self) -> u64 {
        self.state.counter.count
    }

    /// How many events came, pings included.
    pub const fn events(&self) -> u64 {
        self.state.events
    }

    /// How many of them were pings.
    pub const fn pings(&self) -> u64 {
        self.state.pings
    }

    /// The page that shows the run, once an event named it. A URL of more than 4 KiB is passed over.
    pub fn debug_url(&self) -> Option<&str> {
        self.state.debug_url.as_deref()
    }

    /// The run, once an event named it; shortened beyond 256 bytes.
    pub fn execute_id(&self) -> Option<&str> {
        self.state.execute_id.as_deref()
    }

    /// The id of the latest event that had one, pings included, as the server wrote it but for zeros before a number;
    /// shortened beyond 256 bytes.
    ///
    /// ```
    /// use coze_models::WorkflowEvent;
    /// use coze_wire::stream::EventReader;
    ///
    /// let mut reader = EventReader::<WorkflowEvent>::new();
    /// reader.push("id: 0\nevent: Message\ndata: {}\n\n".into());
    /// reader.pull();
    /// assert_eq!(reader.last_id().as_deref(), Some("0"));
    /// ```
    pub fn last_id(&self) -> Option<Cow<'_, str>> {
        self.state.last_id.as_ref().map(LastId::text)
    }
}

/// Whether the decoder holds a copy of the event's data, and a large one.
fn is_large_copy(raw: &RawEvent<'_>, input: &[u8]) -> bool {
    raw.data_bytes()
        .is_some_and(|data| data.len() > LARGE && !input.as_ptr_range().contains(&data.as_ptr()))
}
