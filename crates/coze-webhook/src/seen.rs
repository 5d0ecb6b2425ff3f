//! Keys that were seen before.

use std::{
    collections::{HashSet, VecDeque},
    hash::Hash,
    time::{Duration, SystemTime},
};

/// The keys that were seen lately, bounded in age and in number.
///
/// The oldest goes when there are too many. The clock is the caller's; where it goes back, keys stay longer.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// let mut seen = coze_webhook::Seen::new(Duration::from_secs(60), 2);
/// let now = SystemTime::UNIX_EPOCH;
/// assert!(seen.insert("a", now));
/// assert!(!seen.insert("a", now));
/// assert!(seen.insert("a", now + Duration::from_secs(61)));
/// ```
#[derive(Clone, Debug)]
pub struct Seen<K> {
    keep: Duration,
    most: usize,
    keys: HashSet<K>,
    order: VecDeque<(SystemTime, K)>,
}

impl<K: Clone + Eq + Hash> Seen<K> {
    /// Keeps each key for `keep`, and at most `most` of them.
    pub fn new(keep: Duration, most: usize) -> Self {
        Self {
            keep,
            most,
            keys: HashSet::new(),
            order: VecDeque::new(),
        }
    }

    pub(crate) fn keep_for(&mut self, keep: Duration) {
        self.keep = keep;
    }

    /// Adds a key; false if it was seen before.
    pub fn insert(&mut self, key: K, now: SystemTime) -> bool {
        let keep = self.keep;
        let is_old = |at: &SystemTime| now.duration_since(*at).is_ok_and(|age| age > keep);
        while self.order.front().is_some_and(|(at, _)| is_old(at)) {
            self.drop_oldest();
        }
        if !self.keys.insert(key.clone()) {
            return false;
        }
        self.order.push_back((now, key));
        if self.order.len() > self.most {
            self.drop_oldest();
        }
        true
    }

    /// Forgets a key.
    pub fn remove(&mut self, key: &K) {
        if self.keys.remove(key) {
            self.order.retain(|(_, other)| other != key);
        }
    }

    fn drop_oldest(&mut self) {
        if let Some((_, key)) = self.order.pop_front() {
            self.keys.remove(&key);
        }
    }
}
