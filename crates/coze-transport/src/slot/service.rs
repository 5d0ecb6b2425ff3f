//! A layer of the user's in its slot.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::Body;
use pin_project_lite::pin_project;
use tower::Service;

use super::entry::{Entries, Entry};
use crate::{
    BodyLimits, BoxError, CallOptions, Outcome, Request, Response, ResponseBody, Stage,
    TransportError,
    body::{BufferAgain, BufferingAgain},
    service::Sending,
    time::Instant,
    timeout::{RareTimer, expired},
};

/// Around the service of a user's layer: ends its waits at the deadline, tells whether a failure can have reached the
/// server, and buffers again what the layer has wrapped. Always ready: the layer is readied within the call.
#[derive(Debug)]
pub(crate) struct Slot<S> {
    inner: Arc<S>,
    entries: Entries,
    place: Place,
    outermost: bool,
    limits: BodyLimits,
}

/// Where a slot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Around the call.
    Call,
    /// Around each attempt.
    Attempt,
    /// Right above the leaf, below the layer that buffers.
    Connection,
}

impl<S> Slot<S> {
    pub(crate) fn new(inner: S, entries: &Entries, place: Place, limits: BodyLimits) -> Self {
        Self {
            inner: Arc::new(inner),
            entries: entries.clone(),
            place,
            outermost: false,
            limits,
        }
    }

    /// No slot of the same stack is above it.
    #[must_use]
    pub(crate) fn outermost(mut self, outermost: bool) -> Self {
        self.outermost = outermost;
        self
    }
}

impl<S> Clone for Slot<S> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            entries: self.entries.clone(),
            place: self.place,
            outermost: self.outermost,
            limits: self.limits,
        }
    }
}

impl<S, B> Service<Request> for Slot<S>
where
    S: Service<Request, Response = http::Response<B>> + Clone,
    S::Error: Into<BoxError>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = BoxError;
    type Future = SlotFuture<S, S::Future>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let options = CallOptions::resolve(request.extensions());
        SlotFuture {
            entry: Entry::new(&mut request, &self.entries, self.outermost),
            state: State::Sending {
                sending: Sending::new(S::clone(&self.inner), request),
            },
            place: self.place,
            again: BufferAgain::new(&options, self.limits),
            timer: RareTimer::default(),
            expires: options.expires,
        }
    }
}

pin_project! {
    /// The future of [`Slot`].
    pub(crate) struct SlotFuture<S, F> {
        #[pin]
        state: State<S, F>,
        entry: Entry,
        place: Place,
        again: BufferAgain,
        timer: RareTimer,
        expires: Option<Instant>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, F> {
        Sending {
            #[pin]
            sending: Sending<S, F>,
        },
        Body {
            body: Box<BufferingAgain>,
        },
    }
}

impl<S, B> Future for SlotFuture<S, S::Future>
where
    S: Service<Request, Response = http::Response<B>>,
    S::Error: Into<BoxError>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Output = Result<Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let result = match this.state.as_mut().project() {
                StateProj::Sending { sending } => match sending.poll(cx) {
                    Poll::Ready(Ok(mut response)) => {
                        // A layer's own refusal, then, and the request stays unsent.
                        if !response.status().is_success()
                            && this.entry.withdraw() == Outcome::NotAccepted
                        {
                            response.extensions_mut().insert(Outcome::NotAccepted);
                        }
                        if *this.place == Place::Connection {
                            return Poll::Ready(Ok(ResponseBody::erase(response)));
                        }
                        match this.again.accept(response) {
                            Ok(response) => return Poll::Ready(Ok(response)),
                            Err(body) => this.state.set(State::Body { body }),
                        }
                        continue;
                    }
                    Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                    Poll::Pending => Poll::Pending,
                },
                StateProj::Body { body } => body
                    .poll(cx, *this.expires)
                    .map(|done| done.map_err(Into::into)),
            };
            let Poll::Ready(result) = result else {
                let Some(at) = *this.expires else {
                    return Poll::Pending;
                };
                ready!(this.timer.poll_until(cx, at));
                let error = match (this.entry.withdraw(), this.state.as_mut().project()) {
                    (Outcome::NotAccepted, _) => expired(Outcome::NotAccepted).at(Stage::Prepare),
                    (outcome, StateProj::Body { .. }) => expired(outcome).at(Stage::Body),
                    (outcome, _) => expired(outcome),
                };
                return Poll::Ready(Err(error.into()));
            };
            return Poll::Ready(result.map_err(|error| {
                let sent = this.entry.withdraw();
                let error = TransportError::of_layer(error, sent);
                match (error.outcome(), sent) {
                    (Outcome::Unknown, Outcome::NotAccepted) => {
                        error.with_outcome(Outcome::NotAccepted)
                    }
                    // Not of this request, then: the leaf took it and did not say so.
                    (Outcome::NotAccepted, Outcome::Unknown) if *this.place != Place::Call => {
                        error.with_outcome(Outcome::Unknown)
                    }
                    _ => error,
                }
                .into()
            }));
        }
    }
}
