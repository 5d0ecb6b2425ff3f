//! A stream that is recorded while it is read.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::{
    exchange::{Content, Event, RecordedResponse},
    record::Pending,
};
use crate::{redact, time::Instant};

pin_project! {
    /// The body of a stream, handed on as it comes.
    pub(super) struct Tee<B> {
        #[pin]
        inner: B,
        recording: Recording,
    }
}

impl<B> Tee<B> {
    pub(super) fn new(inner: B, pending: Pending, head: RecordedResponse) -> Self {
        Self {
            inner,
            recording: Recording {
                pending,
                head: Some(head),
                begun: Instant::now(),
                bytes: Vec::new(),
                reads: Vec::new(),
                complete: false,
            },
        }
    }
}

/// What was read so far; the exchange is over when this is dropped.
struct Recording {
    pending: Pending,
    head: Option<RecordedResponse>,
    begun: Instant,
    bytes: Vec<u8>,
    /// How many bytes there were after each read, and when that was.
    reads: Vec<(usize, u64)>,
    complete: bool,
}

impl Recording {
    fn read(&mut self, data: &[u8]) {
        let after = self.begun.elapsed().as_millis();
        self.bytes.extend_from_slice(data);
        self.reads
            .push((self.bytes.len(), u64::try_from(after).unwrap_or(u64::MAX)));
    }

    /// The events, if they are text.
    fn content(&self) -> Content {
        let Ok(mut rest) = std::str::from_utf8(&self.bytes) else {
            return Content::new(&self.bytes);
        };
        let mut reads = self.reads.iter().peekable();
        let mut events = Vec::new();
        while !rest.is_empty() {
            let (text, behind) = rest.split_at(event_length(rest));
            rest = behind;
            let end = self.bytes.len() - rest.len();
            while reads.next_if(|(read, _)| *read < end).is_some() {}
            events.push(Event {
                after_ms: reads.peek().map_or(0, |(_, after)| *after),
                text: redact(text).into_owned(),
            });
        }
        Content::Events(events)
    }
}

/// How long the first event is, with the blank line behind it; all of the text, if it has none.
fn event_length(text: &str) -> usize {
    let ends =
        ["\n\n", "\r\r", "\r\n\r\n"].map(|blank| text.find(blank).map(|at| at + blank.len()));
    ends.into_iter().flatten().min().unwrap_or(text.len())
}

impl Drop for Recording {
    fn drop(&mut self) {
        if let Some(head) = self.head.take() {
            self.pending.finish(RecordedResponse {
                body: self.content(),
                truncated: !self.complete,
                ..head
            });
        }
    }
}

impl<B: Body<Data = Bytes>> Body for Tee<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.inner.poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    this.recording.read(data);
                }
            }
            Some(Err(_)) => {}
            None => this.recording.complete = true,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
