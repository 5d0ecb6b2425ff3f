//! What drives the calls: the runtime, and how a thread waits for a future.

use std::{
    io,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
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

/// The runtime of the process, as long as anything needs it.
static SHARED: Mutex<Weak<Driver>> = Mutex::new(Weak::new());

/// The runtime that all blocking calls of the process share, started with the first of them.
///
/// A thread of its own turns it: connections, timers and background tasks, such as that of an HTTP/2
/// connection or the exchange of a token, go on while no call is made and while a caller's closure blocks. The calls
/// themselves are polled by the threads that make them, so closures of the caller run where they were
/// written, borrow what they like, and see the thread's tracing span.
#[derive(Debug)]
pub(crate) struct Driver {
    handle: Handle,
    /// Dropped with the last that keeps the driver: the thread ends and takes the runtime with it. No one waits for
    /// that, so what keeps it may be dropped anywhere.
    _stop: oneshot::Sender<()>,
}

impl Driver {
    /// The driver of the blocking call within which this is called; none within another runtime.
    ///
    /// What has sockets or background tasks keeps it, so that they work until the next call.
    pub(crate) fn current() -> Option<Arc<Self>> {
        let here = Handle::try_current().ok()?.id();
        let driver = shared().upgrade()?;
        (driver.handle.id() == here).then_some(driver)
    }

    fn running() -> io::Result<Arc<Self>> {
        let mut shared = shared();
        if let Some(driver) = shared.upgrade() {
            return Ok(driver);
        }
        let driver = Arc::new(Self::start()?);
        *shared = Arc::downgrade(&driver);
        Ok(driver)
    }

    fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        thread::Builder::new()
            .name("coze-workflow".to_owned())
            .spawn(move || {
                // An error is what is waited for: the sender is gone.
                let _: Result<(), _> = runtime.block_on(stopped);
            })?;
        Ok(Self {
            handle,
            _stop: stop,
        })
    }
}

fn shared() -> MutexGuard<'static, Weak<Driver>> {
    SHARED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for `call` in this thread.
pub(super) fn block_on<T>(call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    if in_async_task() {
        return Err(Error::build(
            "a blocking call within an async task would hold up its runtime: await it there, or make the call within \
             tokio::task::spawn_blocking",
        ));
    }
    let driver = Driver::running().map_err(|error| {
        Error::build("the runtime of blocking calls cannot be started").with_source(error)
    })?;
    let _runtime = driver.handle.enter();
    wait_for(call)
}

/// Whether this thread is polling an async task of tokio, as opposed to one that belongs to a runtime and
/// may block: one of `spawn_blocking`, one that entered it, or one within a blocking call.
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
