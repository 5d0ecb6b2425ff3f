//! A timer that costs nothing until something has to be waited for.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep};

pin_project! {
    /// Registered with the runtime at its first poll, so what is ready at once needs no runtime.
    #[derive(Debug, Default)]
    pub(crate) struct Timer {
        #[pin]
        sleep: Option<Sleep>,
    }
}

impl Timer {
    /// Ready once `at` is reached. `at` may change between polls.
    pub(crate) fn poll_until(self: Pin<&mut Self>, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        let mut sleep = self.project().sleep;
        if sleep.is_none() {
            sleep.set(Some(tokio::time::sleep_until(at)));
        }
        match sleep.as_mut().as_pin_mut() {
            Some(mut sleep) => {
                if sleep.deadline() != at {
                    sleep.as_mut().reset(at);
                }
                sleep.poll(cx)
            }
            // Set two lines above.
            None => Poll::Pending,
        }
    }
}
