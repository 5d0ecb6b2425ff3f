//! What the owner of a connection and its socket tell each other.
//!
//! hyper owns the socket while the connection lives, so the few facts that the owner needs of it
//! (was anything written, is it still open) and the waker of the task that waits go through a
//! [`Link`].

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

/// Bytes that one poll of a connection may read. hyper reads on for as long as a server sends
/// informational responses and each of them is complete; a timeout must get its turn.
const TURN: usize = 1024 * 1024;

/// Between the owner of a connection and its socket.
pub(super) struct Link {
    state: Mutex<State>,
    /// Bytes that may still be read in this poll. Only the task that polls reads and writes it.
    pub(super) turn: AtomicUsize,
    /// The owner is polling the connection right now.
    inside: AtomicBool,
    /// A wake-up came meanwhile.
    woken: AtomicBool,
}

pub(super) struct State {
    /// The task that waits for the socket.
    pub(super) waker: Waker,
    /// Request bytes went to the socket since [`Link::begin`].
    pub(super) written: bool,
    /// The peer takes no more bytes; what it sent before is still to be read.
    pub(super) broken: bool,
    pub(super) probe: Probe,
}

/// The owner's end of a link.
pub(super) struct Owner {
    pub(super) link: Arc<Link>,
    /// The waker that hyper's parts wake each other with, made of `link`.
    own: Waker,
    /// The task that the socket wakes, as in the link's state, which is locked for another one only.
    task: Waker,
}

/// The check of an idle connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Probe {
    Off,
    /// Look at the socket itself, since tokio may not have heard of its end yet.
    Look,
    /// Bytes are there and tokio has not heard of them: wait.
    Waiting,
}

impl Link {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                waker: Waker::noop().clone(),
                written: false,
                broken: false,
                probe: Probe::Off,
            }),
            turn: AtomicUsize::new(TURN),
            inside: AtomicBool::new(false),
            woken: AtomicBool::new(false),
        })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request is about to be written.
    pub(super) fn begin(&self) {
        self.state().written = false;
    }

    /// Whether any byte of the request was handed to the socket.
    pub(super) fn written(&self) -> bool {
        self.state().written
    }

    /// Runs what may wake the connection, which is polled right after it or when it is needed next.
    pub(super) fn quietly<T>(&self, run: impl FnOnce() -> T) -> T {
        self.inside.store(true, Ordering::Relaxed);
        let result = run();
        self.inside.store(false, Ordering::Relaxed);
        result
    }

    /// Asks for the next read to look at the socket itself.
    pub(super) fn look(&self) {
        self.state().probe = Probe::Look;
    }

    /// Ends the look; true if bytes are on their way that must be read first.
    pub(super) fn looked(&self) -> bool {
        std::mem::replace(&mut self.state().probe, Probe::Off) == Probe::Waiting
    }
}

impl Owner {
    pub(super) fn new(link: Arc<Link>) -> Self {
        Self {
            own: Waker::from(Arc::clone(&link)),
            task: Waker::noop().clone(),
            link,
        }
    }

    /// Runs `poll` with the socket waking `cx`.
    ///
    /// hyper wakes the task that reads a body when the connection has parsed a piece of it, and the
    /// other way round. Here both are this task, which is running; passing those wake-ups on would
    /// poll it once more for nothing. `poll` gets a waker that swallows them, while the socket uses
    /// the real one. A wake-up that `poll` needs (hyper yields after some rounds) is passed on.
    pub(super) fn drive<T>(
        &mut self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let link = &*self.link;
        if !self.task.will_wake(cx.waker()) {
            self.task.clone_from(cx.waker());
            link.state().waker.clone_from(cx.waker());
        }
        link.turn.store(TURN, Ordering::Relaxed);
        link.woken.store(false, Ordering::Relaxed);
        let result = link.quietly(|| poll(&mut Context::from_waker(&self.own)));
        if result.is_pending() && link.woken.load(Ordering::Relaxed) {
            cx.waker().wake_by_ref();
        }
        result
    }

    /// The task that used the connection is done with it, and is not woken for it any more.
    pub(super) fn release(&mut self) {
        self.task.clone_from(Waker::noop());
        self.link.state().waker.clone_from(Waker::noop());
    }
}

impl Wake for Link {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.inside.load(Ordering::Relaxed) {
            self.woken.store(true, Ordering::Relaxed);
        } else {
            let waker = self.state().waker.clone();
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_wake_up_of_the_running_task_is_kept_to_itself_unless_it_has_to_run_again() {
        let count = Arc::new(Count(AtomicUsize::new(0)));
        let task = Waker::from(Arc::clone(&count));
        let wakes = || count.0.load(Ordering::Relaxed);
        let mut owner = Owner::new(Link::new());
        let own = Waker::from(Arc::clone(&owner.link));
        let mut cx = Context::from_waker(&task);

        let ready = owner.drive(&mut cx, |cx| {
            cx.waker().wake_by_ref();
            Poll::Ready(())
        });
        assert!(ready.is_ready());
        assert_eq!(wakes(), 0, "it runs already");

        let pending: Poll<()> = owner.drive(&mut cx, |cx| {
            cx.waker().wake_by_ref();
            Poll::Pending
        });
        assert!(pending.is_pending());
        assert_eq!(wakes(), 1, "it asked to be polled again");

        own.wake_by_ref();
        assert_eq!(wakes(), 2, "a later wake-up goes to the task");
    }
}
