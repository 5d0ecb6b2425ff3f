//! A stream of events.

use std::{
    borrow::Cow,
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use coze_transport::{Attempts, BoxError, ResponseBody, TransportError, scrub, scrub_id};
use coze_wire::stream::{EventReader, StreamEnd, StreamError, StreamGap, StreamSemantics};
use futures_core::{FusedStream, Stream};
use http_body::Body;
use tokio::{task::coop::poll_proceed, time::Instant};

use super::{
    body::{Opened, Opening},
    idle::IdleClock,
    settings::Reading,
};
use crate::{
    Error,
    call::Exchange,
    error::{ErrorKind, Facts},
};

/// How a stream ended.
///
/// ```
/// # use coze_workflow::{Client, HttpStack, Response};
/// # let coze = Client::new(HttpStack::from_fn(|_| async {
/// #     let events = "id: 0\nevent: Message\ndata: {\"content\":\"Hi\"}\n\n";
/// #     let mut answer = Response::new(coze_transport::ResponseBody::full(events.into()));
/// #     answer.headers_mut().insert("content-type", "text/event-stream".parse()?);
/// #     Ok::<_, coze_workflow::BoxError>(answer)
/// # }));
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// use coze_workflow::{Ending, ErrorKind};
///
/// // The server closes the stream after its first message.
/// let mut events = coze.workflow("7366").stream().await?;
/// assert!(events.try_next().await?.is_some());
/// assert_eq!(events.ending(), None);
/// let error = events.try_next().await.unwrap_err();
/// assert_eq!(events.ending(), Some(Ending::Failed(ErrorKind::Truncated)));
/// assert!(error.may_have_run());
/// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ending {
    /// With its last event: the run is over.
    Done,
    /// The run waits for an answer.
    Interrupted,
    /// With an error of this kind.
    Failed(ErrorKind),
}

/// The events of one answer, as they arrive.
///
/// It is a [`Stream`], and [`try_next`](Self::try_next) does without one. A stream ends once, in
/// [`Ending::Done`], in [`Ending::Interrupted`] or in an error; after that there are no more items.
/// One error alone lets the stream go on: [`ErrorKind::Decode`] for an event whose data cannot be decoded,
/// told by [`ending`](Self::ending), which is then `None`.
///
/// Dropping a stream closes its connection. The run goes on without it.
pub struct EventStream<E> {
    /// `None` once the stream has ended.
    body: Option<ResponseBody>,
    /// Until it is clear that the body is a stream.
    opening: Option<Box<Opening>>,
    reader: EventReader<E>,
    facts: Facts,
    /// Unless the bound on silence was set by the caller.
    idle: Option<IdleClock>,
    pings: u64,
    gaps: u64,
    ending: Option<Ending>,
    /// What names the run, fit to be shown.
    debug_url: Option<String>,
    execute_id: Option<String>,
    /// What drives the connection, within a blocking call; the client may be gone by the next.
    #[cfg(feature = "blocking")]
    _driver: Option<std::sync::Arc<crate::blocking::Driver>>,
}

impl<E: StreamSemantics> EventStream<E> {
    /// Reads the answer of an exchange; `adapts` says whether pings move the bound on silence.
    pub(super) async fn open(
        exchange: Exchange,
        reading: Reading,
        adapts: bool,
    ) -> Result<Self, Error> {
        let Exchange {
            head,
            body,
            mut facts,
        } = exchange;
        facts.log_id = facts.log_id.or_else(|| coze_wire::log_id(&head.headers));
        let facts = facts.shown();
        let (opening, body) = Opening::new(head, body, &facts).await?;
        let reader = match reading.event_limit {
            Some(limit) => EventReader::with_event_limit(limit),
            None => EventReader::new(),
        };
        Ok(Self {
            body: Some(body),
            opening: Some(Box::new(opening)),
            reader: reader.include_pings(reading.pings).strict(reading.strict),
            facts,
            idle: adapts.then(|| IdleClock::new(Instant::now())),
            pings: 0,
            gaps: 0,
            ending: None,
            debug_url: None,
            execute_id: None,
            #[cfg(feature = "blocking")]
            _driver: crate::blocking::Driver::current(),
        })
    }

