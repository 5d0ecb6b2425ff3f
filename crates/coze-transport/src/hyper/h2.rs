//! One request over HTTP/2.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Method, Uri, header::HOST};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::{
    fail,
    origin::Origin,
    outgoing::{FAILED, Outgoing, WAITING},
    pool::OriginPool,
    shared::Shared,
};
use crate::{BoxError, ErrorKind, Outcome, Request, TransportError};

/// A request without a response.
pub(super) struct Failed {
    pub(super) error: TransportError,
    /// The request, if nothing of it was sent.
    pub(super) unsent: Option<Request>,
}

impl Shared {
    pub(super) async fn exchange(
        mut self,
        mut request: Request,
        pool: &Arc<OriginPool>,
    ) -> Result<http::Response<H2Body>, Failed> {
        let origin_form = std::mem::take(request.uri_mut());
        *request.uri_mut() = absolute(&origin_form, &pool.origin);
        let host = request.headers_mut().remove(HOST);
        let head_only = request.method() == Method::HEAD;
        let progress = Arc::new(AtomicU8::new(WAITING));
        let request = request.map(|body| Outgoing::new(body, Arc::clone(&progress)));
        match self.sender.try_send_request(request).await {
            Ok(response) => Ok(response.map(|incoming| H2Body {
                left: incoming.size_hint().exact().filter(|_| !head_only),
                incoming,
                pool: Arc::clone(pool),
                ended: false,
                users: self.users,
            })),
            Err(mut error) => {
                let unsent = error.take_message().map(|request| {
                    let mut request = request.map(|outgoing| outgoing.body);
                    *request.uri_mut() = origin_form;
                    if let Some(host) = host {
                        request.headers_mut().insert(HOST, host);
                    }
                    request
                });
                let error = error.into_error();
                let progress = progress.load(Ordering::Relaxed);
                if progress != FAILED && !is_of_one_stream(&error) {
                    // It does not know itself yet that it is over: that takes a turn of its own task.
                    pool.discard(&self.users);
                }
                // The connection was lost while the request waited for a stream. hyper lets go of it without a word, and
                // calls that an error of the user.
                let waited = error.is_user() && progress == WAITING;
                let written = unsent.is_none() && !waited && !is_untouched(&error);
                let error = if progress == FAILED {
                    fail::request_body(&pool.origin, error, written)
                } else {
                    fail::exchange_h2(&pool.origin, error, written)
                };
                Err(Failed { error, unsent })
            }
        }
    }
}

/// Whether the server says that it did nothing for the request: RST_STREAM with REFUSED_STREAM, or GOAWAY with a last
/// stream below ours.
fn is_untouched(error: &hyper::Error) -> bool {
    let Some(h2) = fail::h2_error(error) else {
        return false;
    };
    let refused = h2.is_reset() && h2.reason() == Some(::h2::Reason::REFUSED_STREAM);
    // Streams that the server did take fail with the end of the connection instead.
    h2.is_remote() && (refused || h2.is_go_away())
}

/// Whether the connection is good for other streams.
fn is_of_one_stream(error: &hyper::Error) -> bool {
    fail::h2_error(error).is_some_and(::h2::Error::is_reset)
}

/// HTTP/2 names scheme and host in the request's own fields.
fn absolute(origin_form: &Uri, origin: &Origin) -> Uri {
    let mut parts = origin.uri().clone().into_parts();
    if let Some(path) = origin_form.path_and_query() {
        parts.path_and_query = Some(path.clone());
    }
    // All three parts come from URIs that were parsed.
    Uri::from_parts(parts).unwrap_or_default()
}

/// A body over HTTP/2, with its length checked.
pub(super) struct H2Body {
    incoming: Incoming,
    /// Bytes that `content-length` still promises.
    left: Option<u64>,
    pool: Arc<OriginPool>,
    ended: bool,
    users: Arc<()>,
}

impl H2Body {
    fn fail(&mut self, error: TransportError) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.ended = true;
        Poll::Ready(Some(Err(error.into())))
    }
}

impl Body for H2Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if this.ended {
            return Poll::Ready(None);
        }
        match ready!(Pin::new(&mut this.incoming).poll_frame(cx)) {
            Some(Ok(frame)) => {
                if let (Some(left), Some(data)) = (&mut this.left, frame.data_ref()) {
                    *left = left.saturating_sub(data.len() as u64);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => {
                if !is_of_one_stream(&error) {
                    this.pool.discard(&this.users);
                }
                let error = fail::body(&this.pool.origin, error);
                this.fail(error)
            }
            // hyper takes some resets for an end.
            None => match this.left {
                Some(left) if left > 0 => {
                    let error = TransportError::new(
                        ErrorKind::Closed,
                        Outcome::Unknown,
                        format!(
                            "the body of {}'s response ended {left} bytes before its announced length",
                            this.pool.origin.name()
                        ),
                    );
                    this.fail(error)
                }
                _ => {
                    this.ended = true;
                    Poll::Ready(None)
                }
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        // An end that comes too early is still to be reported.
        self.ended || (self.left.unwrap_or(0) == 0 && self.incoming.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl fmt::Debug for H2Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("H2Body")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}
