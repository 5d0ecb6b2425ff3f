//! An event in which the input ended.

use alloc::vec::Vec;
use core::mem;

use super::line::Field;

/// A buffer that held more than this is given back after its event.
const KEPT_CAPACITY: usize = 64 * 1024;

/// A value that was copied, or none.
#[derive(Default)]
pub(super) struct Value {
    bytes: Vec<u8>,
    there: bool,
}

impl Value {
    pub(super) fn get(&self) -> Option<&[u8]> {
        self.there.then_some(&self.bytes)
    }

    pub(super) fn is_there(&self) -> bool {
        self.there
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn take(&mut self) -> Vec<u8> {
        self.there = false;
        mem::take(&mut self.bytes)
    }

    pub(super) fn clear(&mut self) {
        if self.there {
            self.there = false;
            clear(&mut self.bytes);
        }
    }
}

/// Empties a buffer, and gives a large one back.
pub(super) fn clear(bytes: &mut Vec<u8>) {
    if bytes.capacity() > KEPT_CAPACITY {
        *bytes = Vec::new();
    } else {
        bytes.clear();
    }
}

/// The fields that were copied out of earlier input.
#[derive(Default)]
pub(super) struct PendingEvent {
    pub(super) id: Value,
    pub(super) name: Value,
    pub(super) data: Value,
    /// What came before the data, wherever it lies.
    pub(super) lead: Lead,
    /// How many bytes were copied, ever: what the tests count.
    #[cfg(test)]
    pub(super) copied: usize,
}

impl PendingEvent {
    /// Bytes of all values.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.id.len() + self.name.len() + self.data.len()
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        !(self.id.there || self.name.there || self.data.there)
    }

    pub(super) fn clear(&mut self) {
        self.id.clear();
        self.name.clear();
        self.data.clear();
    }

    pub(super) fn capacity(&self) -> usize {
        self.id.bytes.capacity() + self.name.bytes.capacity() + self.data.bytes.capacity()
    }

    /// Sets the id or the name, which an empty one takes away, or adds a data line.
    pub(super) fn put(&mut self, field: Field, value: &[u8]) {
        let kept = match field {
            Field::Id => &mut self.id,
            Field::Name => &mut self.name,
            Field::Data => {
                self.start_data_line();
                return self.extend_data(value);
            }
            Field::Other => return,
        };
        kept.bytes.clear();
        kept.there = field == Field::Id || !value.is_empty();
        kept.bytes.extend_from_slice(value);
        self.count(value);
    }

    /// The same for an id or a name that is in `line`, which is empty then.
    pub(super) fn put_line(&mut self, field: Field, line: &mut Vec<u8>) {
        let kept = match field {
            Field::Id if line.contains(&0) => return clear(line),
            Field::Id => &mut self.id,
            Field::Name => &mut self.name,
            Field::Data | Field::Other => return,
        };
        kept.there = field == Field::Id || !line.is_empty();
        mem::swap(&mut kept.bytes, line);
        clear(line);
    }

    /// Joins what follows to the data lines before it.
    pub(super) fn start_data_line(&mut self) {
        if self.data.there {
            self.data.bytes.push(b'\n');
        }
        self.data.there = true;
    }

    pub(super) fn extend_data(&mut self, piece: &[u8]) {
        self.data.bytes.extend_from_slice(piece);
        self.count(piece);
    }

    #[cfg(test)]
    pub(super) fn count(&mut self, copied: &[u8]) {
        self.copied += copied.len();
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "counts in tests")]
    pub(super) fn count(&mut self, _: &[u8]) {}
}

/// Which fields came before the data of an event.
#[derive(Clone, Copy, Default)]
pub(super) struct Lead {
    pub(super) id: bool,
    pub(super) name: bool,
}

impl Lead {
    /// Whether the line after the data begins another event, although the empty line between them is missing: an
    /// event that has its name has no other, and its id stands beside the name.
    #[inline]
    pub(super) fn is_ended_by(self, field: Field) -> bool {
        match field {
            Field::Id => self.id || self.name,
            Field::Name => self.name,
            Field::Data | Field::Other => false,
        }
    }
}
