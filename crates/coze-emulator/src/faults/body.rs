//! A body that misbehaves.

use std::{
    collections::VecDeque,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::fault::{End, Fault};
use crate::connection::Control;

/// The body of a response with the faults of its call.
pub(crate) struct FaultyBody {
    inner: Body,
    /// What is promised and was not sent yet.
    length: Option<u64>,
    fault: Fault,
    control: Option<Control>,
    /// Frames that were read so far; each frame of a stream is one event.
    read: usize,
    held: Option<Bytes>,
    /// Nothing more is read.
    over: bool,
    ready: VecDeque<Bytes>,
    sent: usize,
    ending: u8,
    pause: Option<Pin<Box<Sleep>>>,
}

impl FaultyBody {
    pub(crate) fn new(inner: Body, fault: Fault, control: Option<Control>) -> Self {
        Self {
            length: inner.size_hint().exact(),
            inner,
            fault,
            control,
            read: 0,
            held: None,
            over: false,
            ready: VecDeque::new(),
            sent: 0,
            ending: 0,
            pause: None,
        }
    }

    /// Puts a frame where its place in the stream says.
    fn arrange(&mut self, mut frame: Bytes) {
        let place = self.read;
        self.read += 1;
        if let Some((_, how)) = self.fault.end_event.filter(|(count, _)| *count == place) {
            // Everything before this event was sent.
            self.fault.end = Some((self.sent, how));
            return;
        }
        if self.fault.error_event == Some(place) {
            self.ready.push_back(Bytes::from_static(
                b"event: error\ndata: the server failed\n\n",
            ));
            self.over = true;
            return;
        }
        if self.fault.drop == Some(place) {
            return;
        }
        if self.fault.older {
            frame = older(frame);
        }
        if self.fault.swap == Some(place) {
            self.held = Some(frame);
            return;
        }
        if self.fault.duplicate == Some(place) {
            self.ready.push_back(frame.clone());
        }
        self.ready.push_back(frame);
        self.ready.extend(self.held.take());
    }

    /// Cuts what may still be sent of a frame; the rest waits.
    fn take(&mut self, mut frame: Bytes) -> Bytes {
        let mut most = frame.len();
        if let Some((limit, _)) = self.fault.end {
            most = most.min(limit - self.sent);
        }
        if self.fault.drip.is_some() {
            most = most.min(1);
        }
        let now = frame.split_to(most);
        if !frame.is_empty() {
            self.ready.push_front(frame);
        }
        self.sent += now.len();
        if let Some(length) = &mut self.length {
            *length = length.saturating_sub(now.len() as u64);
        }
        now
    }

    /// Ends too early. What was sent gets two turns to reach the socket first.
    fn end(&mut self, how: End, cx: &Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if how == End::Stall {
            // The connection wakes the task when the client goes.
            return Poll::Pending;
        }
        if self.ending < 2 {
            self.ending += 1;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if how == End::Reset
            && let Some(control) = &self.control
        {
            control.reset();
        }
        let error = io::Error::new(io::ErrorKind::ConnectionAborted, "a fault ended the body");
        Poll::Ready(Some(Err(error)))
    }
}

impl http_body::Body for FaultyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        loop {
            if let Some((limit, how)) = this.fault.end
                && this.sent >= limit
            {
                return this.end(how, cx);
            }
            if !this.ready.is_empty()
                && let Some(drip) = this.fault.drip
            {
                let pause = this.pause.get_or_insert_with(|| {
                    Box::pin(tokio::time::sleep_until(Instant::now() + drip))
                });
                std::task::ready!(pause.as_mut().poll(cx));
                this.pause = None;
            }
            if let Some(frame) = this.ready.pop_front() {
                let frame = this.take(frame);
                return Poll::Ready(Some(Ok(Frame::data(frame))));
            }
            if this.over {
                return Poll::Ready(None);
            }
            match std::task::ready!(Pin::new(&mut this.inner).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data()
                        && !data.is_empty()
                    {
                        this.arrange(data);
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(io::Error::other(error)))),
                None => match this.held.take() {
                    // It waited for a next frame that did not come.
                    Some(held) => this.ready.push_back(held),
                    // The body is shorter than where it was to end.
                    None => match this.fault.end.or(this.fault.end_event) {
                        Some((_, how)) => return this.end(how, cx),
                        None => return Poll::Ready(None),
                    },
                },
            }
        }
    }

    /// The promised length stays what it was, so that an early end is seen as one.
    fn size_hint(&self) -> SizeHint {
        if self.fault.changes_events() {
            return SizeHint::default();
        }
        self.length
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// The last event of a stream in its older form; any other as it is.
fn older(frame: Bytes) -> Bytes {
    let Ok(text) = std::str::from_utf8(&frame) else {
        return frame;
    };
    let bare = |data| {
        text.split_once("data: ")
            .map(|(head, _)| format!("{head}data: {data}\n\n"))
    };
    let changed = if text.contains("event: Done\n") {
        bare("{}")
    } else if text.contains("event: done\n") {
        bare("[DONE]")
    } else {
        None
    };
    changed.map_or(frame.clone(), Bytes::from)
}
