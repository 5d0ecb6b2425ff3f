//! Request bodies that can be sent again.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};

use crate::BoxError;

type Inner = UnsyncBoxBody<Bytes, BoxError>;
type Open = Arc<dyn Fn() -> Inner + Send + Sync>;

/// A request body.
///
/// Bytes, or a function that opens the body anew for each attempt; both can be sent again.
/// [`RequestBody::once`] cannot, so a request with such a body is attempted once.
pub struct RequestBody(Kind);

enum Kind {
    Full(Option<Bytes>),
    // Boxed, because a request is moved about, and most bodies are bytes.
    Streamed(Box<Streamed>),
}

struct Streamed {
    /// `None` for a body that is read once.
    open: Option<Open>,
    /// Opened at the first poll. Behind a lock that nobody ever waits for, so that what holds a body is `Sync`.
    current: Option<Mutex<Inner>>,
    /// Of a body that is not open yet.
    size: SizeHint,
}

impl Streamed {
    fn current(&self) -> Option<MutexGuard<'_, Inner>> {
        let current = self.current.as_ref()?;
        Some(current.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl RequestBody {
    /// A body of no bytes.
    pub const fn empty() -> Self {
        Self(Kind::Full(None))
    }

    /// A body of constant bytes.
    pub const fn from_static(bytes: &'static [u8]) -> Self {
        if bytes.is_empty() {
            return Self::empty();
        }
        Self(Kind::Full(Some(Bytes::from_static(bytes))))
    }

    /// A body that `open` makes anew for each attempt; `size` is announced where it is exact.
    pub fn reopened<F, B>(size: SizeHint, open: F) -> Self
    where
        F: Fn() -> B + Send + Sync + 'static,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self(Kind::Streamed(Box::new(Streamed {
            open: Some(Arc::new(move || open().map_err(Into::into).boxed_unsync())),
            current: None,
            size,
        })))
    }

    /// A body that can be read once. The request that carries it is never sent twice.
    pub fn once<B>(body: B) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self(Kind::Streamed(Box::new(Streamed {
            open: None,
            current: Some(Mutex::new(body.map_err(Into::into).boxed_unsync())),
            size: SizeHint::default(),
        })))
    }

    /// The same body again from its start, or `None` if it can be read once only.
    pub fn try_clone(&self) -> Option<Self> {
        match &self.0 {
            Kind::Full(bytes) => Some(Self(Kind::Full(bytes.clone()))),
            Kind::Streamed(body) => Some(Self(Kind::Streamed(Box::new(Streamed {
                open: Some(Arc::clone(body.open.as_ref()?)),
                current: None,
                size: body.size,
            })))),
        }
    }

    /// Whether the body can be sent again.
    pub fn is_replayable(&self) -> bool {
        !matches!(&self.0, Kind::Streamed(body) if body.open.is_none())
    }

    /// The bytes, where the body is held in memory and not read yet. To clone them costs a reference count.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        static EMPTY: Bytes = Bytes::new();
        match &self.0 {
            Kind::Full(bytes) => Some(bytes.as_ref().unwrap_or(&EMPTY)),
            Kind::Streamed(_) => None,
        }
    }
}

impl Default for RequestBody {
    fn default() -> Self {
        Self::empty()
    }
}

impl From<Bytes> for RequestBody {
    fn from(bytes: Bytes) -> Self {
        Self(Kind::Full((!bytes.is_empty()).then_some(bytes)))
    }
}

impl From<Vec<u8>> for RequestBody {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for RequestBody {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.0 {
            Kind::Full(_) => "full",
            Kind::Streamed(body) if body.open.is_some() => "reopened",
            Kind::Streamed(_) => "once",
        };
        // Contents may be secret.
        f.debug_struct("RequestBody")
            .field("kind", &kind)
            .field("size", &self.size_hint().exact())
            .finish()
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.get_mut().0 {
            Kind::Full(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Kind::Streamed(body) => {
                if let (None, Some(open)) = (&body.current, &body.open) {
                    body.current = Some(Mutex::new(open()));
                }
                let Some(current) = &mut body.current else {
                    return Poll::Ready(None);
                };
                let current = current.get_mut().unwrap_or_else(PoisonError::into_inner);
                Pin::new(current).poll_frame(cx)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Full(bytes) => bytes.is_none(),
            Kind::Streamed(body) => match body.current() {
                Some(current) => current.is_end_stream(),
                None => body.size.exact() == Some(0),
            },
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Full(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Kind::Streamed(body) => match body.current() {
                Some(current) => current.size_hint(),
                None => body.size,
            },
        }
    }
}
