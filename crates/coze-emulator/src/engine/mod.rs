//! Runs workflows: node after node, each seeing the inputs and what the nodes before it gave out.

mod nodes;
mod scope;
pub(crate) mod template;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::{
    clock::Clock,
    runs::{Failure, Finish, NodeRecord, Run},
};
use scope::Scope;

/// Code of a run that failed inside the emulator, such as by a template that divides by zero.
pub(crate) const INTERNAL: i64 = 5000;

/// Ids of the first and the last node of every workflow.
const START_NODE: &str = "100001";
const END_NODE: &str = "900001";

/// Executes a run and ends it. The run goes on when nobody waits for it, as on the service.
pub(crate) fn spawn(run: Arc<Run>, clock: Clock) {
    tokio::spawn(async move {
        let result = Execution {
            run: &run,
            clock: &clock,
        }
        .workflow()
        .await;
        run.end(result, clock.seconds());
    });
}

/// One run in progress.
struct Execution<'r> {
    run: &'r Run,
    clock: &'r Clock,
}

impl Execution<'_> {
    async fn workflow(&self) -> Result<String, Failure> {
        let inputs = Value::Object(self.run.inputs.clone());
        let start = self.began(START_NODE, "Start", "start", inputs.clone());
        self.ended(start, Ok(inputs));
        let mut scope = Scope::new(&self.run.inputs);
        for (index, node) in self.run.workflow.nodes().iter().enumerate() {
            let node = &node.value;
            let number = format!("1{:05}", index + 2);
            let record = self.began(
                &number,
                node.title(),
                node.kind(),
                nodes::input(node, &scope),
            );
            let result = self.node(node, &scope).await.map_err(|failure| Failure {
                code: failure.code,
                message: failure.message,
            });
            self.ended(record, result.clone());
            scope.set(node.id(), &result?);
        }
        self.end(&scope)
    }

    fn end(&self, scope: &Scope) -> Result<String, Failure> {
        let record = self.began(END_NODE, "End", "end", Value::Null);
        let result = self.output(scope).map_err(|message| Failure {
            code: INTERNAL,
            message: format!("node 'End' failed: {message}"),
        });
        self.ended(record, result.clone());
        result.map(|value| value.to_string())
    }

    /// What the run returns, in the form that the API writes into `data`.
    fn output(&self, scope: &Scope) -> Result<Value, String> {
        let end = self.run.workflow.end();
        let scope = scope.value();
        if let Some(text) = &end.text {
            let text = template::render_text(&text.value, &scope)?;
            return Ok(json!({
                "content_type": 1,
                "data": text,
                "original_result": null,
                "type_for_model": 2,
            }));
        }
        end.variables
            .iter()
            .flatten()
            .map(|(name, value)| Ok((name.clone(), template::render_value(&value.value, &scope)?)))
            .collect::<Result<Map<_, _>, String>>()
            .map(Value::Object)
    }

    fn began(&self, node_id: &str, title: &str, kind: &'static str, input: Value) -> usize {
        self.run.node_began(NodeRecord {
            node_id: node_id.to_owned(),
            title: title.to_owned(),
            kind,
            input,
            started: self.clock.millis(),
            finish: None,
        })
    }

    fn ended(&self, node: usize, result: Result<Value, Failure>) {
        let at = self.clock.millis();
        self.run.node_ended(node, Finish { at, result });
    }
}