    /// The next event; `None` after the last.
    ///
    /// It may be cancelled at any time without losing an event.
    ///
    /// # Errors
    ///
    /// [`Error`], which ends the stream unless [`EventStream::ending`] is `None` after it.
    pub async fn try_next(&mut self) -> Result<Option<E>, Error> {
        poll_fn(|cx| self.poll_event(cx)).await.transpose()
    }

    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<E, Error>>> {
        loop {
            if self.ending.is_some() {
                return Poll::Ready(None);
            }
            // What has arrived is late once the deadline has passed; the body tells it below.
            let late = self.body.as_ref().is_some_and(ResponseBody::is_expired);
            // One piece of the body may hold thousands of events: each costs the task a unit of its budget.
            let unit = ready!(poll_proceed(cx));
            let item = if late { None } else { self.reader.pull() };
            if item.is_some() {
                unit.made_progress();
            }
            self.warn_of_gaps();
            show(&mut self.debug_url, self.reader.debug_url());
            show(&mut self.execute_id, self.reader.execute_id());
            match item {
                Some(Ok(event)) => {
                    if let Some(end) = self.reader.end() {
                        self.ended(end, cx);
                    }
                    return Poll::Ready(Some(Ok(event)));
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(self.failed(error)))),
                None => {}
            }
            self.heed_pings();
            let Some(body) = &mut self.body else {
                // Unreachable: without a body the reader has come to an end.
                return Poll::Ready(None);
            };
            let error = match ready!(Pin::new(body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let Ok(piece) = frame.into_data() else {
                        continue;
                    };
                    self.take(piece)
                }
                Some(Err(error)) => Some(self.broke(error)),
                None => self.close(),
            };
            if let Some(error) = error {
                return Poll::Ready(Some(Err(self.over(error))));
            }
        }
    }

    /// Takes a piece of the body; an error where it shows that there is no stream.
    fn take(&mut self, piece: Bytes) -> Option<Error> {
        let Some(opening) = &mut self.opening else {
            self.reader.push(piece);
            return None;
        };
        let opened = opening.push(piece, &self.facts);
        self.opened(opened)
    }

    fn opened(&mut self, opened: Opened) -> Option<Error> {
        match opened {
            Opened::Unclear => None,
            Opened::Document(error) => Some(error),
            Opened::Events(start) => {
                self.opening = None;
                self.reader.push(start);
                None
            }
        }
    }

    /// The body ended.
    fn close(&mut self) -> Option<Error> {
        let opened = match &mut self.opening {
            Some(opening) => opening.close(&self.facts),
            None => Opened::Unclear,
        };
        let error = self.opened(opened);
        self.reader.close();
        error
    }

    /// The body failed. What had come before is handed over; half an event is not.
    fn broke(&mut self, error: BoxError) -> Error {
        let error = Error::stream_body(TransportError::from_box(error), self.facts());
        if let Some(opening) = &mut self.opening
            && let Opened::Document(told) = opening.close(&self.facts)
            && told.code().is_some()
        {
            // The part of the answer that came says why.
            return told;
        }
        error
    }

    /// Lets go of the connection. If the body is over as well, the connection is kept for another call.
    fn ended(&mut self, end: StreamEnd, cx: &mut Context<'_>) {
        self.ending = Some(match end {
            StreamEnd::Interrupted => Ending::Interrupted,
            _ => Ending::Done,
        });
        if let Some(mut body) = self.body.take() {
            let _ = Pin::new(&mut body).poll_frame(cx);
        }
    }

    /// What the reader says is wrong.
    fn failed(&mut self, error: StreamError) -> Error {
        let goes_on = error.end().is_none();
        let began = self.reader.events() > u64::from(!goes_on);
        let error = Error::stream(error, began, self.facts());
        if goes_on { error } else { self.over(error) }
    }

    /// Ends the stream with an error.
    fn over(&mut self, error: Error) -> Error {
        self.ending = Some(Ending::Failed(error.kind()));
        self.body = None;
        error
    }

    /// What is known by now.
    pub(super) fn facts(&self) -> Facts {
        let mut facts = self.facts.clone();
        facts.debug_url = self.debug_url().map(str::to_owned);
        facts.execute_id = self.execute_id().map(str::to_owned);
        facts
    }

    /// Moves the bound on silence after pings.
    fn heed_pings(&mut self) {
        let pings = self.reader.pings();
        if pings == self.pings {
            return;
        }
        self.pings = pings;
        let others = self.reader.events() - pings;
        if let (Some(idle), Some(body)) = (&mut self.idle, &mut self.body) {
            body.set_idle_timeout(Some(idle.ping(Instant::now(), others)));
        }
    }

    fn warn_of_gaps(&mut self) {
        let count = self.reader.gap_count();
        if count == self.gaps {
            return;
        }
        self.gaps = count;
        // Beyond those that are kept there is nothing new to be said.
        let latest = usize::try_from(count - 1).ok();
        if let Some(gap) = latest.and_then(|latest| self.reader.gaps().get(latest)) {
            tracing::warn!(
                operation = self.facts.operation,
                log_id = self.facts.log_id,
                gaps = count,
                "the stream has a gap: {}",
                scrub(&gap.to_string())
            );
        }
    }

    /// The server's id of the exchange.
    pub fn log_id(&self) -> Option<&str> {
        self.facts.log_id.as_deref()
    }

    /// The attempts that opened the stream, in order.
    pub fn attempts(&self) -> &Attempts {
        &self.facts.attempts
    }

    /// The page that shows the run's nodes; as a rule the last event names it.
    pub fn debug_url(&self) -> Option<&str> {
        self.debug_url.as_deref()
    }

    /// The run, once an event named it: as a rule the last one does, in its debug URL or its question.
    pub fn execute_id(&self) -> Option<&str> {
        self.execute_id.as_deref()
    }

    /// The id of the latest event that had one: on the service a number that counts the events
    /// of the stream from 0. Chats have none.
    pub fn last_event_id(&self) -> Option<Cow<'_, str>> {
        let id = self.reader.last_id()?;
        Some(match id {
            Cow::Borrowed(text) => scrub_id(text.to_owned()).into(),
            number @ Cow::Owned(_) => number,
        })
    }

    /// Where events were lost or came twice; the first 64 of such places. The names in them are the server's.
    pub fn gaps(&self) -> &[StreamGap] {
        self.reader.gaps()
    }

    /// How the stream ended; `None` while it goes on.
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }
}

/// Keeps what the reader has found out `now` as what may be shown of it.
fn show(shown: &mut Option<String>, now: Option<&str>) {
    if now != shown.as_deref() {
        *shown = now.map(|text| scrub_id(text.to_owned()));
    }
}

impl<E: StreamSemantics> Stream for EventStream<E> {
    type Item = Result<E, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_event(cx)
    }
}

impl<E: StreamSemantics> FusedStream for EventStream<E> {
    fn is_terminated(&self) -> bool {
        self.ending.is_some()
    }
}

impl<E> fmt::Debug for EventStream<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("operation", &self.facts.operation)
            .field("log_id", &self.facts.log_id)
            .field("ending", &self.ending)
            .finish_non_exhaustive()
    }
}
