//! What the tests share.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

/// What a future gives that waits for nothing.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}
