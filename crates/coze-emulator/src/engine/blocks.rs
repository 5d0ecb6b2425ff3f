//! Nodes that hold nodes.

use serde_json::{Value, json};

use super::{
    execution::{Execution, Place, failed},
    finish::Ending,
    join::join,
    scope::Scope,
};
use crate::{
    definition::{self, Batch, Condition, Filled, Loop, Mistake, Step, Subflow},
    runs::Failure,
};

/// How deep subflows may call each other.
const DEPTH: u32 = 16;

/// Most rounds of one loop or batch.
const ROUNDS: usize = 100_000;

impl Execution {
    pub(super) async fn condition(
        &self,
        title: &str,
        node: &Condition,
        scope: &Scope,
        own: &Scope,
    ) -> Result<Value, Failure> {
        for (index, branch) in node.branches.iter().enumerate() {
            if self.is_true(title, &branch.when, own)? {
                let output = self
                    .block(title, &branch.nodes, &branch.output, scope.clone())
                    .await?;
                return Ok(json!({ "branch": index, "output": output }));
            }
        }
        let output = match &node.otherwise {
            Some(block) => {
                self.block(title, &block.nodes, &block.output, scope.clone())
                    .await?
            }
            None => Value::Null,
        };
        Ok(json!({ "branch": node.branches.len(), "output": output }))
    }

    pub(super) async fn repeat(
        &self,
        title: &str,
        node: &Loop,
        scope: &Scope,
        own: &Scope,
    ) -> Result<Value, Failure> {
        let mut outputs = Vec::new();
        for (index, item) in self.rounds(title, &node.over, own)?.into_iter().enumerate() {
            let mut inner = self.clone();
            inner.place.loop_index = Some(index);
            let scope = in_round(scope, index, &item);
            outputs.push(inner.block(title, &node.nodes, &node.output, scope).await?);
        }
        Ok(json!({ "items": outputs }))
    }

    pub(super) async fn batch(
        &self,
        title: &str,
        node: &Batch,
        scope: &Scope,
        own: &Scope,
    ) -> Result<Value, Failure> {
        let rounds = self.rounds(title, &node.over, own)?;
        let rounds = rounds.into_iter().enumerate().map(|(index, item)| {
            let mut inner = self.clone();
            inner.place.batch_index = Some(index);
            let scope = in_round(scope, index, &item);
            async move { inner.block(title, &node.nodes, &node.output, scope).await }
        });
        Ok(json!({ "items": join(rounds, node.parallel).await? }))
    }

    pub(super) async fn subflow(
        &self,
        title: &str,
        node: &Subflow,
        scope: &Scope,
    ) -> Result<Value, Failure> {
        if self.place.depth >= DEPTH {
            return Err(failed(
                title,
                format!("subflows are nested deeper than {DEPTH}"),
            ));
        }
        let name = &node.workflow.value;
        let workflow = self
            .env
            .workflows
            .get(name)
            .ok_or_else(|| failed(title, format!("workflow '{name}' does not exist")))?;
        let sent = self.values(title, &node.inputs, scope)?;
        let inputs =
            definition::accept(workflow.inputs(), &sent).map_err(|error| failed(title, error))?;
        let inner = Self {
            run: self.run.clone(),
            workflow: workflow.clone(),
            env: self.env.clone(),
            // The API numbers rounds only outside of subflows.
            place: Place {
                sub_execute_id: Some(self.env.ids.number()),
                depth: self.place.depth + 1,
                ..Place::default()
            },
        };
        let scope = inner.body(&inputs).await?;
        inner.ending(&scope).map(Ending::into_value)
    }

    /// Runs nodes in a scope of their own and gives the block's output.
    pub(super) async fn block(
        &self,
        title: &str,
        steps: &[Step],
        output: &Filled,
        mut scope: Scope,
    ) -> Result<Value, Failure> {
        self.steps(steps, &mut scope).await?;
        self.value(title, output, &scope)
    }

    /// The items of each round: those of an array, or the numbers from 0.
    fn rounds(&self, title: &str, over: &Filled, scope: &Scope) -> Result<Vec<Value>, Failure> {
        let place = over.place();
        let items = match self.value(title, over, scope)? {
            Value::Array(items) => items,
            over => {
                let count = over
                    .as_u64()
                    .and_then(|count| usize::try_from(count).ok())
                    .filter(|count| *count <= ROUNDS)
                    .ok_or_else(|| {
                        let message = format!(
                            "over must be an array or a number up to {ROUNDS}, but is {over}"
                        );
                        self.mistaken(title, Mistake::new(place, message))
                    })?;
                (0..count).map(Value::from).collect()
            }
        };
        if items.len() > ROUNDS {
            return Err(failed(title, format!("more than {ROUNDS} rounds")));
        }
        Ok(items)
    }
}

fn in_round(scope: &Scope, index: usize, item: &Value) -> Scope {
    let mut scope = scope.clone();
    scope.set("item", item);
    scope.set("index", &json!(index));
    scope
}
