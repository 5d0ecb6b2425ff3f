//! All runs, by execute id.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    calls::Calls,
    run::{Run, Status},
    weight::Total,
};

/// How many runs that have ended or wait are kept by default; the oldest go first.
pub(crate) const DEFAULT_KEEP: usize = 10_000;

/// Bytes that ended runs may hold together.
const BYTES: usize = 256 * 1024 * 1024;

/// What runs count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// The memory that ended runs hold.
    pub(super) total: Total,
    /// How often each node was run.
    pub(crate) calls: Calls,
}

#[derive(Debug)]
pub(crate) struct RunStore {
    keep: usize,
    counts: Counts,
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
            counts: Counts::default(),
            inner: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a new run counts.
    pub(crate) fn counts(&self) -> Counts {
        self.counts.clone()
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
            if inner.order.len() <= self.keep && self.counts.total.bytes() <= BYTES {
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

    /// The execute ids of a workflow's runs, oldest first.
    pub(crate) fn of(&self, workflow_id: &str) -> Vec<String> {
        let inner = self.lock();
        let mut ids: Vec<_> = inner
            .runs
            .values()
            .filter(|run| run.workflow.id() == workflow_id)
            .map(|run| run.execute_id.clone())
            .collect();
        // All have the same number of digits.
        ids.sort_unstable();
        ids
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

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;
    use crate::{
        definition::Definition,
        runs::{Mode, Origin},
    };

    /// A run with an input of `bytes` bytes.
    fn run(store: &RunStore, number: usize, bytes: usize) -> Arc<Run> {
        let workflow = Definition::builder("w").returns("a", 1).build().unwrap();
        let origin = Origin {
            log_id: String::new(),
            bot_id: String::new(),
            connector_id: String::new(),
            connector_uid: String::new(),
            base_url: String::new(),
            chat_history: Value::Null,
        };
        let inputs = Map::from_iter([("text".to_owned(), Value::from("x".repeat(bytes)))]);
        Arc::new(Run::new(
            format!("{number:03}"),
            workflow,
            Mode::Async,
            origin,
            inputs,
            0,
            store.counts(),
        ))
    }

    #[tokio::test]
    async fn large_runs_give_way_before_small_ones_are_too_many() {
        let store = RunStore::new(1_000);
        let each = BYTES / 8;
        for number in 0..20 {
            let run = run(&store, number, each);
            store.insert(run.clone());
            run.end(Ok("done".to_owned()), 0).await;
        }
        // The oldest go when the next begins; what seven hold is below the bound, what eight hold is not.
        let kept: Vec<_> = (12..20).map(|number| format!("{number:03}")).collect();
        let workflow = store.get("019").unwrap().workflow.clone();
        assert_eq!(store.of(workflow.id()), kept);
        assert!((BYTES..BYTES + each).contains(&store.counts.total.bytes()));
        assert_eq!(store.started(workflow.id()), 20);
    }

    #[tokio::test]
    async fn a_run_that_works_is_kept_whatever_it_holds() {
        let store = RunStore::new(2);
        let working = run(&store, 0, BYTES + 1);
        store.insert(working.clone());
        for number in 1..5 {
            let run = run(&store, number, 0);
            store.insert(run.clone());
            run.end(Ok(String::new()), 0).await;
        }
        assert!(store.get("000").is_some());
        // Now it counts, and is the oldest.
        working.end(Ok(String::new()), 0).await;
        drop(working);
        store.insert(run(&store, 5, 0));
        assert!(store.get("000").is_none());
        assert!(store.counts.total.bytes() < BYTES);
    }
}
