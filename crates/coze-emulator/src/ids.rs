//! Ids that look like the service's: decimal 64-bit numbers and log ids.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::compact_utc;

/// The workspace that all workflows belong to.
pub(crate) const SPACE_ID: &str = "7300000000000000001";
/// The user that every token stands for.
pub(crate) const USER_ID: &str = "7300000000000000002";

/// The agent of a run that was started in the name of none.
pub(crate) const NO_BOT: &str = "0";

/// The channel that a run belongs to unless the caller names another.
pub(crate) const API_CHANNEL: &str = "1024";

/// Where the numbers of this emulator begin; all are 19 digits and below 2^63.
const FIRST: u64 = 7_500_000_000_000_000_000;

/// A source of ids; the same seed gives the same ids in the same order.
#[derive(Debug)]
pub(crate) struct Ids {
    seed: u64,
    next: AtomicU64,
}

impl Ids {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self {
            seed: seed.unwrap_or_else(|| fastrand::u64(..)),
            next: AtomicU64::new(1),
        }
    }

    /// Goes on where others stopped, see [`position`](Self::position).
    pub(crate) fn at((seed, next): (u64, u64)) -> Self {
        Self {
            seed,
            next: AtomicU64::new(next),
        }
    }

    /// The seed, and the number of the next id.
    pub(crate) fn position(&self) -> (u64, u64) {
        (self.seed, self.next.load(Ordering::Relaxed))
    }

    fn draw(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// A decimal id, larger than all before it.
    pub(crate) fn number(&self) -> String {
        // The seed moves the range by up to 10^15 so that two emulators rarely share ids.
        let offset = self.seed % 1_000_000_000 * 1_000_000;
        (FIRST + offset + self.draw() * 4_099).to_string()
    }

    /// An id in the form of a UUID, which as a text is larger than all before it. Its last 12 digits are zero.
    pub(crate) fn ordered_uuid(&self) -> String {
        let number: u64 = self.number().parse().unwrap_or_default();
        format!(
            "{:08x}-{:04x}-4{:03x}-8{:03x}-000000000000",
            number >> 32,
            (number >> 16) & 0xffff,
            (number >> 4) & 0xfff,
            number & 0xf,
        )
    }

    /// The id of one execution of a node.
    pub(crate) fn uuid(&self) -> String {
        let high = mix(self.seed ^ self.draw());
        let low = mix(high);
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | (low >> 50),
            low & 0xffff_ffff_ffff
        )
    }

    /// A text that cannot be guessed from others, 64 characters.
    pub(crate) fn secret(&self) -> String {
        let [a, b, c, d] = std::array::from_fn(|_| mix(self.seed ^ self.draw()));
        format!("{a:016x}{b:016x}{c:016x}{d:016x}")
    }

    /// Eight mixed bytes.
    pub(crate) fn bytes(&self) -> [u8; 8] {
        mix(self.seed ^ self.draw()).to_le_bytes()
    }

    /// A log id: UTC time and 20 hexadecimal digits.
    pub(crate) fn log_id(&self, unix_seconds: i64) -> String {
        let mixed = mix(self.seed ^ self.draw());
        let time = compact_utc(unix_seconds);
        format!("{time}{:016X}{:04X}", mixed, mix(mixed) & 0xffff)
    }
}

/// The finalizer of SplitMix64: spreads neighbouring numbers over all bits.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_ids() {
        let (one, two) = (Ids::new(Some(7)), Ids::new(Some(7)));
        assert_eq!(one.number(), two.number());
        assert_eq!(one.log_id(0), two.log_id(0));
        assert_ne!(one.number(), Ids::new(Some(8)).number());
    }

    #[test]
    fn numbers_grow_and_fit_in_63_bits() {
        let ids = Ids::new(Some(u64::MAX));
        let (first, second): (i64, i64) =
            (ids.number().parse().unwrap(), ids.number().parse().unwrap());
        assert!(first < second);
        assert_eq!(first.to_string().len(), 19);
    }
}
