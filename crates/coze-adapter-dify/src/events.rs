//! The events of one response.

use std::fmt;

use bytes::BytesMut;
use coze_engine::{
    EngineError, ErrorKind, Outcome, RunId,
    http::{CallContext, Exchange},
};
use coze_models::{EventError, Operation, StreamEvent};
use coze_transport::{ResponseBody, TransportError};
use coze_wire::stream::{BodySniff, EventReader, Signal, StreamError, StreamSemantics, sniff};
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt;

use crate::{
    DifyEvent,
    client::Inner,
    error::broken,
    exchange::{self, Limits},
    refusal::Refusal,
};

/// The events of one stream, to the event that ends it.
///
/// The body of the response goes on for a second after that; it is not waited for. Pings are not among the events. What
/// became of the run of a stream that broke off is not looked for: [`Engine::stream`](coze_engine::Engine::stream)
/// does that.
pub struct DifyEvents {
    /// `None` once the stream has ended.
    body: Option<ResponseBody>,
    reader: EventReader<Received>,
    context: CallContext,
    idle: std::time::Duration,
    begun: bool,
    /// The beginning of the body until it turns out to be a stream; a failure is no longer than that.
    start: Option<BytesMut>,
}

/// The most that is kept of a body that is no stream, in bytes.
const DOCUMENT: usize = 64 * 1024;

/// An event, and its data if the stream ends with it.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) event: DifyEvent,
    pub(crate) data: Option<Box<str>>,
}

impl StreamEvent for Received {
    fn decode(name: &str, data: &str) -> Result<Self, EventError> {
        let event = DifyEvent::decode(name, data)?;
        let data = event.is_terminal().then(|| data.into());
        Ok(Self { event, data })
    }

    fn name(&self) -> &str {
        self.event.name()
    }

    fn is_terminal(&self) -> bool {
        self.event.is_terminal()
    }

    fn data(&self) -> Result<String, serde_json::Error> {
        self.event.data()
    }
}

impl StreamSemantics for Received {
    fn signal(&self) -> Signal {
        match self.event {
            DifyEvent::Ping => Signal::Ping,
            DifyEvent::WorkflowPaused(_) => Signal::Interrupted,
            DifyEvent::WorkflowFinished(_) => Signal::Done,
            _ => Signal::Event,
        }
    }
}

impl DifyEvents {
    pub(crate) async fn open<O: Operation>(
        inner: &Inner,
        operation: &O,
        limits: Limits,
    ) -> Result<Self, EngineError> {
        let exchange = exchange::send(inner, operation, None, limits).await?;
        let Exchange {
            head,
            body,
            context,
        } = exchange;
        let kind = head.headers.get(CONTENT_TYPE);
        let is_stream = kind.is_none_or(|kind| {
            let kind = kind.as_bytes().trim_ascii_start();
            [
                "text/event-stream",
                "text/plain",
                "application/octet-stream",
            ]
            .iter()
            .any(|one| {
                kind.get(..one.len())
                    .is_some_and(|kind| kind.eq_ignore_ascii_case(one.as_bytes()))
            })
        });
        if !is_stream {
            let kind = kind.map_or("", |kind| kind.to_str().unwrap_or_default());
            let message = format!("the response is no stream of events but `{kind}`");
            // JSON is in memory.
            let body = body.buffered().map_or(&[][..], |body| body);
            return Err(no_stream(&context, body, message));
        }
        Ok(Self {
            body: Some(body),
            reader: EventReader::new(),
            context,
            idle: inner.settings.idle,
            begun: false,
            start: Some(BytesMut::new()),
        })
    }

    /// The next event; `None` after the one that ends the stream.
    ///
    /// # Errors
    ///
    /// An event that cannot be decoded ([`ErrorKind::Decode`]) does not end the stream. Whatever else fails does:
    /// [`ErrorKind::Truncated`] where the body was over before the stream was, [`ErrorKind::Stalled`] after too long a
    /// silence, [`ErrorKind::Timeout`] at the deadline.
    pub async fn try_next(&mut self) -> Result<Option<DifyEvent>, EngineError> {
        Ok(self.next().await?.map(|received| received.event))
    }

