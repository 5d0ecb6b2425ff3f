//! What drives the calls: the runtime, and how a thread waits for a future.

use std::{
    fmt,
    future::IntoFuture,
    io,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
};

use crate::Error;

/// More than the budget that tokio gives a task before it has to yield, which is 128.
const BUDGET: u32 = 256;

/// The runtime of a client, started with its first call and shared by all that came from the client.
///
/// A thread of its own turns it: connections, timers and background tasks, such as that of an HTTP/2
/// connection or the exchange of a token, go on while no call is made and while a caller's closure blocks. The calls
/// themselves are polled by the threads that make them, so closures of the caller run where they were
/// written, borrow what they like, and see the thread's tracing span.
#[derive(Clone, Default)]
pub(super) struct Driver(Arc<Mutex<Option<Started>>>);

struct Started {
    handle: Handle,
    /// Dropped with the last client, stream or run: the thread ends and takes the runtime with it. No one
    /// waits for that, so a client may be dropped anywhere.
    _stop: oneshot::Sender<()>,
}

impl Driver {
    /// Waits for `call` in this thread.
    pub(super) fn block_on<T, F>(&self, call: F) -> Result<T, Error>
    where
        F: IntoFuture<Output = Result<T, Error>>,
    {
        if in_async_task() {
            return Err(Error::build(
                "a blocking call within an async task would hold up its runtime: use coze_workflow::Client there, \
                 or make the call within tokio::task::spawn_blocking",
            ));
        }
        let handle = self.handle().map_err(|error| {
            Error::build("the runtime of the blocking client cannot be started").with_source(error)
        })?;
        let _runtime = handle.enter();
        wait_for(call.into_future())
    }

    fn handle(&self) -> io::Result<Handle> {
        let mut started = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(started) = &*started {
            return Ok(started.handle.clone());
        }
        let new = start()?;
        Ok(started.insert(new).handle.clone())
    }
}

fn start() -> io::Result<Started> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let (stop, stopped) = oneshot::channel();
    thread::Builder::new()
        .name("coze-workflow".to_owned())
        .spawn(move || {
            // An error is what is waited for: the sender is gone.
            let _: Result<(), _> = runtime.block_on(stopped);
        })?;
    Ok(Started {
        handle,
        _stop: stop,
    })
}

/// Whether this thread is polling an async task of tokio, as opposed to one that belongs to a runtime and
/// may block: one of `spawn_blocking`, one that entered it, or a caller of this client.
///
/// A task has a budget after which it has to yield; where blocking is allowed there is none. The budget that is used
/// up here is given back when the task yields next.
fn in_async_task() -> bool {
    if Handle::try_current().is_err() {
        return false;
    }
    let mut cx = Context::from_waker(Waker::noop());
    (0..BUDGET).any(|_| {
        pin!(tokio::task::consume_budget())
            .poll(&mut cx)
            .is_pending()
    })
}

/// Wakes the thread that waits.
struct Unpark {
    thread: Thread,
    woken: AtomicBool,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// Polls a future in this thread until it is ready. That of tokio would not do: it panics in a closure that
/// makes another call, and such closures are the caller's.
fn wait_for<F: Future>(future: F) -> F::Output {
    let unpark = Arc::new(Unpark {
        thread: thread::current(),
        woken: AtomicBool::new(false),
    });
    let waker = Waker::from(Arc::clone(&unpark));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        // Someone else may have unparked the thread, or a wait within this one used up its unparking.
        while !unpark.woken.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

/// Reads an asynchronous sequence item by item.
#[derive(Clone, Debug)]
pub(super) struct Puller {
    driver: Driver,
    /// An item was wanted where one must not block. It ends there: whoever skips errors would go round
    /// for ever.
    refused: bool,
}

impl Puller {
    pub(super) const fn new(driver: Driver) -> Self {
        Self {
            driver,
            refused: false,
        }
    }

    pub(super) const fn driver(&self) -> &Driver {
        &self.driver
    }

    pub(super) fn next<T>(
        &mut self,
        next: impl Future<Output = Result<Option<T>, Error>>,
    ) -> Option<Result<T, Error>> {
        if self.refused {
            return None;
        }
        // An error of the sequence itself is an item; any other comes from the driver.
        let item = self.driver.block_on(async { Ok(next.await.transpose()) });
        item.unwrap_or_else(|error| {
            self.refused = true;
            Some(Err(error))
        })
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").finish_non_exhaustive()
    }
}
