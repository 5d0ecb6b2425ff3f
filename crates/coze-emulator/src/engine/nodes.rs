//! What each kind of node does.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Execution, INTERNAL, scope::Scope, template};
use crate::{definition::Node, runs::Failure};

impl Execution<'_> {
    /// Runs one node and gives its output.
    pub(super) async fn node(&self, node: &Node, scope: &Scope) -> Result<Value, Failure> {
        let context = scope.value();
        let failed = |message: String| Failure {
            code: INTERNAL,
            message: format!("node '{}' failed: {message}", node.title()),
        };
        match node {
            Node::Text(text) => {
                let text = template::render_text(&text.template.value, &context).map_err(failed)?;
                Ok(json!({ "output": text }))
            }
            Node::Delay(delay) => {
                let waited = template::render_value(&delay.milliseconds.value, &context)
                    .and_then(|value| milliseconds(&value))
                    .map_err(failed)?;
                wait(Duration::from_millis(waited)).await;
                Ok(json!({ "milliseconds": waited }))
            }
            Node::Fail(fail) => Err(Failure {
                code: fail.code,
                message: template::render_text(&fail.message.value, &context).map_err(failed)?,
            }),
        }
    }
}

/// What the node reads, for its record: the names that its templates use with their values.
pub(super) fn input(node: &Node, scope: &Scope) -> Value {
    let names = match node {
        Node::Text(text) => template::names_in_text(&text.template.value),
        Node::Delay(delay) => template::names_in_value(&delay.milliseconds.value),
        Node::Fail(fail) => template::names_in_text(&fail.message.value),
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

async fn wait(duration: Duration) {
    #[expect(clippy::disallowed_methods, reason = "to wait is what the node is for")]
    tokio::time::sleep(duration).await;
}
