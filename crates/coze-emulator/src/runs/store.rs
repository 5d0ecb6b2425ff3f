//! All runs, by execute id.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::run::{Run, Status};

/// How many ended runs are kept by default; the oldest go first.
pub(crate) const DEFAULT_KEEP: usize = 10_000;

#[derive(Debug)]
pub(crate) struct RunStore {
    keep: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    runs: HashMap<String, Arc<Run>>,
    /// Execute ids, oldest first.
    order: VecDeque<String>,
    /// Runs ever started, by workflow id.
    started: HashMap<String, u64>,
}

impl RunStore {
    pub(crate) fn new(keep: usize) -> Self {
        Self {
            keep: keep.max(1),
            inner: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn insert(&self, run: Arc<Run>) {
        let mut inner = self.lock();
        *inner
            .started
            .entry(run.workflow.id().to_owned())
            .or_default() += 1;
        inner.order.push_back(run.execute_id.clone());
        inner.runs.insert(run.execute_id.clone(), run);
        // A run that still works is put back; one look at each bounds the effort when all do.
        for _ in 0..inner.order.len() {
            if inner.order.len() <= self.keep {
                break;
            }
            let Some(oldest) = inner.order.pop_front() else {
                break;
            };
            match inner.runs.get(&oldest) {
                Some(run) if run.status() == Status::Running => inner.order.push_back(oldest),
                _ => {
                    if let Some(run) = inner.runs.remove(&oldest) {
                        run.abandon();
                    }
                    break;
                }
            }
        }
    }

    pub(crate) fn get(&self, execute_id: &str) -> Option<Arc<Run>> {
        self.lock().runs.get(execute_id).cloned()
    }

    /// The newest runs, newest first.
    pub(crate) fn newest(&self, count: usize) -> Vec<Arc<Run>> {
        let inner = self.lock();
        let mut runs: Vec<_> = inner.runs.values().cloned().collect();
        runs.sort_by(|a, b| b.execute_id.cmp(&a.execute_id));
        runs.truncate(count);
        runs
    }

    pub(crate) fn started(&self, workflow_id: &str) -> u64 {
        self.lock().started.get(workflow_id).copied().unwrap_or(0)
    }

    pub(crate) fn started_in_all(&self) -> u64 {
        self.lock().started.values().sum()
    }
}

impl Drop for RunStore {
    fn drop(&mut self) {
        // A run that waits for an answer holds itself alive in its task.
        for run in self.lock().runs.values() {
            run.abandon();
        }
    }
}
