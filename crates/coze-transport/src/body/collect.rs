//! Reading a body into one piece of memory.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use http_body::Body;
use pin_project_lite::pin_project;
use tokio::task::coop::poll_proceed;

use super::complete::is_truncated_json;
use crate::{
    BoxError, ErrorKind, Outcome, Stage, TransportError,
    time::Instant,
    timeout::{expired, is_expired},
};

/// The most that is set aside on a server's word alone.
const MAX_TRUSTED: usize = 1024 * 1024;

pin_project! {
    /// Collects `body` up to `limit` bytes.
    pub(super) struct Collect<B> {
        #[pin]
        body: B,
        read: Read,
        options: CollectOptions,
    }
}

/// What is known before the first byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct CollectOptions {
    /// Largest body.
    pub(super) limit: usize,
    /// Keep the beginning of a larger body instead of failing.
    pub(super) truncate: bool,
    /// The length that the head announced.
    pub(super) announced: Option<u64>,
    /// Nothing tells where the body ends but the end of the connection.
    pub(super) open_ended: bool,
}

#[derive(Debug, Default)]
enum Read {
    #[default]
    Nothing,
    /// One frame, as it came.
    One(Bytes),
    Many(BytesMut),
}

impl Read {
    fn len(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::One(bytes) => bytes.len(),
            Self::Many(bytes) => bytes.len(),
        }
    }

    fn push(&mut self, data: Bytes, options: &CollectOptions) {
        match self {
            Self::Nothing => *self = Self::One(data),
            Self::One(first) => {
                let announced = options.announced.and_then(|n| usize::try_from(n).ok());
                let room = announced.map_or(0, |n| n.min(options.limit).min(MAX_TRUSTED));
                let room = room.max(2 * (first.len() + data.len()));
                let mut buffer = BytesMut::with_capacity(room);
                buffer.extend_from_slice(first);
                buffer.extend_from_slice(&data);
                *self = Self::Many(buffer);
            }
            Self::Many(buffer) => buffer.extend_from_slice(&data),
        }
    }

    fn take(&mut self) -> Bytes {
        match std::mem::take(self) {
            Self::Nothing => Bytes::new(),
            Self::One(bytes) => bytes,
            Self::Many(bytes) => bytes.freeze(),
        }
    }
}

/// A body and whether it is only the beginning of one.
pub(super) struct Collected {
    pub(super) bytes: Bytes,
    pub(super) truncated: bool,
}

impl<B> Collect<B> {
    pub(super) const fn new(body: B, options: CollectOptions) -> Self {
        Self {
            body,
            read: Read::Nothing,
            options,
        }
    }

    /// Bytes read so far.
    pub(super) fn progress(&self) -> usize {
        self.read.len()
    }
}

impl<B> Collect<B>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    /// Reads on until `expires`. Each frame costs the task a unit of its budget.
    pub(super) fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        expires: Option<Instant>,
    ) -> Poll<Result<Collected, TransportError>> {
        let mut this = self.project();
        loop {
            if is_expired(expires) {
                return Poll::Ready(Err(expired(Outcome::Unknown).at(Stage::Body)));
            }
            let unit = ready!(poll_proceed(cx));
            let frame = ready!(this.body.as_mut().poll_frame(cx));
            unit.made_progress();
            match frame {
                Some(Ok(frame)) => {
                    // Trailers say nothing that is used here.
                    let Ok(data) = frame.into_data() else {
                        continue;
                    };
                    let room = this.options.limit - this.read.len();
                    if data.len() <= room {
                        if !data.is_empty() {
                            this.read.push(data, this.options);
                        }
                        if !this.body.is_end_stream() {
                            continue;
                        }
                        return Poll::Ready(finish(this.read.take(), this.options));
                    }
                    if !this.options.truncate {
                        return Poll::Ready(Err(too_large(this.options.limit)));
                    }
                    this.read.push(data.slice(..room), this.options);
                    return Poll::Ready(Ok(Collected {
                        bytes: this.read.take(),
                        truncated: true,
                    }));
                }
                Some(Err(error)) => return Poll::Ready(Err(broken(error.into()))),
                None => return Poll::Ready(finish(this.read.take(), this.options)),
            }
        }
    }
}

fn finish(bytes: Bytes, options: &CollectOptions) -> Result<Collected, TransportError> {
    match options.announced {
        Some(announced) if bytes.len() as u64 != announced => Err(closed(format!(
            "the body ended after {} of {announced} bytes",
            bytes.len()
        ))),
        None if options.open_ended && is_truncated_json(&bytes) => Err(closed(format!(
            "the connection ended within the JSON body, after {} bytes",
            bytes.len()
        ))),
        _ => Ok(Collected {
            bytes,
            truncated: false,
        }),
    }
}

fn closed(message: String) -> TransportError {
    TransportError::new(ErrorKind::Closed, Outcome::Unknown, message).at(Stage::Body)
}

pub(super) fn too_large(limit: usize) -> TransportError {
    TransportError::new(
        ErrorKind::TooLarge,
        Outcome::Unknown,
        format!("the body is larger than the limit of {limit} bytes"),
    )
}

/// An error of the body's own as one of the stack.
pub(super) fn broken(error: BoxError) -> TransportError {
    match error.downcast::<TransportError>() {
        Ok(error) => error.at(Stage::Body),
        Err(error) => closed("the connection failed within the body".to_owned()).with_source(error),
    }
}

/// The earlier of two instants.
pub(super) fn sooner(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, None) | (None, one) => one,
    }
}
