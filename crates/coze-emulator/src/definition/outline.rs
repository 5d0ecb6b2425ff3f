//! A workflow as a picture needs it: its nodes with their places.

use serde_json::{Value, json};

use super::{
    Definition, describe,
    nodes::{Node, Step},
};

impl Definition {
    /// What people and programs are shown of the workflow.
    pub(crate) fn outline(&self) -> Value {
        json!({
            "id": self.id(),
            "name": self.name(),
            "description": self.description(),
            "mode": if self.is_chatflow() { "chatflow" } else { "workflow" },
            "published": self.is_published(),
            "versions": self.versions(),
            "inputs": describe(self.inputs()),
            "nodes": steps(self.nodes()),
        })
    }
}

fn steps(steps: &[Step]) -> Value {
    steps.iter().map(step).collect()
}

/// One node; `blocks` are the lists of nodes in it.
fn step(step: &Step) -> Value {
    let blocks: Vec<_> = match &step.node {
        Node::Condition(node) => {
            let branches = node.branches.iter().map(|branch| steps(&branch.nodes));
            let otherwise = node.otherwise.iter().map(|block| steps(&block.nodes));
            branches.chain(otherwise).collect()
        }
        Node::Loop(node) => vec![steps(&node.nodes)],
        Node::Batch(node) => vec![steps(&node.nodes)],
        _ => Vec::new(),
    };
    json!({
        "node_id": step.wire_id(),
        "id": step.node.id(),
        "title": step.node.title(),
        "kind": step.node.kind(),
        "blocks": blocks,
    })
}