    pub(crate) async fn next(&mut self) -> Result<Option<Received>, EngineError> {
        loop {
            let Some(body) = &mut self.body else {
                return Ok(None);
            };
            // A piece of the body may hold thousands of events.
            tokio::task::coop::consume_budget().await;
            // What has arrived is late once the deadline has passed; the body tells it below.
            let pulled = if body.is_expired() {
                None
            } else {
                self.reader.pull()
            };
            match pulled {
                Some(Ok(received)) => {
                    self.saw(&received.event);
                    if self.reader.end().is_some() {
                        self.body = None;
                    }
                    return Ok(Some(received));
                }
                Some(Err(error)) => return Err(self.failed(&error)),
                None => {}
            }
            if self.reader.end().is_some() {
                self.body = None;
                continue;
            }
            match body.frame().await {
                Some(Ok(frame)) => {
                    if let Ok(piece) = frame.into_data() {
                        self.keep(&piece);
                        self.reader.push(piece);
                    }
                }
                Some(Err(error)) => {
                    self.body = None;
                    return Err(broken(&self.context, TransportError::from_box(error)));
                }
                None => self.reader.close(),
            }
        }
    }

    /// The first event says that the run has begun, and from then on there are pings.
    fn saw(&mut self, event: &DifyEvent) {
        if !self.begun {
            self.begun = true;
            if let Some(body) = &mut self.body {
                body.set_idle_timeout(Some(self.idle));
            }
        }
        if let (None, DifyEvent::WorkflowStarted(started)) = (self.context.run(), event)
            && let Some(id) = &started.workflow_run_id
        {
            // The request knows the workflow; who made it says so by `about`.
            let mut run = RunId::new("-", id.as_str());
            run.task = started.task_id.as_ref().map(ToString::to_string);
            self.context.about(run);
        }
    }

    pub(crate) const fn context(&self) -> &CallContext {
        &self.context
    }

    /// Says which run the stream is about.
    pub(crate) fn about(&mut self, run: RunId) {
        self.context.about(run);
    }

    /// The run, once an event named it, with the task by which it can be stopped.
    pub const fn run(&self) -> Option<&RunId> {
        self.context.run()
    }

    /// Keeps the beginning of a body that is no stream, because it says why.
    fn keep(&mut self, piece: &[u8]) {
        if let Some(start) = &mut self.start {
            let room = DOCUMENT - start.len();
            start.extend_from_slice(&piece[..piece.len().min(room)]);
            match sniff(start) {
                BodySniff::Document => {}
                BodySniff::Unclear if start.len() < DOCUMENT => {}
                _ => self.start = None,
            }
        }
    }

    fn failed(&mut self, error: &StreamError) -> EngineError {
        let ends = error.end().is_some();
        if ends {
            self.body = None;
        }
        if let Some(start) = self
            .start
            .take()
            .filter(|start| ends && sniff(start) == BodySniff::Document)
        {
            return no_stream(
                &self.context,
                &start,
                "the response is no stream of events, although its content type says so".to_owned(),
            );
        }
        let kind = match error {
            StreamError::Truncated(_) => ErrorKind::Truncated,
            _ => ErrorKind::Decode,
        };
        let outcome = if ends {
            Outcome::Unknown
        } else {
            Outcome::Accepted
        };
        self.context.error(kind, error.to_string(), outcome)
    }
}

/// The error of a good status without a stream.
fn no_stream(context: &CallContext, body: &[u8], message: String) -> EngineError {
    match Refusal::of_success(body) {
        Some(refusal) => refusal.error(context, body),
        None => context.error(ErrorKind::Decode, message, Outcome::Unknown),
    }
}

impl fmt::Debug for DifyEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DifyEvents")
            .field("context", &self.context)
            .field("ended", &self.body.is_none())
            .finish_non_exhaustive()
    }
}
