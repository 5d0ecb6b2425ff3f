//! How a call reaches the connection that it came on.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU8, Ordering},
    },
    task::Waker,
};

use tokio::sync::Notify;

const OPEN: u8 = 0;
const CLOSE: u8 = 1;
const RESET: u8 = 2;

/// Ends a connection from the outside of the server that drives it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Control(Arc<State>);

#[derive(Debug, Default)]
struct State {
    wish: AtomicU8,
    reader: Mutex<Option<Waker>>,
    leave: Notify,
    calls: Mutex<Calls>,
}

/// The calls of an HTTP/2 connection, by their numbers.
#[derive(Debug, Default)]
struct Calls {
    /// The last one that began its work.
    begun: u32,
    /// The last one that the client was told of, once it was told that there are no more.
    last: Option<u32>,
    /// Whether the client is still to be told.
    told: bool,
}

impl Control {
    /// Closes the connection as a process that ends would.
    pub(crate) fn close(&self) {
        self.wish(CLOSE);
    }

    /// Closes the connection with a TCP reset.
    pub(crate) fn reset(&self) {
        self.wish(RESET);
    }

    /// Lets the connection end in order: calls that came in get their responses, and no more come.
    pub(crate) fn leave(&self) {
        self.0.leave.notify_one();
    }

    /// Waits for [`leave`](Self::leave).
    pub(super) async fn left(&self) {
        self.0.leave.notified().await;
    }

    fn wish(&self, wish: u8) {
        self.0.wish.fetch_max(wish, Ordering::SeqCst);
        self.wake();
    }

    fn wake(&self) {
        let reader = lock(&self.0.reader).take();
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// Whether the connection is to end at once.
    pub(super) fn is_over(&self) -> bool {
        self.0.wish.load(Ordering::SeqCst) != OPEN
    }

    pub(super) fn is_reset(&self) -> bool {
        self.0.wish.load(Ordering::SeqCst) == RESET
    }

    pub(super) fn watch(&self, waker: &Waker) {
        *lock(&self.0.reader) = Some(waker.clone());
    }

    /// The last stream of a GOAWAY frame that is due; each is due once.
    pub(super) fn goaway(&self) -> Option<u32> {
        let mut calls = lock(&self.0.calls);
        let last = calls.last?;
        let due = !std::mem::replace(&mut calls.told, true);
        // Clients number their streams 1, 3, 5 and so on. For one that leaves numbers out this is too low, which may call an
        // earlier stream refused, but never a refused one accepted.
        due.then(|| (2 * last).saturating_sub(1))
    }
}

/// One call on a connection; what a handler knows of where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(super) control: Control,
    /// From 1 on each connection.
    pub(super) number: u32,
    pub(super) is_http2: bool,
}

/// How a call is refused so that the client knows that nothing was started.
pub(crate) enum Refusal {
    /// HTTP/1 has no word for it.
    Unknown,
    /// GOAWAY tells; there is no response.
    Excluded,
    /// A later call has begun, so that GOAWAY cannot exclude this one: its stream is reset with REFUSED_STREAM.
    Reset,
}

/// Marks a response in whose place the stream is reset with REFUSED_STREAM.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused;

impl Call {
    pub(crate) fn control(&self) -> &Control {
        &self.control
    }

    pub(crate) fn is_http2(&self) -> bool {
        self.is_http2
    }

    /// Begins the work of a call; false when the client was told that it would not be.
    pub(crate) fn begin(&self) -> bool {
        let mut calls = lock(&self.control.0.calls);
        if calls.last.is_some_and(|last| self.number > last) {
            return false;
        }
        calls.begun = calls.begun.max(self.number);
        true
    }

    /// Ends the connection with this call left out of it.
    pub(crate) fn refuse(&self) -> Refusal {
        if !self.is_http2 {
            return Refusal::Unknown;
        }
        let excluded = {
            let mut calls = lock(&self.control.0.calls);
            let most = calls.begun.max(self.number - 1);
            let last = *calls.last.get_or_insert(most);
            self.number > last
        };
        self.control.wake();
        if excluded {
            Refusal::Excluded
        } else {
            Refusal::Reset
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Plain data: a panic elsewhere cannot leave it half-written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
