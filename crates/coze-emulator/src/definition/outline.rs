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

/// A list of nodes in a node, with what leads to it.
fn block(label: &str, nodes: &[Step]) -> Value {
    json!({ "label": label, "nodes": steps(nodes) })
}

fn steps(steps: &[Step]) -> Value {
    steps.iter().map(step).collect()
}

/// One node; `blocks` are the lists of nodes in it, each with its `label`.
fn step(step: &Step) -> Value {
    let mut blocks = match &step.node {
        Node::Condition(node) => {
            let branches = node.branches.iter();
            let branches = branches.map(|branch| block(&branch.when.value, &branch.nodes));
            let otherwise = node
                .otherwise
                .iter()
                .map(|other| block("else", &other.nodes));
            branches.chain(otherwise).collect()
        }
        Node::Loop(node) => vec![block("each round", &node.nodes)],
        Node::Batch(node) => vec![block("rounds in parallel", &node.nodes)],
        _ => Vec::new(),
    };
    let failed = step.node.on_error();
    blocks.extend(failed.map(|instead| block("on error", &instead.nodes)));
    json!({
        "node_id": step.wire_id(),
        "id": step.node.id(),
        "title": step.node.title(),
        "kind": step.node.kind(),
        "blocks": blocks,
    })
}
