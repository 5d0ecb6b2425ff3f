//! What each kind of node does.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{execution::Execution, scope::Scope};
use crate::{
    definition::{At, Mistake, Node, Step, template::Names},
    runs::Failure,
};

impl Execution {
    /// Runs one node and gives its output. Its own templates see a little more than the nodes inside it.
    pub(super) async fn node(
        &self,
        step: &Step,
        scope: &Scope,
        own: &Scope,
    ) -> Result<Value, Failure> {
        let node = &step.node;
        let title = node.title();
        let text = |text: &At<String>| self.text(title, text, own);
        match node {
            Node::Text(node) => Ok(json!({ "output": text(&node.template)? })),
            Node::Output(node) => self.output(step, node, text(&node.content)?).await,
            Node::Expression(node) => Ok(json!({ "value": self.value(title, &node.value, own)? })),
            Node::Delay(node) => {
                let waited = self.value(title, &node.milliseconds, own)?;
                let waited = waited.as_u64().ok_or_else(|| {
                    let message =
                        format!("milliseconds must be a whole number from 0, but is {waited}");
                    self.mistaken(title, Mistake::new(node.milliseconds.place(), message))
                })?;
                self.wait(waited).await;
                Ok(json!({ "milliseconds": waited }))
            }
            Node::Fail(node) => {
                let fails = match &node.when {
                    Some(when) => self.is_true(title, when, own)?,
                    None => true,
                };
                if !fails {
                    return Ok(json!({ "failed": false }));
                }
                Err(Failure {
                    code: node.code,
                    message: text(&node.message)?,
                    is_mistake: false,
                })
            }
            Node::Question(node) => self.question(step, node, text(&node.text)?).await,
            Node::InputForm(node) => self.input_form(step, node).await,
            Node::Condition(node) => self.condition(title, node, scope, own).await,
            Node::Loop(node) => self.repeat(title, node, scope, own).await,
            Node::Batch(node) => self.batch(title, node, scope, own).await,
            Node::Subflow(node) => self.subflow(title, node, own).await,
            Node::Llm(node) => self.llm(step, node, own).await,
            Node::Http(node) => self.http(step, node, own).await,
            Node::Code(node) => self.code(step, node, own).await,
        }
    }

    /// What the node reads, for its record: the names that its templates use with their values.
    pub(super) fn input(&self, step: &Step, own: &Scope) -> Value {
        // Templates were checked when the definition was read.
        let of_text = |text: &At<String>| Names::in_text(&text.value).unwrap_or_default().outer();
        let of_expression = |text: &At<String>| {
            Names::in_expression(&text.value)
                .unwrap_or_default()
                .outer()
        };
        let title = step.node.title();
        let names: HashSet<String> = match &step.node {
            Node::Text(node) => of_text(&node.template),
            Node::Output(node) => of_text(&node.content),
            Node::Expression(node) => node.value.names(),
            Node::Delay(node) => node.milliseconds.names(),
            Node::Fail(node) => of_text(&node.message),
            Node::Question(node) => of_text(&node.text),
            Node::InputForm(_) => return Value::Null,
            Node::Condition(node) => node
                .branches
                .iter()
                .flat_map(|branch| of_expression(&branch.when))
                .collect(),
            Node::Loop(node) => node.over.names(),
            Node::Batch(node) => node.over.names(),
            Node::Subflow(node) => {
                let values = self.values(title, &node.inputs, own);
                return values.unwrap_or_default().into();
            }
            Node::Llm(node) => return self.llm_request(step, node, own).unwrap_or_default(),
            Node::Http(node) => return self.http_request(step, node, own).unwrap_or_default(),
            Node::Code(node) => {
                let values = self.values(title, &node.inputs, own);
                return values.unwrap_or_default().into();
            }
        };
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort_unstable();
        let members: Map<_, _> = names
            .into_iter()
            .filter_map(|name| own.get(&name).map(|value| (name, value)))
            .collect();
        Value::Object(members)
    }
}
