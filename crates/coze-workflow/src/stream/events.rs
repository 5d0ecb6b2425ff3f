//! The events of one response.

use std::{
    borrow::Cow,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use coze_transport::time::Instant;
use coze_transport::{BoxError, LogId, Outcome, ResponseBody, TransportError, scrub, scrub_id};
use coze_wire::stream::{EventReader, StreamEnd, StreamError, StreamGap, StreamSemantics};
use http_body::Body;
use sync_wrapper::SyncWrapper;
use tokio::{sync::OwnedSemaphorePermit, task::coop::poll_proceed};

use super::{
    body::{BodySniffer, Sniffed},
    idle::IdleClock,
    settings::Reading,
};
use crate::{
    Error, ErrorKind,
    call::{Exchange, outcome_of_code},
    error::ErrorContext,
};

/// The events of one response, to its end.
pub struct Events<E> {
    /// `None` once the stream has ended.
    body: Option<SyncWrapper<ResponseBody>>,
    /// Until it is clear that the body is a stream.
    sniffer: Option<Box<BodySniffer>>,
    reader: EventReader<E>,
    context: ErrorContext,
    /// Held until the stream has ended.
    permit: Option<OwnedSemaphorePermit>,
    /// Unless the bound on silence was set by the caller.
    idle: Option<IdleClock>,
    pings: u64,
    gaps: u64,
    end: Option<StreamEnd>,
    /// What drives the connection, within a blocking call; the client may be gone by the next.
    #[cfg(feature = "blocking")]
    _driver: Option<std::sync::Arc<crate::blocking::Driver>>,
}

impl<E: StreamSemantics> Events<E> {
    /// Reads the response of an exchange; `adapts` says whether pings move the bound on silence.
    pub(super) async fn open(
        exchange: Exchange,
        reading: Reading,
        adapts: bool,
    ) -> Result<Self, Error> {
        let (sniffer, body, context, permit) = BodySniffer::new(exchange).await?;
        let reader = match reading.event_limit {
            Some(limit) => EventReader::with_event_limit(limit),
            None => EventReader::new(),
        };
        Ok(Self {
            body: Some(SyncWrapper::new(body)),
            sniffer: Some(Box::new(sniffer)),
            reader: reader.include_pings(reading.pings).strict(reading.strict),
            context,
            permit,
            idle: adapts.then(|| IdleClock::new(Instant::now())),
            pings: 0,
            gaps: 0,
            end: None,
            #[cfg(feature = "blocking")]
            _driver: crate::blocking::Driver::current(),
        })
    }

    pub(super) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<E, Error>>> {
        if self.end.is_some() {
            return Poll::Ready(None);
        }
        // What has arrived is late once the deadline has passed; the body tells it below.
        let is_late = |body: &mut SyncWrapper<ResponseBody>| body.get_mut().is_expired();
        if !self.reader.wants_piece() && !self.body.as_mut().is_some_and(is_late) {
            // One piece of the body may hold thousands of events: each but the first, which is paid with the piece, costs
            // the task a unit of its budget.
            let unit = ready!(poll_proceed(cx));
            if let Some(item) = self.pull(cx) {
                unit.made_progress();
                return Poll::Ready(Some(item));
            }
        }
        loop {
            self.heed_pings();
            let Some(body) = &mut self.body else {
                // Unreachable: without a body the reader has come to an end.
                return Poll::Ready(None);
            };
            // A body that brings something has looked at the deadline itself.
            let error = match ready!(Pin::new(body.get_mut()).poll_frame(cx)) {
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
            if let Some(item) = self.pull(cx) {
                return Poll::Ready(Some(item));
            }
        }
    }

    /// The next event of the pieces at hand, or what is wrong with it.
    fn pull(&mut self, cx: &mut Context<'_>) -> Option<Result<E, Error>> {
        let item = self.reader.pull();
        self.warn_of_gaps();
        let (debug_url, execute_id) = (self.reader.debug_url(), self.reader.execute_id());
        if debug_url.is_some() || execute_id.is_some() {
            self.context.saw_run(debug_url, execute_id);
        }
        match item? {
            Ok(event) => {
                if let Some(end) = self.reader.end() {
                    self.ended(end, cx);
                }
                Some(Ok(event))
            }
            Err(error) => Some(Err(self.failed(error))),
        }
    }

    /// Takes a piece of the body; an error where it shows that there is no stream.
    fn take(&mut self, piece: Bytes) -> Option<Error> {
        let Some(sniffer) = &mut self.sniffer else {
            self.reader.push(piece);
            return None;
        };
        let sniffed = sniffer.push(piece, &self.context);
        self.sniffed(sniffed)
    }

    fn sniffed(&mut self, sniffed: Sniffed) -> Option<Error> {
        match sniffed {
            Sniffed::Unclear => None,
            Sniffed::Document(error) => Some(error),
            Sniffed::Events(start) => {
                self.sniffer = None;
                self.reader.push(start);
                None
            }
        }
    }

    /// The body ended.
    fn close(&mut self) -> Option<Error> {
        let sniffed = match &mut self.sniffer {
            Some(sniffer) => sniffer.close(&self.context),
            None => Sniffed::Unclear,
        };
        let error = self.sniffed(sniffed);
        self.reader.close();
        error
    }

    /// The body failed. What had come before is handed over; half an event is not.
    fn broke(&mut self, error: BoxError) -> Error {
        let error = Error::stream_body(TransportError::from_box(error), self.context.clone());
        if let Some(sniffer) = &mut self.sniffer
            && let Sniffed::Document(told) = sniffer.close(&self.context)
            && told.code().is_some()
        {
            // The part of the response that came says why.
            return told;
        }
        error
    }

    /// Lets go of the connection. If the body is over as well, the connection is kept for another call.
    fn ended(&mut self, end: StreamEnd, cx: &mut Context<'_>) {
        self.end = Some(end);
        self.permit = None;
        if let Some(mut body) = self.body.take() {
            let _ = Pin::new(body.get_mut()).poll_frame(cx);
        }
    }

    /// What the reader says is wrong.
    fn failed(&mut self, error: StreamError) -> Error {
        let outcome = match &error {
            // Only the account of the failure came, and the run did not show itself before.
            StreamError::Failed(failure)
                if self.reader.events() <= 1 && self.context.execute_id.is_none() =>
            {
                failure.code().map_or(Outcome::Unknown, outcome_of_code)
            }
            StreamError::Failed(_) | StreamError::Undecodable(_) => Outcome::Accepted,
            _ => Outcome::Unknown,
        };
        let goes_on = error.end().is_none();
        let error = Error::stream(error, outcome, self.context.clone());
        if goes_on { error } else { self.over(error) }
    }

    /// Ends the stream with an error.
    fn over(&mut self, error: Error) -> Error {
        self.end = self.reader.end().or(Some(match error.kind() {
            ErrorKind::Truncated => StreamEnd::Truncated,
            _ => StreamEnd::Failed,
        }));
        self.body = None;
        self.permit = None;
        error
    }

    /// What is known by now.
    pub(super) const fn context(&self) -> &ErrorContext {
        &self.context
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
            body.get_mut()
                .set_idle_timeout(Some(idle.ping(Instant::now(), others)));
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
                operation = self.context.operation,
                log_id = self.context.log_id.as_ref().map(LogId::as_str),
                gaps = count,
                "the stream has a gap: {}",
                scrub(&gap.to_string())
            );
        }
    }

    pub(super) fn last_event_id(&self) -> Option<Cow<'_, str>> {
        let id = self.reader.last_id()?;
        Some(match id {
            Cow::Borrowed(text) => scrub_id(text.to_owned()).into(),
            number @ Cow::Owned(_) => number,
        })
    }

    pub(super) fn gaps(&self) -> &[StreamGap] {
        self.reader.gaps()
    }

    /// How it ended; `None` while it goes on.
    pub(super) const fn end(&self) -> Option<StreamEnd> {
        self.end
    }
}
