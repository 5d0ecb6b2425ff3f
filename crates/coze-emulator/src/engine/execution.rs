//! One execution: what its nodes share.

use std::{sync::Arc, time::Duration};

use coze_models::codes::INTERNAL_ERROR;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::scope::Scope;
use crate::{
    clock::Clock,
    definition::{At, Definition, Filled, Mistake, Step, template},
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
    /// The workflow whose nodes are run: that of the run, or a subflow.
    pub(super) workflow: Definition,
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
            kind: kind.into(),
            input,
            started: self.env.clock.millis(),
            finish: None,
        })
    }

    /// A failure for which the definition is to blame.
    pub(super) fn mistaken(&self, title: &str, mistake: Mistake) -> Failure {
        let mistake = mistake.in_node(title).in_file(self.workflow.file());
        Failure {
            code: INTERNAL_ERROR,
            message: format!("emulator: {mistake}"),
            is_mistake: true,
        }
    }

    /// The text of a node.
    pub(super) fn text(
        &self,
        title: &str,
        text: &At<String>,
        scope: &Scope,
    ) -> Result<String, Failure> {
        template::render_text(text, &scope.value()).map_err(|wrong| self.mistaken(title, wrong))
    }

    /// The value of a node.
    pub(super) fn value(
        &self,
        title: &str,
        value: &Filled,
        scope: &Scope,
    ) -> Result<Value, Failure> {
        value
            .render(&scope.value())
            .map_err(|wrong| self.mistaken(title, wrong))
    }

    /// Values by name.
    pub(super) fn values(
        &self,
        title: &str,
        values: &IndexMap<String, Filled>,
        scope: &Scope,
    ) -> Result<Map<String, Value>, Failure> {
        let values = values.iter();
        values
            .map(|(name, value)| Ok((name.clone(), self.value(title, value, scope)?)))
            .collect()
    }

    /// Whether an expression is true.
    pub(super) fn is_true(
        &self,
        title: &str,
        expression: &At<String>,
        scope: &Scope,
    ) -> Result<bool, Failure> {
        let value = template::evaluate(expression, &scope.value())
            .map_err(|wrong| self.mistaken(title, wrong))?;
        Ok(template::from_json(&value).is_true())
    }

    /// Waits on the emulator's clock.
    pub(super) async fn wait(&self, milliseconds: u64) {
        let time = Duration::from_millis(milliseconds);
        self.env.clock.wait(time).await;
    }

    pub(super) fn ended(&self, node: Option<usize>, result: Result<Value, Failure>) {
        let at = self.env.clock.millis();
        self.run.node_ended(node, Finish { at, result });
    }
}

/// The id of a node on the wire.
pub(super) fn node_id(step: &Step) -> String {
    step.wire_id()
}

/// A failure inside a node.
pub(super) fn failed(title: &str, message: impl std::fmt::Display) -> Failure {
    Failure {
        code: INTERNAL_ERROR,
        message: format!("node '{title}' failed: {message}"),
        is_mistake: false,
    }
}
