//! What templates may take of a name.

use super::{
    cases::Case,
    filled::Filled,
    nodes::Node,
    param::{Param, ParamType},
    source::End,
};

/// The fields of a value, as far as they are known before anything runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Nothing is known.
    Any,
    /// A value of this type, which has no fields.
    Plain(&'static str),
    Fields(Vec<String>),
}

impl Shape {
    pub(super) fn fields<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Self::Fields(names.into_iter().map(Into::into).collect())
    }

    /// What an input or a field of a form holds.
    pub(super) fn of_param(param: &Param) -> Self {
        match param.kind {
            ParamType::Object | ParamType::Array => Self::Any,
            kind => Self::Plain(kind.as_str()),
        }
    }

    /// The output of a workflow, as the node that runs it gives it.
    pub(super) fn of_end(end: &End) -> Self {
        match &end.variables {
            Some(variables) => Self::fields(variables.keys()),
            None => Self::fields(["output"]),
        }
    }

    /// This, or that.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Fields(mut names), Self::Fields(more)) => {
                names.extend(more);
                Self::Fields(names)
            }
            _ => Self::Any,
        }
    }

    /// A result that is written down: the members of an object, or the one field that holds anything else.
    fn of_result(result: &Filled, field: Option<&str>) -> Self {
        match (result, field) {
            (Filled::Map(members), _) => Self::fields(members.keys()),
            (Filled::Text(text), Some(_)) if text.value.trim().starts_with("{{") => Self::Any,
            (_, Some(field)) => Self::fields([field]),
            (_, None) => Self::Any,
        }
    }

    fn of_results(cases: &[Case], otherwise: Option<&Filled>, field: Option<&str>) -> Self {
        let results = cases.iter().filter_map(|case| case.returns.as_ref());
        let shapes = results
            .chain(otherwise)
            .map(|it| Self::of_result(it, field));
        shapes.reduce(Self::or).unwrap_or(Self::Any)
    }

    /// The output of a node; `subflow` tells that of another workflow.
    pub(super) fn of_node(node: &Node, subflow: impl FnOnce(&str) -> Self) -> Self {
        let output = Self::of_kind(node, subflow);
        match node.on_error() {
            Some(block) => output.or(Self::of_result(&block.output, None)),
            None => output,
        }
    }

    fn of_kind(node: &Node, subflow: impl FnOnce(&str) -> Self) -> Self {
        match node {
            Node::Text(_) | Node::Output(_) => Self::fields(["output"]),
            Node::Expression(_) => Self::fields(["value"]),
            Node::Delay(_) => Self::fields(["milliseconds"]),
            Node::Fail(_) => Self::fields(["failed"]),
            Node::Llm(node) => Self::of_results(&node.cases, node.returns.as_ref(), Some("output")),
            Node::Http(_) => Self::fields(["status", "headers", "body"]),
            Node::Code(node) => Self::of_results(&node.cases, node.returns.as_ref(), None),
            Node::Question(node) if node.extract.is_empty() => {
                let choice: &[&str] = if node.options.is_empty() {
                    &[]
                } else {
                    &["option", "option_id"]
                };
                Self::fields(["answer"].iter().chain(choice).copied())
            }
            Node::Question(node) => {
                Self::fields(node.extract.keys().map(String::as_str).chain(["answer"]))
            }
            Node::InputForm(node) => Self::fields(node.fields.keys()),
            Node::Condition(_) => Self::fields(["branch", "output"]),
            Node::Loop(_) | Node::Batch(_) => Self::fields(["items"]),
            Node::Subflow(node) => subflow(&node.workflow.value),
        }
    }
}
