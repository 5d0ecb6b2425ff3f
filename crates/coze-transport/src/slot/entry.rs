//! Whether a request reached the leaf.
//!
//! A layer may fail, or be given up on, before it has sent anything, and only the leaf knows of that. So each slot sends a
//! note along, which is marked right above the leaf. Whoever finds it unmarked withdraws it, and a request that comes down
//! late (from a queue, from a task of the layer's own) is not sent any more.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tower::{Layer, Service};

use crate::{BoxError, ErrorKind, Outcome, Request, TransportError};

/// The note was withdrawn. Any other number counts the requests that the leaf took and did not refuse.
const WITHDRAWN: usize = usize::MAX;

/// How many requests reached the leaf of a stack without a note: a layer made them anew, without the extensions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entries(Arc<AtomicUsize>);

/// A request extension: the note of one slot for one call or attempt.
#[derive(Clone)]
pub(super) struct Entry(Arc<Note>);

struct Note {
    sent: AtomicUsize,
    /// The note of the slot above.
    outer: Option<Entry>,
    /// There is a slot above, and its note did not come down.
    orphan: bool,
    entries: Entries,
    unnoted: usize,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Entry").field(&self.0.sent).finish()
    }
}

impl Entry {
    /// Sends a note along with `request`. The outermost slot of a stack has none above it.
    pub(super) fn new(request: &mut Request, entries: &Entries, outermost: bool) -> Self {
        let outer = request.extensions().get::<Self>().cloned();
        let entry = Self(Arc::new(Note {
            sent: AtomicUsize::new(0),
            orphan: outer.is_none() && !outermost,
            outer,
            entries: entries.clone(),
            unnoted: entries.0.load(SeqCst),
        }));
        request.extensions_mut().insert(entry.clone());
        entry
    }

    /// This note and those of the slots above.
    fn all(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |entry| entry.0.outer.as_ref())
    }

    /// Notes that the request is about to be sent; false if a note was withdrawn.
    fn enter(&self) -> bool {
        let more = |sent| (sent != WITHDRAWN).then(|| sent + 1);
        let mut in_time = true;
        // In all of them, also after one refused: a note that counts too much is no danger.
        for entry in self.all() {
            if entry.0.orphan {
                entry.0.entries.0.fetch_add(1, SeqCst);
            }
            in_time &= entry.0.sent.fetch_update(SeqCst, SeqCst, more).is_ok();
        }
        in_time
    }

    /// Notes that the leaf certainly did not send it after all.
    fn refuse(&self) {
        let fewer = |sent| (sent != WITHDRAWN).then(|| sent - 1);
        for entry in self.all() {
            let _ = entry.0.sent.fetch_update(SeqCst, SeqCst, fewer);
        }
    }

    /// Withdraws the note. Not accepted if nothing was sent, and now never will be.
    pub(super) fn withdraw(&self) -> Outcome {
        let sent = &self.0.sent;
        let withdrawn = match sent.compare_exchange(0, WITHDRAWN, SeqCst, SeqCst) {
            Ok(_) => true,
            Err(sent) => sent == WITHDRAWN,
        };
        if withdrawn && self.0.entries.0.load(SeqCst) == self.0.unnoted {
            Outcome::NotAccepted
        } else {
            Outcome::Unknown
        }
    }
}

/// Marks the notes of the slots. Stands right above the leaf.
#[derive(Clone, Debug)]
pub(crate) struct EntryLayer(Entries);

impl EntryLayer {
    pub(crate) fn new(entries: &Entries) -> Self {
        Self(entries.clone())
    }
}

impl<S> Layer<S> for EntryLayer {
    type Service = EntryService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        EntryService {
            inner,
            entries: self.0.clone(),
        }
    }
}

/// The service of [`EntryLayer`].
#[derive(Clone, Debug)]
pub(crate) struct EntryService<S> {
    inner: S,
    entries: Entries,
}

impl<S, B> Service<Request> for EntryService<S>
where
    S: Service<Request, Response = http::Response<B>>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = EntryFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let entry = request.extensions().get::<Entry>().cloned();
        if entry.is_none() {
            self.entries.0.fetch_add(1, SeqCst);
        }
        let in_time = entry.as_ref().is_none_or(Entry::enter);
        EntryFuture {
            future: in_time.then(|| self.inner.call(request)),
            entry,
        }
    }
}

pin_project! {
    /// The future of [`EntryService`].
    #[derive(Debug)]
    pub(crate) struct EntryFuture<F> {
        // None for a request that comes too late.
        #[pin]
        future: Option<F>,
        entry: Option<Entry>,
    }
}

impl<F, T, E> Future for EntryFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    type Output = Result<T, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(future) = this.future.as_pin_mut() else {
            let error = TransportError::new(
                ErrorKind::Request,
                Outcome::NotAccepted,
                "the call ended before its request could be sent",
            );
            return Poll::Ready(Err(error.permanent().into()));
        };
        let result = ready!(future.poll(cx)).map_err(Into::into);
        if let Err(error) = &result
            && let Some(error) = error.downcast_ref::<TransportError>()
            && error.outcome() == Outcome::NotAccepted
            && let Some(entry) = this.entry
        {
            entry.refuse();
        }
        Poll::Ready(result)
    }
}
