//! How much of a stream is put together in memory.

use super::{EventStream, kind::StreamKind};
use crate::{Error, ErrorKind};

/// The most that is collected, in bytes; as much as the body of a response may have.
pub(super) const LIMIT: usize = 32 * 1024 * 1024;

/// What a part is counted as beside its text, in bytes: many small ones take time as well.
pub(super) const PART: usize = 1024;

/// Refuses to collect `size` bytes of `stream`.
pub(super) fn check<K: StreamKind>(size: usize, stream: &EventStream<K>) -> Result<(), Error> {
    if size <= LIMIT {
        return Ok(());
    }
    let message =
        "the stream says more than the 32 MiB that are collected: read its events one by one";
    Err(Error::new(ErrorKind::Decode, message).with_context(stream.context().clone().accepted()))
}
