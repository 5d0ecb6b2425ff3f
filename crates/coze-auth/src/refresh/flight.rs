//! A fetch under way, in a task of its own.

use std::{future::Future, time::Duration};

use coze_transport::time::timeout;
use tokio::sync::watch;

use super::runtime::{AbortHandle, Handle};

/// How long a runtime may leave a new task alone before it counts as one that nobody drives.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ends with the task of a fetch, whatever the end is: its sender is dropped.
pub(super) type Ended = watch::Receiver<()>;

/// A fetch that callers wait for. It goes on without them.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    ended: Ended,
    runtime: Handle,
    task: AbortHandle,
}

impl Flight {
    pub(super) fn start<F, Fut>(runtime: Handle, fetch: F) -> Self
    where
        F: FnOnce(Ended) -> Fut,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let (end, ended) = watch::channel(());
        let fetch = fetch(ended.clone());
        let task = runtime.spawn(async move {
            // Dropped after what the fetch holds, so that who waits finds its result.
            let _end = end;
            fetch.await;
        });
        Self {
            ended,
            task: task.abort_handle(),
            runtime,
        }
    }

    pub(super) const fn ended(&self) -> &Ended {
        &self.ended
    }

    /// Waits for its end. False if it makes no progress, because its runtime is not driven any more.
    pub(super) async fn ends(&mut self) -> bool {
        let own = Handle::try_current().map(|own| own.id());
        if own.is_ok_and(|own| own != self.runtime.id()) {
            loop {
                // A runtime that is driven runs a task that has nothing to do, and one that is shut down drops it.
                let probe = self.runtime.spawn(async {});
                if timeout(PATIENCE, probe).await.is_err() {
                    return false;
                }
                if timeout(PATIENCE, self.ended.changed()).await.is_ok() {
                    return true;
                }
            }
        }
        // The runtime of the fetch is the one that polls this, or there is no clock to give it up by.
        let _ = self.ended.changed().await;
        true
    }

    /// Sees to it that it does not go on should its runtime be driven again.
    pub(super) fn abort(&self) {
        self.task.abort();
    }
}
