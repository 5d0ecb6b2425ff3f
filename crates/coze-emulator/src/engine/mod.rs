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
mod scripted;

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use coze_models::codes::INTERNAL_ERROR;
use serde_json::{Map, Value, json};

pub(crate) use self::execution::Env;
use self::{
    execution::{Execution, Place, node_id},
    scope::Scope,
};
use crate::{
    clock::Clock,
    definition::{Step, fixture_urls},
    runs::{Failure, Run},
};

/// Id of the first node of every workflow.
const START_NODE: &str = "100001";

/// Executes a run and ends it. The run goes on when nobody waits for it, as on the service.
pub(crate) fn spawn(run: Arc<Run>, env: Env, limit: Duration) {
    tokio::spawn(async move {
        let clock = env.clock.clone();
        let execution = Execution {
            run: run.clone(),
            workflow: run.workflow.clone(),
            env,
            place: Place::default(),
        };
        let result = tokio::select! {
            biased;
            result = execution.main() => result,
            () = run.cancelled() => Err(Failure::cancelled()),
            () = overdue(&run, &clock, limit) => {
                run.timed_out();
                Err(Failure {
                    code: INTERNAL_ERROR,
                    message: format!("the run took longer than {} s", limit.as_secs()),
                    is_mistake: false,
                })
            }
        };
        run.end(result, clock.seconds()).await;
    });
}

/// Ends when a run has worked for `limit`; the time that it waits for answers does not count.
async fn overdue(run: &Run, clock: &Clock, limit: Duration) {
    let mut left = limit;
    loop {
        let began = clock.now();
        if clock.timeout(left, run.stopped()).await.is_none() {
            return;
        }
        left = left.saturating_sub(clock.now().saturating_sub(began));
        run.resumed().await;
    }
}

type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

impl Execution {
    async fn main(&self) -> Result<String, Failure> {
        let scope = self.body(&self.run.inputs).await?;
        self.finish(&scope).await
    }

    /// Runs all nodes of a workflow but its end.
    async fn body(&self, inputs: &Map<String, Value>) -> Result<Scope, Failure> {
        let shown = Value::Object(inputs.clone());
        let start = self.began(START_NODE, "Start", "start", shown.clone());
        self.ended(start, Ok(shown));
        let mut scope = Scope::new(inputs);
        let origin = &self.run.origin;
        let files = self.workflow.files();
        if !files.is_empty() {
            scope.set("files", &fixture_urls(&origin.base_url, &self.workflow));
        }
        if self.workflow.is_chatflow() {
            scope.set("CHAT_HISTORY", &origin.chat_history);
        }
        self.steps(self.workflow.nodes(), &mut scope).await?;
        Ok(scope)
    }

    /// Runs nodes in order. Boxed, because nodes hold nodes.
    fn steps<'a>(&'a self, steps: &'a [Step], scope: &'a mut Scope) -> Boxed<'a, ()> {
        Box::pin(async move {
            for step in steps {
                let output = self.step(step, scope).await?;
                scope.set(step.node.id(), &output);
            }
            Ok(())
        })
    }

    /// Runs a node as often as its definition wants, and then what stands in for it.
    async fn step(&self, step: &Step, scope: &Scope) -> Result<Value, Failure> {
        let node = &step.node;
        let retry = node.retry();
        let mut attempt = 1;
        let failure = loop {
            let call = self.run.counts.calls.next(self.workflow.id(), step.number);
            let mut own = scope.clone();
            own.set_missing("call", &call.into());
            own.set_missing("attempt", &attempt.into());
            let input = self.input(step, &own);
            let record = self.began(&node_id(step), node.title(), node.kind(), input);
            let result = self.node(step, scope, &own).await;
            self.ended(record, result.clone());
            match result {
                Err(failure) if !failure.is_mistake => {
                    if attempt > retry.times {
                        break failure;
                    }
                }
                done => return done,
            }
            attempt += 1;
            self.wait(retry.wait).await;
        };
        let Some(block) = node.on_error() else {
            return Err(failure);
        };
        let mut scope = scope.clone();
        let error = json!({ "code": failure.code, "message": failure.message });
        scope.set("error", &error);
        self.block(node.title(), &block.nodes, &block.output, scope)
            .await
    }
}
