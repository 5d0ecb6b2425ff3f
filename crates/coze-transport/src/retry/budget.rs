//! A budget of retries that all calls of a stack share.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

/// A bucket of tokens that retries are paid from. Clones share it.
///
/// While a server works, the bucket stays full and every call may retry. When everything fails, the bucket
/// runs dry, and what reaches the server is first tries only: retries never multiply an outage.
#[derive(Clone, Debug)]
pub struct RetryBudget(Arc<Bucket>);

#[derive(Debug)]
struct Bucket {
    left: AtomicU32,
    capacity: u32,
}

impl RetryBudget {
    /// Tokens in a full bucket.
    pub const CAPACITY: u32 = 500;
    /// What a retry after a failure costs.
    pub const FAILURE_COST: u32 = 14;
    /// What a retry after the server asked to slow down costs.
    pub const THROTTLED_COST: u32 = 5;

    /// A full bucket of `capacity` tokens.
    pub fn new(capacity: u32) -> Self {
        Self(Arc::new(Bucket {
            left: AtomicU32::new(capacity),
            capacity,
        }))
    }

    /// Tokens left.
    pub fn left(&self) -> u32 {
        self.0.left.load(Ordering::Relaxed)
    }

    /// Takes `cost` tokens, or none if there are fewer.
    pub(super) fn take(&self, cost: u32) -> bool {
        let left = &self.0.left;
        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            left.checked_sub(cost)
        })
        .is_ok()
    }

    pub(super) fn give(&self, tokens: u32) {
        let bucket = &*self.0;
        // Nearly always full: a load, no write that other threads would wait for.
        if tokens == 0 || bucket.left.load(Ordering::Relaxed) >= bucket.capacity {
            return;
        }
        let _ = bucket
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                Some(left.saturating_add(tokens).min(bucket.capacity))
            });
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self::new(Self::CAPACITY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_dry_and_never_overflows() {
        let budget = RetryBudget::new(20);
        assert!(budget.clone().take(14));
        assert!(!budget.take(14));
        assert_eq!(budget.left(), 6);
        budget.give(100);
        assert_eq!(budget.left(), 20);
    }
}
