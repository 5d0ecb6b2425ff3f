//! One run and its record.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::Definition;

/// How a run was started; the numbers are `run_mode` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Sync = 0,
    Async = 2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Running,
    Success,
    Fail,
}

impl Status {
    /// The status on the wire.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Success => "Success",
            Self::Fail => "Fail",
        }
    }
}

/// A failed run or node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: i64,
    pub(crate) message: String,
}

/// Who started a run, and from where.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) log_id: String,
    pub(crate) bot_id: String,
    pub(crate) connector_id: String,
    pub(crate) connector_uid: String,
}

/// One execution of one node.
#[derive(Clone, Debug)]
pub(crate) struct NodeRecord {
    pub(crate) node_id: String,
    pub(crate) title: String,
    pub(crate) kind: &'static str,
    pub(crate) input: Value,
    /// Unix milliseconds.
    pub(crate) started: i64,
    /// Absent while the node works.
    pub(crate) finish: Option<Finish>,
}

/// How a node ended.
#[derive(Clone, Debug)]
pub(crate) struct Finish {
    /// Unix milliseconds.
    pub(crate) at: i64,
    pub(crate) result: Result<Value, Failure>,
}

/// One execution of a workflow.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) execute_id: String,
    pub(crate) workflow: Definition,
    pub(crate) mode: Mode,
    pub(crate) origin: Origin,
    pub(crate) inputs: Map<String, Value>,
    /// Unix seconds.
    pub(crate) created: i64,
    status: watch::Sender<Status>,
    record: Mutex<Record>,
}

/// The part of a run that changes.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// Unix seconds of the last change.
    pub(crate) updated: i64,
    pub(crate) nodes: Vec<NodeRecord>,
    /// `None` while running; else the output text or what went wrong.
    pub(crate) result: Option<Result<String, Failure>>,
}

impl Run {
    pub(crate) fn new(
        execute_id: String,
        workflow: Definition,
        mode: Mode,
        origin: Origin,
        inputs: Map<String, Value>,
        created: i64,
    ) -> Self {
        Self {
            execute_id,
            workflow,
            mode,
            origin,
            inputs,
            created,
            status: watch::Sender::new(Status::Running),
            record: Mutex::new(Record {
                updated: created,
                nodes: Vec::new(),
                result: None,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        // Records are plain data: a panic elsewhere cannot leave one half-written in a way that matters.
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn status(&self) -> Status {
        *self.status.borrow()
    }

    /// A copy of the record as it is now.
    pub(crate) fn record(&self) -> Record {
        self.lock().clone()
    }

    /// Waits until the run is over.
    pub(crate) async fn finished(&self) {
        let mut status = self.status.subscribe();
        // The sender lives in `self`, so this cannot fail while it waits.
        let _ = status.wait_for(|status| *status != Status::Running).await;
    }

    /// Notes that a node begins; the number is for [`node_ended`](Self::node_ended).
    pub(crate) fn node_began(&self, node: NodeRecord) -> usize {
        let mut record = self.lock();
        record.nodes.push(node);
        record.nodes.len() - 1
    }

    pub(crate) fn node_ended(&self, node: usize, finish: Finish) {
        if let Some(node) = self.lock().nodes.get_mut(node) {
            node.finish = Some(finish);
        }
    }

    /// Ends the run.
    pub(crate) fn end(&self, result: Result<String, Failure>, now: i64) {
        let status = match &result {
            Ok(_) => Status::Success,
            Err(_) => Status::Fail,
        };
        {
            let mut record = self.lock();
            record.updated = now;
            record.result = Some(result);
        }
        self.status.send_replace(status);
    }
}
