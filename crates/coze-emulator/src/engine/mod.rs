//! Runs workflows: node after node, each seeing the inputs and what the nodes before it gave out.

mod ask;
mod blocks;
mod extract;
mod finish;
mod join;
mod nodes;
mod output;
mod scope;
pub(crate) mod template;

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use serde_json::{Map, Value};

use crate::{
    Definition,
    clock::Clock,
    core::Workflows,
    definition::Step,
    ids::Ids,
    runs::{Failure, Finish, NodeRecord, Run},
};
use scope::Scope;

/// Code of a run that failed inside the emulator, such as by a template that divides by zero.
pub(crate) use coze_models::codes::INTERNAL_ERROR;

/// Id of the first node of every workflow.
const START_NODE: &str = "100001";

/// What all runs of an emulator share.
#[derive(Clone, Debug)]
pub(crate) struct Env {
    pub(crate) clock: Clock,
    pub(crate) ids: Arc<Ids>,
    pub(crate) workflows: Arc<Workflows>,
    /// How long a run waits for the answer to a question.
    pub(crate) answer_within: Duration,
}

/// Executes a run and ends it. The run goes on when nobody waits for it, as on the service.
pub(crate) fn spawn(run: Arc<Run>, env: Env, limit: Duration) {
    tokio::spawn(async move {
        let execution = Execution {
            run: run.clone(),
            env,
            place: Place::default(),
        };
        let result = tokio::select! {
            biased;
            result = execution.main() => result,
            () = run.cancelled() => Err(Failure::cancelled()),
            () = overdue(&run, limit) => {
                run.timed_out();
                Err(Failure {
                    code: INTERNAL_ERROR,
                    message: format!("the run took longer than {} s", limit.as_secs()),
                })
            }
        };
        run.end(result, execution.env.clock.seconds()).await;
    });
}

/// Ends when a run has worked for so long; the time that it waits for answers does not count.
async fn overdue(run: &Run, limit: Duration) {
    let mut left = limit;
    loop {
        let began = tokio::time::Instant::now();
        if tokio::time::timeout(left, run.stopped()).await.is_err() {
            return;
        }
        left = left.saturating_sub(began.elapsed());
        run.resumed().await;
    }
}

/// One run in progress, or a part of it.
#[derive(Clone)]
struct Execution {
    run: Arc<Run>,
    env: Env,
    place: Place,
}

/// Where in the run: inside which round of which kind of block, and in which subflow.
#[derive(Clone, Default)]
struct Place {
    loop_index: Option<usize>,
    batch_index: Option<usize>,
    sub_execute_id: Option<String>,
    depth: u32,
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

impl Execution {
    async fn main(&self) -> Result<String, Failure> {
        let scope = self.body(&self.run.workflow, &self.run.inputs).await?;
        self.finish(&scope).await
    }

    /// Runs all nodes of a workflow but its end.
    async fn body(
        &self,
        workflow: &Definition,
        inputs: &Map<String, Value>,
    ) -> Result<Scope, Failure> {
        let shown = Value::Object(inputs.clone());
        let start = self.began(START_NODE, "Start", "start", shown.clone());
        self.ended(start, Ok(shown));
        let mut scope = Scope::new(inputs);
        self.steps(workflow.nodes(), &mut scope).await?;
        Ok(scope)
    }

    /// Runs nodes in order. Boxed, because nodes hold nodes.
    fn steps<'a>(&'a self, steps: &'a [Step], scope: &'a mut Scope) -> Boxed<'a, ()> {
        Box::pin(async move {
            for step in steps {
                let node = &step.node;
                let record = self.began(
                    &node_id(step),
                    node.title(),
                    node.kind(),
                    nodes::input(node, scope),
                );
                let result = self.node(step, scope).await;
                self.ended(record, result.clone());
                scope.set(node.id(), &result?);
            }
            Ok(())
        })
    }

    fn began(&self, node_id: &str, title: &str, kind: &'static str, input: Value) -> Option<usize> {
        self.run.node_began(NodeRecord {
            node_id: node_id.to_owned(),
            title: title.to_owned(),
            kind,
            input,
            started: self.env.clock.millis(),
            finish: None,
        })
    }

    fn ended(&self, node: Option<usize>, result: Result<Value, Failure>) {
        let at = self.env.clock.millis();
        self.run.node_ended(node, Finish { at, result });
    }
}

/// The id of a node on the wire.
fn node_id(step: &Step) -> String {
    format!("1{:05}", step.number)
}

/// A failure inside a node.
fn failed(title: &str, message: impl std::fmt::Display) -> Failure {
    Failure {
        code: INTERNAL_ERROR,
        message: format!("node '{title}' failed: {message}"),
    }
}
