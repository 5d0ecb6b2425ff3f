//! One HTTP/1.1 connection, driven by the task that uses it.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http_body::{Body, Frame};
use hyper::{
    body::Incoming,
    client::conn::http1::{Builder, Connection, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::runtime;

use super::{
    fail,
    io::Io,
    link::{Link, Owner},
    origin::Origin,
    stream::Stream,
};
use crate::{Request, RequestBody, TransportError};

/// Bytes of a response's head, and of its trailers.
const HEAD: usize = 128 * 1024;

/// A connection with both of its ends: what sends requests, and what moves bytes.
pub(super) struct Conn {
    sender: SendRequest<RequestBody>,
    /// `None` once it gave back a request that it could not take.
    connection: Option<Connection<TokioIo<Io>, RequestBody>>,
    owner: Owner,
    /// The runtime whose driver knows the socket.
    pub(super) runtime: runtime::Id,
    /// Not over TLS.
    plain: bool,
    /// It has brought a response, so the server's side of the TLS handshake is over.
    served: bool,
}

/// The next piece of a body.
type Next = Poll<Option<Result<Frame<Bytes>, hyper::Error>>>;

/// A request without a response.
pub(super) struct Failed {
    pub(super) error: TransportError,
    /// The request, if nothing of it was written.
    pub(super) unsent: Option<Request>,
}

impl Conn {
    /// Speaks HTTP/1.1 over `stream`.
    pub(super) async fn start(
        stream: Stream,
        runtime: runtime::Id,
    ) -> Result<Box<Self>, hyper::Error> {
        let link = Link::new();
        let plain = matches!(stream, Stream::Plain(_));
        let io = TokioIo::new(Io::new(stream, Arc::clone(&link)));
        let (sender, connection) = Builder::new()
            .max_header_size(HEAD)
            .max_buf_size(HEAD)
            .handshake::<_, RequestBody>(io)
            .await?;
        Ok(Box::new(Self {
            sender,
            connection: Some(connection),
            owner: Owner::new(link),
            runtime,
            plain,
            served: false,
        }))
    }

    /// Whether the last exchange is over on both sides and the next request may follow.
    pub(super) fn is_ready(&self) -> bool {
        self.sender.is_ready()
    }

    /// Lets the connection work. `Ready` once it is closed.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(connection) = &mut self.connection else {
            return Poll::Ready(());
        };
        let poll = |cx: &mut Context<'_>| Pin::new(connection).poll(cx);
        // An error of the connection reaches the request or the body that it hits.
        self.owner.drive(cx, poll).map(|_| ())
    }

    /// Lets the connection work for the body that it fills, and takes what is there: whether the connection is closed, and
    /// the next piece.
    ///
    /// Both within one turn: taking a piece wakes the connection, which is this task.
    pub(super) fn poll_body(&mut self, cx: &mut Context<'_>, body: &mut Incoming) -> (bool, Next) {
        let connection = &mut self.connection;
        let mut closed = true;
        let next = self.owner.drive(cx, |cx| {
            if let Some(connection) = connection {
                closed = Pin::new(connection).poll(cx).is_ready();
            }
            Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()))
        });
        (closed, next)
    }

    /// Ends the tie to the task that used it.
    pub(super) fn release(&mut self) {
        self.owner.release();
    }

    /// Whether a connection that was idle can be used: it is open, and nothing has arrived over it that
    /// would be taken for the response to the next request.
    ///
    /// Without TLS that shows at the next exchange: hyper reads before it writes, the socket itself is asked then, and
    /// what is found ends the connection with the request unsent. Over TLS what has arrived may be harmless and has to
    /// be waited for, so it is read before there is a request.
    pub(super) async fn is_open(&mut self) -> bool {
        if self.plain {
            self.owner.link.look();
            return self.is_ready();
        }
        poll_fn(|cx| {
            self.owner.link.look();
            let closed = self.poll(cx).is_ready();
            let waiting = self.owner.link.looked();
            if closed {
                Poll::Ready(false)
            } else if waiting {
                Poll::Pending
            } else {
                Poll::Ready(self.is_ready())
            }
        })
        .await
    }

    /// Sends a request and reads the head of its response.
    ///
    /// Dropping the future closes the connection.
    #[expect(
        clippy::manual_async_fn,
        reason = "an async fn would hold its arguments twice"
    )]
    pub(super) fn exchange(
        mut self: Box<Self>,
        mut request: Request,
        origin: &Origin,
    ) -> impl Future<Output = Result<(http::Response<Incoming>, Box<Self>), Failed>> + Send {
        async move {
            self.owner.link.begin();
            // The response needs the room of what hyper would drop.
            let mut extensions = std::mem::take(request.extensions_mut());
            let response = {
                // The connection is polled below: it need not be woken for the request.
                let send = || self.sender.try_send_request(request);
                let mut response = pin!(self.owner.link.quietly(send));
                poll_fn(|cx| {
                    let closed = self.poll(cx).is_ready();
                    loop {
                        let mut quiet = Context::from_waker(Waker::noop());
                        let response = response.as_mut().poll(&mut quiet);
                        // A connection that was over before it took the request gives it back when it is dropped.
                        if response.is_ready() || !closed || self.connection.take().is_none() {
                            return response;
                        }
                    }
                })
                .await
            };
            match response {
                Ok(mut response) => {
                    self.served = true;
                    extensions.clear();
                    extensions.extend(std::mem::take(response.extensions_mut()));
                    *response.extensions_mut() = extensions;
                    Ok((response, self))
                }
                Err(mut error) => {
                    let mut unsent = error.take_message();
                    if let Some(request) = &mut unsent {
                        *request.extensions_mut() = extensions;
                    }
                    let written = unsent.is_none() && self.owner.link.written();
                    let error = error.into_error();
                    let error = if error.is_user() {
                        fail::request_body(origin, error, written)
                    } else {
                        let head = match self.connection {
                            Some(connection) if error.is_parse() => {
                                connection.into_parts().read_buf
                            }
                            _ => Bytes::new(),
                        };
                        fail::exchange(origin, error, written, self.served, &head)
                    };
                    Err(Failed { error, unsent })
                }
            }
        }
    }
}
