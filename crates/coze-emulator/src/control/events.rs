//! What happens, as server-sent events.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{body::Body, extract::State, response::Response};
use bytes::Bytes;
use http_body::Frame;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::{
    current::Current,
    feed::{EmulatorEvents, SHUTDOWN},
    render::{event_stream, frame},
};

/// Events that may be on their way to one client.
const BUFFERED: usize = 64;

/// Everything from now on. The first event, `hello`, tells that nothing is missed from here.
pub(super) async fn stream(State(current): State<Current>) -> Response {
    let (sender, frames) = mpsc::channel(BUFFERED);
    let events = current.core().feed.listen();
    tokio::spawn(forward(events, sender));
    event_stream(Body::new(Frames(frames)))
}

/// Passes events on until the client goes or the emulator stops.
async fn forward(mut events: EmulatorEvents, to: mpsc::Sender<Bytes>) {
    let mut next = frame(None, "hello", &Value::Object(serde_json::Map::new()));
    loop {
        if to.send(next).await.is_err() {
            return;
        }
        let event = tokio::select! {
            event = events.next() => event,
            () = to.closed() => None,
        };
        let Some(event) = event.filter(|event| event.name != SHUTDOWN) else {
            return;
        };
        next = frame(None, event.name, &Value::Object(event.data.clone()));
    }
}

struct Frames(mpsc::Receiver<Bytes>);

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let frame = std::task::ready!(self.0.poll_recv(cx));
        Poll::Ready(frame.map(|frame| Ok(Frame::data(frame))))
    }
}
