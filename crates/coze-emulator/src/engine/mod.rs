//! Runs workflows: node after node, each seeing the inputs and what the nodes before it gave out.

mod ask;
mod blocks;
mod execution;
mod extract;
mod finish;
mod join;
mod nodes;
mod output;
mod scope;

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use coze_models::codes::INTERNAL_ERROR;
use serde_json::{Map, Value};

pub(crate) use self::execution::Env;
use self::{
    execution::{Execution, Place, node_id},
    scope::Scope,
};
use crate::{
    definition::{Definition, Step},
    runs::{Failure, Run},
};

/// Id of the first node of every workflow.
const START_NODE: &str = "100001";

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

/// Ends when a run has worked for `limit`; the time that it waits for answers does not count.
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
}
