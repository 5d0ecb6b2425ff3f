//! One reply of a script.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};
use http_body::{Body, Frame};
use pin_project_lite::pin_project;

use crate::{
    BoxError, ErrorKind, Outcome, Response, ResponseBody, TransportError, time::Instant,
    timeout::Timer,
};

/// One reply of a [`Scripted`](super::Scripted) server: a response or a failure, at once or after a while.
#[derive(Clone)]
pub struct Reply {
    pub(super) delay: Duration,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Response {
        status: StatusCode,
        headers: HeaderMap,
        body: Pieces,
    },
    Failure(ErrorKind, Outcome),
    Never,
}

#[derive(Clone)]
enum Pieces {
    Whole(Bytes),
    /// Each after its pause; `None` breaks the connection.
    Streamed(VecDeque<(Duration, Option<Bytes>)>),
}

impl Pieces {
    fn len(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Streamed(pieces) => pieces
                .iter()
                .flat_map(|(_, piece)| piece)
                .map(Bytes::len)
                .sum(),
        }
    }
}

/// Without headers and body: what a token endpoint would return is a secret.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Reply");
        match &self.kind {
            Kind::Response {
                status,
                headers,
                body,
            } => out
                .field("status", &status.as_u16())
                .field("headers", &headers.len())
                .field("body_len", &body.len()),
            Kind::Failure(kind, outcome) => out.field("failure", kind).field("outcome", outcome),
            Kind::Never => out.field("never", &true),
        };
        out.field("delay", &self.delay).finish()
    }
}

/// A response with status 200 and this JSON.
impl From<serde_json::Value> for Reply {
    fn from(json: serde_json::Value) -> Self {
        Self::json(200, json.to_string())
    }
}

/// A response with status 200 and this text, which is told to be JSON.
impl From<&str> for Reply {
    fn from(json: &str) -> Self {
        Self::json(200, json.to_owned())
    }
}

impl Reply {
    fn response(status: u16, body: Pieces) -> Self {
        Self {
            delay: Duration::ZERO,
            kind: Kind::Response {
                // A test that names an impossible status meets it as a response no one expects.
                status: StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT),
                headers: HeaderMap::new(),
                body,
            },
        }
    }

    /// A response without a body.
    pub fn status(status: u16) -> Self {
        Self::response(status, Pieces::Whole(Bytes::new()))
    }

    /// A response with a body in memory.
    pub fn body(status: u16, body: impl Into<Bytes>) -> Self {
        Self::response(status, Pieces::Whole(body.into()))
    }

    /// A response of type `application/json`.
    pub fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::body(status, body).header("content-type", "application/json")
    }

    /// An event stream: each piece arrives after its pause.
    pub fn stream<I, B>(pieces: I) -> Self
    where
        I: IntoIterator<Item = (Duration, B)>,
        B: Into<Bytes>,
    {
        let pieces = pieces
            .into_iter()
            .map(|(pause, piece)| (pause, Some(piece.into())));
        Self::response(200, Pieces::Streamed(pieces.collect()))
            .header("content-type", "text/event-stream")
    }

    /// Replaces the content type of a [`stream`](Self::stream), or of any response.
    #[must_use]
    pub fn content_type(mut self, value: &'static str) -> Self {
        if let Kind::Response { headers, .. } = &mut self.kind {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
        }
        self
    }

    /// A failure below HTTP.
    pub fn failure(kind: ErrorKind, outcome: Outcome) -> Self {
        Self {
            delay: Duration::ZERO,
            kind: Kind::Failure(kind, outcome),
        }
    }

    /// No response at all.
    pub fn never() -> Self {
        Self {
            delay: Duration::ZERO,
            kind: Kind::Never,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Kind::Response { headers, .. } = &mut self.kind
            && let Ok(value) = HeaderValue::from_str(value)
        {
            headers.append(HeaderName::from_static(name), value);
        }
        self
    }

    /// Waits before the response begins.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Breaks the connection after what the body has so far.
    #[must_use]
    pub fn broken(mut self) -> Self {
        if let Kind::Response { body, .. } = &mut self.kind {
            match body {
                Pieces::Whole(bytes) => {
                    let first = (Duration::ZERO, Some(std::mem::take(bytes)));
                    *body = Pieces::Streamed([first, (Duration::ZERO, None)].into());
                }
                Pieces::Streamed(pieces) => pieces.push_back((Duration::ZERO, None)),
            }
        }
        self
    }

    /// What the caller gets; `None` stands for nothing, ever.
    pub(super) fn play(self) -> Option<Result<Response, BoxError>> {
        match self.kind {
            Kind::Never => None,
            Kind::Failure(kind, outcome) => Some(Err(TransportError::new(
                kind,
                outcome,
                "the script says that it fails",
            )
            .into())),
            Kind::Response {
                status,
                headers,
                body,
            } => {
                let body = match body {
                    Pieces::Whole(bytes) => ResponseBody::full(bytes),
                    Pieces::Streamed(pieces) => ResponseBody::stream(Streamed {
                        pieces,
                        timer: Timer::default(),
                        until: None,
                    }),
                };
                let mut response = Response::new(body);
                *response.status_mut() = status;
                *response.headers_mut() = headers;
                Some(Ok(response))
            }
        }
    }
}

pin_project! {
    struct Streamed {
        pieces: VecDeque<(Duration, Option<Bytes>)>,
        #[pin]
        timer: Timer,
        until: Option<Instant>,
    }
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        let Some((pause, _)) = this.pieces.front() else {
            return Poll::Ready(None);
        };
        if !pause.is_zero() {
            let until = *this.until.get_or_insert_with(|| Instant::now() + *pause);
            ready!(this.timer.poll_until(cx, until));
            *this.until = None;
        }
        Poll::Ready(this.pieces.pop_front().map(|(_, piece)| match piece {
            Some(piece) => Ok(Frame::data(piece)),
            None => Err("the script broke the connection".into()),
        }))
    }
}
