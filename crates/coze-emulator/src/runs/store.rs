//! All runs, by execute id.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{calls::Calls, run::Run, state::RunState, status::Status, weight::Total};
use crate::{definition::Definition, feed::Feed};

/// How many runs that have ended or wait are kept by default; the oldest go first.
pub(crate) const DEFAULT_KEEP: usize = 10_000;

/// Bytes that ended runs may hold together.
const BYTES: usize = 256 * 1024 * 1024;

/// What runs count in and tell to, together.
#[derive(Clone, Debug)]
pub(crate) struct Counts {
    /// The memory that ended runs hold.
    pub(super) total: Total,
    /// How often each node was run.
    pub(crate) calls: Calls,
    /// Where they tell what they do.
    pub(super) feed: Feed,
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
    pub(crate) fn new(keep: usize, feed: Feed) -> Self {
        Self {
            keep: keep.max(1),
            counts: Counts {
                total: Total::default(),
                calls: Calls::default(),
                feed,
            },
            inner: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a new run counts in and tells to.
    pub(crate) fn counts(&self) -> Counts {
        self.counts.clone()
    }

    pub(crate) fn insert(&self, run: Arc<Run>) {
        run.tell("run.started", || run.summary());
        self.add(run);
    }

    fn add(&self, run: Arc<Run>) {
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
        let mut runs = self.all();
        runs.reverse();
        runs.truncate(count);
        runs
    }

    /// The execute ids of a workflow's runs, oldest first.
    pub(crate) fn of(&self, workflow_id: &str) -> Vec<String> {
        let runs = self.all();
        let runs = runs.iter().filter(|run| run.workflow.id() == workflow_id);
        runs.map(|run| run.execute_id.clone()).collect()
    }

    pub(crate) fn started(&self, workflow_id: &str) -> u64 {
        self.lock().started.get(workflow_id).copied().unwrap_or(0)
    }

    /// How often each workflow, by its id, was started.
    pub(crate) fn started_by_id(&self) -> HashMap<String, u64> {
        self.lock().started.clone()
    }

    /// All runs, oldest first.
    pub(crate) fn all(&self) -> Vec<Arc<Run>> {
        let inner = self.lock();
        let runs = inner.order.iter().filter_map(|id| inner.runs.get(id));
        let mut runs: Vec<_> = runs.cloned().collect();
        // A run that still worked when others gave way is not in its old place any more.
        runs.sort_by(|a, b| a.execute_id.cmp(&b.execute_id));
        runs
    }

    pub(crate) fn started_in_all(&self) -> u64 {
        self.lock().started.values().sum()
    }

    /// Ends every run that is not over.
    pub(crate) fn end_all(&self) {
        for run in self.lock().runs.values() {
            run.cancel();
        }
    }

    /// Takes in runs that were kept somewhere else, with the numbers of runs that were started there.
    pub(crate) fn restore(
        &self,
        runs: Vec<RunState>,
        started: HashMap<String, u64>,
        find: impl Fn(&str) -> Option<Definition>,
    ) {
        for state in runs {
            self.add(Arc::new(state.into_run(&find, self.counts())));
        }
        self.lock().started = started;
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
        clock::Clock,
        definition::Definition,
        runs::{Mode, Origin},
    };

    fn store(keep: usize) -> RunStore {
        RunStore::new(keep, Feed::new(Clock::start(None, 1.0)))
    }

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
        let store = store(1_000);
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
        let store = store(2);
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
