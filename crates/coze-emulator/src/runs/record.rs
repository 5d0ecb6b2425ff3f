//! The part of a run that is kept for the history and the pages.

use serde_json::Value;

use super::event::Interrupt;

/// A failed run or node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: i64,
    pub(crate) message: String,
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

/// One execution of an output node.
#[derive(Clone, Debug)]
pub(crate) struct OutputRecord {
    pub(crate) title: String,
    pub(crate) node_id: String,
    pub(crate) uuid: String,
    pub(crate) text: String,
    pub(crate) is_finish: bool,
    /// Unix seconds.
    pub(crate) updated: i64,
    pub(crate) loop_index: Option<usize>,
    pub(crate) batch_index: Option<usize>,
    pub(crate) sub_execute_id: Option<String>,
}

/// The part of a run that changes.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// Unix seconds of the last change.
    pub(crate) updated: i64,
    pub(crate) nodes: Vec<NodeRecord>,
    pub(crate) outputs: Vec<OutputRecord>,
    /// The first events that were sent to a stream: name, node and the beginning of the text.
    pub(crate) events: Vec<(&'static str, String, String)>,
    /// The question that the run waits at.
    pub(crate) interrupt: Option<Interrupt>,
    /// How often the run was resumed.
    pub(crate) resumes: u32,
    /// Whether the run was ended because it took too long.
    pub(crate) timed_out: bool,
    /// `None` while running; else the output text or what went wrong.
    pub(crate) result: Option<Result<String, Failure>>,
}

/// Events that a record keeps, so that a long stream stays small.
const EVENTS: usize = 200;
/// Characters of each of them.
const EVENT_TEXT: usize = 60;

impl Record {
    /// Notes an event for the page.
    pub(super) fn sent(&mut self, name: &'static str, node: &str, text: &str) {
        if self.events.len() < EVENTS {
            let text = text.chars().take(EVENT_TEXT).collect();
            self.events.push((name, node.to_owned(), text));
        }
    }

    pub(super) fn new(now: i64) -> Self {
        Self {
            updated: now,
            nodes: Vec::new(),
            outputs: Vec::new(),
            events: Vec::new(),
            interrupt: None,
            resumes: 0,
            timed_out: false,
            result: None,
        }
    }
}
