//! What is set on a stream from above the layers that wrap its body.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::time::Instant;

/// The limits of a streamed body. A response extension: a layer that wraps the body hides it, and leaves the extensions.
#[derive(Clone, Debug)]
pub(super) struct StreamLimits(Arc<Limits>);

#[derive(Debug)]
struct Limits {
    idle: Mutex<Option<Duration>>,
    expires: Option<Instant>,
}

impl StreamLimits {
    pub(super) fn new(idle: Option<Duration>, expires: Option<Instant>) -> Self {
        Self(Arc::new(Limits {
            idle: Mutex::new(idle),
            expires,
        }))
    }

    fn slot(&self) -> MutexGuard<'_, Option<Duration>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The longest silence.
    pub(super) fn idle(&self) -> Option<Duration> {
        *self.slot()
    }

    pub(super) fn set_idle(&self, idle: Option<Duration>) {
        *self.slot() = idle;
    }

    /// The end of the call.
    pub(super) fn expires(&self) -> Option<Instant> {
        self.0.expires
    }
}

/// A response extension: the buffered body is only the beginning of what the server sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Truncated;
