//! What each kind of node does.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    execution::{Execution, failed},
    scope::Scope,
};
use crate::{
    definition::{At, Node, Step, template},
    runs::Failure,
};

impl Execution {
    /// Runs one node and gives its output.
    pub(super) async fn node(&self, step: &Step, scope: &Scope) -> Result<Value, Failure> {
        let node = &step.node;
        let title = node.title();
        let text = |text: &At<String>| {
            template::render_text(&text.value, &scope.value()).map_err(|error| failed(title, error))
        };
        match node {
            Node::Text(node) => Ok(json!({ "output": text(&node.template)? })),
            Node::Output(node) => self.output(step, node, text(&node.content)?).await,
            Node::Expression(node) => Ok(json!({ "value": value(title, &node.value, scope)? })),
            Node::Delay(node) => {
                let waited = milliseconds(&value(title, &node.milliseconds, scope)?)
                    .map_err(|error| failed(title, error))?;
                wait(Duration::from_millis(waited)).await;
                Ok(json!({ "milliseconds": waited }))
            }
            Node::Fail(node) => Err(Failure {
                code: node.code,
                message: text(&node.message)?,
            }),
            Node::Question(node) => self.question(step, node, text(&node.text)?).await,
            Node::InputForm(node) => self.input_form(step, node).await,
            Node::Condition(node) => self.condition(title, node, scope).await,
            Node::Loop(node) => self.repeat(title, node, scope).await,
            Node::Batch(node) => self.batch(title, node, scope).await,
            Node::Subflow(node) => self.subflow(title, node, scope).await,
        }
    }
}

/// Renders a value of a node.
pub(super) fn value(title: &str, value: &At<Value>, scope: &Scope) -> Result<Value, Failure> {
    template::render_value(&value.value, &scope.value()).map_err(|error| failed(title, error))
}

/// What the node reads, for its record: the names that its templates use with their values.
pub(super) fn input(node: &Node, scope: &Scope) -> Value {
    let names = match node {
        Node::Text(node) => template::names_in_text(&node.template.value),
        Node::Output(node) => template::names_in_text(&node.content.value),
        Node::Expression(node) => template::names_in_value(&node.value.value),
        Node::Delay(node) => template::names_in_value(&node.milliseconds.value),
        Node::Fail(node) => template::names_in_text(&node.message.value),
        Node::Question(node) => template::names_in_text(&node.text.value),
        Node::InputForm(_) => return Value::Null,
        Node::Condition(node) => {
            node.branches
                .iter()
                .try_fold(std::collections::HashSet::new(), |mut names, branch| {
                    names.extend(template::names_in_expression(&branch.when.value)?);
                    Ok(names)
                })
        }
        Node::Loop(node) => template::names_in_value(&node.over.value),
        Node::Batch(node) => template::names_in_value(&node.over.value),
        Node::Subflow(node) => {
            return node
                .inputs
                .iter()
                .filter_map(|(name, input)| {
                    let value = template::render_value(&input.value, &scope.value()).ok()?;
                    Some((name.clone(), value))
                })
                .collect::<Map<_, _>>()
                .into();
        }
    };
    // Templates were checked when the definition was read.
    let mut names: Vec<_> = names.unwrap_or_default().into_iter().collect();
    names.sort_unstable();
    let members: Map<_, _> = names
        .into_iter()
        .filter_map(|name| scope.get(&name).map(|value| (name, value)))
        .collect();
    Value::Object(members)
}

fn milliseconds(value: &Value) -> Result<u64, String> {
    value
        .as_u64()
        .ok_or_else(|| format!("milliseconds must be a whole number from 0, but is {value}"))
}

pub(super) async fn wait(duration: Duration) {
    if duration.is_zero() {
        return;
    }
    #[expect(clippy::disallowed_methods, reason = "to wait is what the node is for")]
    tokio::time::sleep(duration).await;
}
