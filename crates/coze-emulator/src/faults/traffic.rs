//! What came in.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Paths that are counted by themselves; so many ids are not in sight in a test.
const COUNTED: usize = 10_000;

/// What came in: counts by path, and the times of the last second.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    counts: Mutex<HashMap<String, u64>>,
    recent: Mutex<VecDeque<Instant>>,
}

impl Traffic {
    pub(crate) fn count(&self, path: &str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(path) {
            *count += 1;
        } else if counts.len() < COUNTED {
            counts.insert(path.to_owned(), 1);
        }
    }

    /// How many calls of each path came in.
    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts
            .iter()
            .map(|(path, count)| (path.clone(), *count))
            .collect()
    }

    pub(crate) fn calls(&self, path: &str) -> u64 {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(path).copied().unwrap_or(0)
    }

    /// Whether one more call fits into this second.
    pub(crate) fn admits(&self, per_second: u32) -> bool {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        while recent
            .front()
            .is_some_and(|then| now.duration_since(*then) >= Duration::from_secs(1))
        {
            recent.pop_front();
        }
        let admitted = recent.len() < per_second as usize;
        if admitted {
            recent.push_back(now);
        }
        admitted
    }
}

/// The calls that share one quota.
pub(crate) fn is_limited(path: &str) -> bool {
    matches!(
        path,
        "/v1/workflow/run"
            | "/v1/workflow/stream_run"
            | "/v1/workflow/stream_resume"
            | "/v1/workflows/resume"
            | "/v1/workflows/chat"
    ) || path.contains("/run_histories/")
        || path.starts_with("/v1/workflow/history/")
}
