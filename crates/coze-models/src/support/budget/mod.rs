//! What decoded JSON may cost in memory.
//!
//! An element of a list may be a thousand bytes in memory and three in JSON. While JSON is decoded, a
//! [`Budget`] counts what its lists, maps, structs and texts come to, whatever type is decoded.

mod counted;

use core::cell::Cell;
use serde::{Deserialize, Deserializer, de::Error};

use super::{Reader, read_quickly};
use counted::Counted;

/// What the values of one JSON text may cost: eight times its length and 1 MiB, in bytes.
///
/// The cost is estimated, and never too low: room that lists and maps have in reserve counts, and so
/// does what the allocator adds to short texts.
#[derive(Debug)]
pub struct Budget {
    left: Cell<usize>,
    /// The key that was read last says that a number follows.
    number: Cell<bool>,
}

/// What a byte of JSON may cost, in bytes.
const RATIO: usize = 8;

/// What any JSON may cost, in bytes.
const FREE: usize = 1024 * 1024;

/// Shorter texts are not counted, because they cost no more than [`FREE`].
const SHORT: usize = 2048;

/// What an allocator adds to a block, in bytes.
const BLOCK: usize = 16;

impl Budget {
    /// What may be spent on the values of a JSON text of `length` bytes.
    pub const fn new(length: usize) -> Self {
        Self {
            left: Cell::new(length.saturating_mul(RATIO).saturating_add(FREE)),
            number: Cell::new(false),
        }
    }

    /// The same; `None` for a text that is too short to be worth counting.
    pub fn of(length: usize) -> Option<Self> {
        (length > SHORT).then(|| Self::new(length))
    }

    /// Decodes a JSON text within its budget.
    ///
    /// # Errors
    ///
    /// Those of [`serde_json::from_str`], and one for values that cost more.
    pub fn read<'de, T: Deserialize<'de>>(text: &'de str) -> serde_json::Result<T> {
        match Self::read_quickly(text) {
            Some(value) => Ok(value),
            None => Self::parse(text),
        }
    }

    /// The same without the parser; `None` where that has to read it.
    pub(super) fn read_quickly<'de, T: Deserialize<'de>>(text: &'de str) -> Option<T> {
        let Some(budget) = Self::of(text.len()) else {
            return read_quickly(text);
        };
        let mut reader = Reader::new(text);
        let value = T::deserialize(budget.over(&mut reader)).ok()?;
        reader.is_at_end().then_some(value)
    }

    /// The same by the parser.
    pub(super) fn parse<'de, T: Deserialize<'de>>(text: &'de str) -> serde_json::Result<T> {
        let Some(budget) = Self::of(text.len()) else {
            return serde_json::from_str(text);
        };
        let mut json = serde_json::Deserializer::from_str(text);
        let value = T::deserialize(budget.over(&mut json))?;
        json.end()?;
        Ok(value)
    }

    /// Decodes from `inner` and counts.
    pub fn over<'de, D: Deserializer<'de>>(
        &self,
        inner: D,
    ) -> impl Deserializer<'de, Error = D::Error> {
        Counted::new(inner, self)
    }

    /// Counts a block of memory.
    fn block<E: Error>(&self, size: usize) -> Result<(), E> {
        if size == 0 {
            return Ok(());
        }
        self.spend(size.max(BLOCK) + BLOCK)
    }

    fn spend<E: Error>(&self, bytes: usize) -> Result<(), E> {
        let left = self.left.get().checked_sub(bytes);
        self.left.set(left.ok_or_else(|| {
            E::custom("it is made of too many small values: they would take more than 8 times its size in memory")
        })?);
        Ok(())
    }
}
