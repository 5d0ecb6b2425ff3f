//! Server-sent events as a response body.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use coze_wire::sse::encode_event;
use http::{HeaderValue, header};
use http_body::Frame;
use serde_json::Value;
use tokio::{
    sync::mpsc,
    time::{Interval, MissedTickBehavior},
};

use crate::runs::Event;

/// Writes the frames of one kind of stream.
pub(super) trait Frames: Send + Unpin + 'static {
    /// The frames of an event.
    fn event(&mut self, event: Event) -> Vec<Bytes>;

    /// The frame that is sent when nothing else was for a while.
    fn ping(&mut self) -> Option<Bytes> {
        None
    }
}

/// One event.
pub(crate) fn frame(id: Option<u64>, event: &str, data: &Value) -> Bytes {
    let mut frame = Vec::new();
    let id = id.map(|id| id.to_string());
    encode_event(
        &mut frame,
        id.as_deref(),
        Some(event),
        Some(&data.to_string()),
    );
    frame.into()
}

/// Frames whose ids count.
pub(super) struct Numbered {
    next: u64,
}

impl Numbered {
    pub(super) fn from(first: u64) -> Self {
        Self { next: first }
    }

    pub(super) fn frame(&mut self, event: &str, data: &Value) -> Bytes {
        let id = self.next;
        self.next += 1;
        frame(Some(id), event, data)
    }
}

/// The body: one frame an event, until the run stops.
pub(super) struct EventBody<F> {
    events: mpsc::Receiver<Event>,
    frames: F,
    ready: VecDeque<Bytes>,
    ping: Option<Interval>,
    over: bool,
}

impl<F: Frames> EventBody<F> {
    pub(super) fn new(events: mpsc::Receiver<Event>, frames: F, ping: Duration) -> Self {
        let ping = (!ping.is_zero()).then(|| {
            let mut interval = tokio::time::interval_at(tokio::time::Instant::now() + ping, ping);
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        });
        Self {
            events,
            frames,
            ready: VecDeque::new(),
            ping,
            over: false,
        }
    }

    /// Puts frames before everything else.
    pub(super) fn first(mut self, frames: impl IntoIterator<Item = Bytes>) -> Self {
        self.ready.extend(frames);
        self
    }
}

impl<F: Frames> http_body::Body for EventBody<F> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        loop {
            if let Some(bytes) = this.ready.pop_front() {
                if let Some(ping) = &mut this.ping {
                    ping.reset();
                }
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            if this.over {
                return Poll::Ready(None);
            }
            match this.events.poll_recv(cx) {
                Poll::Ready(Some(event)) => {
                    this.over = !matches!(event, Event::Piece(_));
                    this.ready.extend(this.frames.event(event));
                }
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => {
                    let Some(ping) = &mut this.ping else {
                        return Poll::Pending;
                    };
                    std::task::ready!(ping.poll_tick(cx));
                    this.ready.extend(this.frames.ping());
                }
            }
        }
    }
}

/// The response around the body.
pub(super) fn response<F: Frames>(body: EventBody<F>) -> Response {
    event_stream(Body::new(body))
}

/// A stream of one frame.
pub(super) fn single(frame: Bytes) -> Response {
    event_stream(Body::from(frame))
}

/// A stream of events as a response.
pub(crate) fn event_stream(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_frame_has_its_lines_in_order() {
        assert_eq!(
            frame(Some(3), "Done", &json!({})),
            "id: 3\nevent: Done\ndata: {}\n\n"
        );
        assert_eq!(
            frame(None, "error", &json!("a\nb")),
            "event: error\ndata: \"a\\nb\"\n\n"
        );
    }
}
