//! The runs that this client has stopped.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use coze_transport::time::Instant;

/// How many are remembered.
const KEPT: usize = 256;

/// A stop takes effect within about a second. What the server says later than this is what it will say for ever.
const SETTLED: Duration = Duration::from_secs(5);

/// Runs that were stopped, the latest last.
#[derive(Debug, Default)]
pub(crate) struct Stopped(Mutex<VecDeque<(String, Instant)>>);

impl Stopped {
    pub(crate) fn note(&self, run: &str) {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if runs.len() == KEPT {
            runs.pop_front();
        }
        runs.push_back((run.to_owned(), Instant::now()));
    }

    /// How long ago the run was stopped.
    fn since(&self, run: &str) -> Option<Duration> {
        let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, at) = runs.iter().rev().find(|(one, _)| one == run)?;
        Some(at.elapsed())
    }

    /// Whether the run was stopped at all.
    pub(crate) fn has(&self, run: &str) -> bool {
        self.since(run).is_some()
    }

    /// Whether it was stopped so long ago that `running` no longer means that it goes on.
    pub(crate) fn is_settled(&self, run: &str) -> bool {
        self.since(run).is_some_and(|since| since >= SETTLED)
    }
}
