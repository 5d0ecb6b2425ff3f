//! A timer that costs nothing until something has to be waited for.
//!
//! Once it waits, the clock itself is asked at each poll but the first. The runtime's timer alone does not fire for a task that is
//! never idle: such a task polls with its budget spent, and keeps the runtime from looking at its timers.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use crate::time::{Instant, Sleep, sleep_until};
use pin_project_lite::pin_project;

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
        if let Some(sleep) = sleep.as_mut().as_pin_mut() {
            return poll(sleep, cx, at);
        }
        sleep.set(Some(sleep_until(at)));
        sleep
            .as_pin_mut()
            .map_or(Poll::Pending, |sleep| sleep.poll(cx))
    }
}

/// The same for a wait that is rare: one word until then, because a future is moved about before its first poll.
#[derive(Debug, Default)]
pub(crate) struct RareTimer(Option<Pin<Box<Sleep>>>);

impl RareTimer {
    /// What it waits for, if it has begun to wait.
    pub(crate) fn until(&self) -> Option<Instant> {
        self.0.as_ref().map(|sleep| sleep.deadline())
    }

    /// Ready once `at` is reached. `at` may change between polls.
    pub(crate) fn poll_until(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(at)));
        poll(sleep.as_mut(), cx, at)
    }
}

fn poll(mut sleep: Pin<&mut Sleep>, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
    if Instant::now() >= at {
        return Poll::Ready(());
    }
    if sleep.deadline() != at {
        sleep.as_mut().reset(at);
    }
    sleep.poll(cx)
}
