//! The part of a run that is kept for the history and the pages.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{event::Interrupt, outcome};
use crate::definition::Tokens;

/// A failed run or node.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Failure {
    pub(crate) code: i64,
    pub(crate) message: String,
    /// Whether the workflow's definition is to blame, which the service would never say.
    pub(crate) is_mistake: bool,
}

impl Failure {
    /// The code that the self-hosted server gives to a run which somebody ended.
    const CANCELLED: i64 = coze_models::codes::EXECUTION_STOPPED;

    pub(crate) fn cancelled() -> Self {
        Self {
            code: Self::CANCELLED,
            message: "the run was cancelled".into(),
            is_mistake: false,
        }
    }

    pub(super) fn is_cancel(&self) -> bool {
        self.code == Self::CANCELLED
    }
}

/// One execution of one node.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct NodeRecord {
    pub(crate) node_id: String,
    pub(crate) title: String,
    pub(crate) kind: Cow<'static, str>,
    pub(crate) input: Value,
    /// Unix milliseconds.
    pub(crate) started: i64,
    /// Absent while the node works.
    pub(crate) finish: Option<Finish>,
}

/// How a node ended.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Finish {
    /// Unix milliseconds.
    pub(crate) at: i64,
    #[serde(with = "outcome")]
    pub(crate) result: Result<Value, Failure>,
}

/// One execution of an output node.
#[derive(Clone, Debug, Deserialize, Serialize)]
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
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Record {
    /// Unix seconds of the last change.
    pub(crate) updated: i64,
    /// The first executions of nodes.
    pub(crate) nodes: Vec<NodeRecord>,
    /// How many more there were.
    pub(crate) nodes_left_out: usize,
    pub(crate) outputs: Vec<OutputRecord>,
    /// The first events that were sent to a stream: name, node and the beginning of the text.
    pub(crate) events: Vec<(Cow<'static, str>, String, String)>,
    /// Tokens that its models used so far.
    pub(crate) usage: Tokens,
    /// The question that the run waits at.
    pub(crate) interrupt: Option<Interrupt>,
    /// How often the run was resumed.
    pub(crate) resumes: u32,
    /// Whether the run was ended because it took too long.
    pub(crate) timed_out: bool,
    /// `None` while running; else the output text or what went wrong.
    #[serde(default, with = "outcome::option")]
    pub(crate) result: Option<Result<String, Failure>>,
}

/// Whether less than `seconds` have gone by since `then`.
pub(crate) fn is_kept(now: i64, then: i64, seconds: u64) -> bool {
    i64::try_from(seconds).is_ok_and(|seconds| now - then < seconds)
}

/// Executions of nodes that a record keeps, so that a long loop stays small; the history does not need them.
const NODES: usize = 1_000;
/// Events that a record keeps, so that a long stream stays small.
const EVENTS: usize = 200;
/// Characters of each of them.
const EVENT_TEXT: usize = 60;

impl Record {
    /// When the first node began, and when the last that has ended did, in Unix milliseconds.
    pub(super) fn span(&self) -> Option<(i64, i64)> {
        let started = self.nodes.first()?.started;
        let ends = self
            .nodes
            .iter()
            .filter_map(|node| Some(node.finish.as_ref()?.at));
        Some((started, ends.max().unwrap_or(started)))
    }

    /// The result as JSON.
    pub(super) fn result_json(&self) -> Value {
        outcome::option::serialize(&self.result, serde_json::value::Serializer).unwrap_or_default()
    }

    /// Notes that a node begins; the number is its place, if it got one.
    pub(super) fn began(&mut self, node: NodeRecord) -> Option<usize> {
        if self.nodes.len() == NODES {
            self.nodes_left_out += 1;
            return None;
        }
        self.nodes.push(node);
        Some(self.nodes.len() - 1)
    }

    /// Notes an event for the page.
    pub(super) fn sent(&mut self, name: &'static str, node: &str, text: &str) {
        if self.events.len() < EVENTS {
            let text = text.chars().take(EVENT_TEXT).collect();
            self.events.push((name.into(), node.to_owned(), text));
        }
    }

    pub(super) fn new(now: i64) -> Self {
        Self {
            updated: now,
            nodes: Vec::new(),
            nodes_left_out: 0,
            outputs: Vec::new(),
            events: Vec::new(),
            usage: Tokens::default(),
            interrupt: None,
            resumes: 0,
            timed_out: false,
            result: None,
        }
    }
}
