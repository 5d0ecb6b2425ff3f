//! One execution: what its nodes share.

use std::{sync::Arc, time::Duration};

use coze_models::codes::INTERNAL_ERROR;
use serde_json::Value;

use crate::{
    clock::Clock,
    definition::Step,
    ids::Ids,
    runs::{Failure, Finish, NodeRecord, Run},
    store::Workflows,
};

/// What all runs of an emulator share.
#[derive(Clone, Debug)]
pub(crate) struct Env {
    pub(crate) clock: Clock,
    pub(crate) ids: Arc<Ids>,
    pub(crate) workflows: Arc<Workflows>,
    /// How long a run waits for the answer to a question.
    pub(crate) answer_within: Duration,
}

/// One run in progress, or a part of it.
#[derive(Clone)]
pub(super) struct Execution {
    pub(super) run: Arc<Run>,
    pub(super) env: Env,
    pub(super) place: Place,
}

/// Where in the run: inside which round of which kind of block, and in which subflow.
#[derive(Clone, Default)]
pub(super) struct Place {
    pub(super) loop_index: Option<usize>,
    pub(super) batch_index: Option<usize>,
    pub(super) sub_execute_id: Option<String>,
    pub(super) depth: u32,
}

impl Execution {
    pub(super) fn began(
        &self,
        node_id: &str,
        title: &str,
        kind: &'static str,
        input: Value,
    ) -> Option<usize> {
        self.run.node_began(NodeRecord {
            node_id: node_id.to_owned(),
            title: title.to_owned(),
            kind,
            input,
            started: self.env.clock.millis(),
            finish: None,
        })
    }

    pub(super) fn ended(&self, node: Option<usize>, result: Result<Value, Failure>) {
        let at = self.env.clock.millis();
        self.run.node_ended(node, Finish { at, result });
    }
}

/// The id of a node on the wire.
pub(super) fn node_id(step: &Step) -> String {
    format!("1{:05}", step.number)
}

/// A failure inside a node.
pub(super) fn failed(title: &str, message: impl std::fmt::Display) -> Failure {
    Failure {
        code: INTERNAL_ERROR,
        message: format!("node '{title}' failed: {message}"),
    }
}
