//! The locks and tasks that a renewal is made of. Its model check takes those of shuttle, which tries the orders in which
//! they may run; everything else is the same code.

#[cfg(not(feature = "shuttle"))]
pub(super) use std::sync::{Mutex, MutexGuard};
#[cfg(not(feature = "shuttle"))]
pub(super) use tokio::{runtime::Handle, task::AbortHandle};

#[cfg(feature = "shuttle")]
pub(super) use shuttle::{
    future::AbortHandle,
    sync::{Mutex, MutexGuard},
};

/// The one runtime of a model.
#[cfg(feature = "shuttle")]
#[derive(Clone, Copy, Debug)]
pub(super) struct Handle;

#[cfg(feature = "shuttle")]
impl Handle {
    pub(super) fn try_current() -> Result<Self, std::convert::Infallible> {
        Ok(Self)
    }

    pub(super) fn id(self) -> u8 {
        let Self = self;
        0
    }

    pub(super) fn spawn<F>(self, future: F) -> shuttle::future::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let Self = self;
        shuttle::future::spawn(future)
    }
}
