//! Streams and lists as iterators.

use std::{future::poll_fn, iter::FusedIterator, pin::Pin};

use futures_core::Stream;

use super::driver::block_on;
use crate::Error;

/// A stream or a list as an iterator, made by [`Block::blocking`](super::Block::blocking).
///
/// It ends where the stream ends. What the stream tells of itself is told by [`get_ref`](Self::get_ref).
#[derive(Clone, Debug)]
#[must_use = "an iterator does nothing until it is read"]
pub struct BlockingIter<S> {
    stream: S,
    ended: bool,
}

impl<S> BlockingIter<S> {
    pub(super) const fn new(stream: S) -> Self {
        Self {
            stream,
            ended: false,
        }
    }

    /// The stream, as far as it was read.
    pub const fn get_ref(&self) -> &S {
        &self.stream
    }

    /// The stream, to be read or changed.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// The stream, to be read on in another way.
    pub fn into_inner(self) -> S {
        self.stream
    }
}

impl<S, T> Iterator for BlockingIter<S>
where
    S: Stream<Item = Result<T, Error>> + Unpin,
{
    type Item = S::Item;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let mut stream = Pin::new(&mut self.stream);
        let next = poll_fn(|cx| stream.as_mut().poll_next(cx));
        // An error of the stream is an item. One of the driver ends the iterator, as the next call would fail
        // alike: whoever skips errors would go round for ever.
        let item = block_on(async { Ok(next.await) });
        self.ended = !matches!(item, Ok(Some(_)));
        item.unwrap_or_else(|refused| Some(Err(refused)))
    }
}

impl<S, T> FusedIterator for BlockingIter<S> where S: Stream<Item = Result<T, Error>> + Unpin {}
