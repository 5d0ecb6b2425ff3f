//! The functions to try.

pub mod classify;
pub mod events;
pub mod replies;
pub mod runs;
pub mod sse;
pub mod stream;
pub mod webhook;

/// The first bytes as choices, and the rest.
fn choices<const N: usize>(input: &[u8]) -> Option<([u8; N], &[u8])> {
    let (choices, rest) = input.split_first_chunk()?;
    Some((*choices, rest))
}
