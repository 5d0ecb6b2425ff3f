//! The YAML form of the nodes. The key is the kind: `- text: { id: hello, template: … }`.

use serde::{Deserialize, Deserializer};

use super::{
    at::{At, Place},
    kinds::{
        Batch, Block, Code, Condition, Delay, Expression, Fail, Http, InputForm, Llm, Loop, Output,
        Question, Retry, Subflow, Text,
    },
};

/// A node in its place.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) place: Option<Place>,
    /// Counts all nodes of the workflow, nested ones too, from 1; given when the definition is read.
    pub(crate) number: u32,
    pub(crate) node: Node,
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        At::deserialize(deserializer).map(|at| Self {
            place: at.place,
            number: 0,
            node: at.value,
        })
    }
}

impl Step {
    /// The id of the node on the wire.
    pub(crate) fn wire_id(&self) -> String {
        format!("1{:05}", self.number)
    }
}

impl From<Node> for Step {
    fn from(node: Node) -> Self {
        Self {
            place: None,
            number: 0,
            node,
        }
    }
}

/// The kinds of nodes, with their names in YAML.
macro_rules! nodes {
    ($($kind:ident = $name:literal,)*) => {
        /// One step.
        #[derive(Clone, Debug, Deserialize)]
        pub(crate) enum Node {
            $(#[serde(rename = $name)] $kind($kind),)*
        }

        impl Node {
            /// The id that templates use to reach the node's output.
            pub(crate) fn id(&self) -> &str {
                match self {
                    $(Self::$kind(node) => &node.id,)*
                }
            }

            /// The name people see; the id when none is given.
            pub(crate) fn title(&self) -> &str {
                let title = match self {
                    $(Self::$kind(node) => node.title.as_deref(),)*
                };
                title.unwrap_or(self.id())
            }

            /// What is done again when the node fails.
            pub(crate) fn retry(&self) -> Retry {
                match self {
                    $(Self::$kind(node) => node.retry,)*
                }
            }

            /// What is run instead when the node has failed.
            pub(crate) fn on_error(&self) -> Option<&Block> {
                match self {
                    $(Self::$kind(node) => node.on_error.as_ref(),)*
                }
            }

            fn on_error_mut(&mut self) -> Option<&mut Block> {
                match self {
                    $(Self::$kind(node) => node.on_error.as_mut(),)*
                }
            }

            /// The kind, as written in YAML.
            pub(crate) fn kind(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $name,)*
                }
            }
        }
    };
}

nodes! {
    Text = "text",
    Output = "output",
    Expression = "expression",
    Delay = "delay",
    Fail = "fail",
    Question = "question",
    InputForm = "input_form",
    Condition = "condition",
    Loop = "loop",
    Batch = "batch",
    Subflow = "subflow",
    Llm = "llm",
    Http = "http",
    Code = "code",
}

impl Node {
    /// The steps inside, block by block.
    fn inner_mut(&mut self) -> Vec<&mut Vec<Step>> {
        match self {
            Self::Condition(node) => {
                let branches = node.branches.iter_mut().map(|branch| &mut branch.nodes);
                let otherwise = node.otherwise.iter_mut().map(|block| &mut block.nodes);
                branches.chain(otherwise).collect()
            }
            Self::Loop(node) => vec![&mut node.nodes],
            Self::Batch(node) => vec![&mut node.nodes],
            _ => Vec::new(),
        }
    }
}

/// Numbers all steps in reading order and returns the next number.
pub(super) fn number(steps: &mut [Step], mut next: u32) -> u32 {
    for step in steps {
        step.number = next;
        next += 1;
        for inner in step.node.inner_mut() {
            next = number(inner, next);
        }
        if let Some(block) = step.node.on_error_mut() {
            next = number(&mut block.nodes, next);
        }
    }
    next
}
