//! What is known of a stream from the events that came.

use alloc::{
    borrow::{Cow, ToOwned},
    boxed::Box,
    string::{String, ToString},
};

use coze_models::EventError;

use super::{
    Signal, StreamEnd, StreamError, StreamFailure, StreamSemantics, Truncated, gaps::Counter,
    number::number, short_name,
};
use crate::{sse::RawEvent, survey::Survey};

/// The longest URL that is kept, in bytes.
const URL: usize = 4096;

/// The longest name that is kept, in bytes.
const NAME: usize = 256;

/// What is remembered of the events; whatever they say, at most a few KiB of each.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) strict: bool,
    pub(super) events: u64,
    pub(super) pings: u64,
    pub(super) last_id: Option<LastId>,
    pub(super) counter: Counter,
    /// The name of the latest event, which as a rule is that of the next.
    name: String,
    waiting: bool,
    pub(super) debug_url: Option<String>,
    pub(super) execute_id: Option<String>,
}

/// Kept as a number where it is one, to save the text.
#[derive(Debug)]
pub(super) enum LastId {
    Number(u64),
    Text(String),
}

/// What one event comes to.
pub(super) enum Step<E> {
    Give(E),
    Ping(E),
    Bad(EventError),
    /// The last event is given as it is, a failure as an error.
    Last(StreamEnd, E),
    Fail(StreamError),
}

impl State {
    pub(super) fn truncated(&self, within_event: bool) -> StreamError {
        StreamError::Truncated(Truncated {
            events: self.events,
            last_id: self.last_id.as_ref().map(|id| id.text().into_owned()),
            within_event,
        })
    }

    /// What an event comes to.
    pub(super) fn take<E: StreamSemantics>(&mut self, raw: &RawEvent<'_>) -> Step<E> {
        self.events += 1;
        let data = raw.data().unwrap_or_default();
        let event = self.decode::<E>(raw, &data);
        let signal = match &event {
            Ok(event) => match event.signal() {
                Signal::Done => failure_beside_done(&data).map_or(Signal::Done, Signal::Failed),
                signal => signal,
            },
            Err(_) => Signal::Event,
        };
        let mut gap = None;
        if let Some(id) = raw.id_bytes() {
            // An id that is no number counts nothing.
            self.last_id = Some(if let Some(number) = number(id.trim_ascii()) {
                let failed = matches!(signal, Signal::Failed(_));
                gap = self.counter.event(number, E::FIRST_IDS, failed);
                LastId::Number(number)
            } else {
                LastId::Text(short_name(&raw.id().unwrap_or_default()).into_owned())
            });
        }
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                return match gap.filter(|_| self.strict) {
                    Some(gap) => Step::Fail(StreamError::Gap(gap)),
                    None => Step::Bad(error),
                };
            }
        };
        if let Some(piece) = event.piece() {
            gap = self.counter.piece(piece).or(gap);
        }
        if let Some(url) = event.debug_url().filter(|url| url.len() <= URL) {
            self.debug_url = Some(url.to_owned());
        }
        if let Some(id) = event.execute_id() {
            // However odd, it shows that there is a run.
            let id = short_name(&id);
            if self.execute_id.as_deref() != Some(&*id) {
                self.execute_id = Some(id.into_owned());
            }
        }
        // What the server says of a failure is worth more than what was lost before it.
        let failed = matches!(signal, Signal::Failed(_));
        if let Some(gap) = gap.filter(|_| self.strict && !failed) {
            return Step::Fail(StreamError::Gap(gap));
        }
        match signal {
            Signal::Event => Step::Give(event),
            Signal::Ping => {
                self.pings += 1;
                Step::Ping(event)
            }
            Signal::Waiting => {
                self.waiting = true;
                Step::Give(event)
            }
            Signal::Done if self.waiting => Step::Last(StreamEnd::Interrupted, event),
            Signal::Done => Step::Last(StreamEnd::Done, event),
            Signal::Interrupted => Step::Last(StreamEnd::Interrupted, event),
            Signal::Failed(failure) => Step::Fail(StreamError::Failed(failure)),
        }
    }

    fn decode<E: StreamSemantics>(
        &mut self,
        raw: &RawEvent<'_>,
        data: &str,
    ) -> Result<E, EventError> {
        let name = raw.name_bytes().unwrap_or_default();
        if name != self.name.as_bytes() {
            let text = raw.name().unwrap_or_default();
            if name.len() > NAME {
                return E::decode(&text, data);
            }
            text.as_ref().clone_into(&mut self.name);
        }
        E::decode(&self.name, data)
    }
}

impl LastId {
    pub(super) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }
}

/// The failure that the last event of a stream tells although it says that all is done.
fn failure_beside_done(data: &str) -> Option<Box<StreamFailure>> {
    let (mut survey, _) = Survey::of(data);
    let code = Some(survey.code()).filter(|code| *code != 0)?;
    Some(Box::new(StreamFailure::new(
        Some(code),
        survey.take_message(),
        None,
    )))
}
