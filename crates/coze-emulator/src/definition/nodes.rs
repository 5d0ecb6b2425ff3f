//! The YAML form of the nodes. The key is the kind: `- text: { id: hello, template: … }`.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use indexmap::IndexMap;

use super::{at::At, param::Params};

/// A node in its place.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) line: Option<u64>,
    /// Counts all nodes of the workflow, nested ones too, from 1; given when the definition is read.
    pub(crate) number: u32,
    pub(crate) node: Node,
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        At::deserialize(deserializer).map(|at| Self {
            line: at.line,
            number: 0,
            node: at.value,
        })
    }
}

impl From<Node> for Step {
    fn from(node: Node) -> Self {
        Self {
            line: None,
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
}

/// Renders a template; output `{ output: text }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Text {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    pub(crate) template: At<String>,
}

/// Shows a text to the caller while the run goes on; output `{ output: text }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Output {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    pub(crate) content: At<String>,
    /// Characters in one piece of a stream.
    #[serde(default = "piece")]
    pub(crate) piece: usize,
    /// Milliseconds before each piece.
    #[serde(default)]
    pub(crate) pause: u64,
}

/// Characters of a streamed piece when the definition does not say.
pub(crate) fn piece() -> usize {
    16
}

/// Computes a value; output `{ value: … }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expression {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    pub(crate) value: At<Value>,
}

/// Waits; output `{ milliseconds: waited }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Delay {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    /// A number, or an expression that gives one.
    pub(crate) milliseconds: At<Value>,
}

/// Ends the run as a failure.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fail {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    #[serde(default = "internal_error")]
    pub(crate) code: i64,
    pub(crate) message: At<String>,
}

fn internal_error() -> i64 {
    coze_models::codes::INTERNAL_ERROR
}

/// Asks the caller; output `{ answer: … }`, with options also `option`, with fields also the fields.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    pub(crate) text: At<String>,
    /// Texts to choose from.
    #[serde(default)]
    pub(crate) options: Vec<String>,
    /// Fields that the answer has to hold.
    #[serde(default)]
    pub(crate) extract: Params,
}

/// Asks the caller for typed fields; output the fields.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InputForm {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    pub(crate) fields: Params,
}

/// Goes the first branch whose `when` is true; output `{ branch: index, output: … }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Condition {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    pub(crate) branches: Vec<Branch>,
    #[serde(rename = "else")]
    pub(crate) otherwise: Option<Block>,
}

/// A condition and what it leads to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Branch {
    /// An expression without braces.
    pub(crate) when: At<String>,
    #[serde(default)]
    pub(crate) nodes: Vec<Step>,
    #[serde(default)]
    pub(crate) output: At<Value>,
}

/// Nodes with a result. What they define is seen inside only.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Block {
    #[serde(default)]
    pub(crate) nodes: Vec<Step>,
    #[serde(default)]
    pub(crate) output: At<Value>,
}

/// Repeats nodes one round after the other; they see `item` and `index`; output `{ items: [output of each round] }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Loop {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    /// An array, or a number of rounds.
    pub(crate) over: At<Value>,
    #[serde(default)]
    pub(crate) nodes: Vec<Step>,
    #[serde(default)]
    pub(crate) output: At<Value>,
}

/// As [`Loop`], with several rounds at a time.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    pub(crate) over: At<Value>,
    /// Rounds at a time.
    #[serde(default = "parallel")]
    pub(crate) parallel: usize,
    #[serde(default)]
    pub(crate) nodes: Vec<Step>,
    #[serde(default)]
    pub(crate) output: At<Value>,
}

fn parallel() -> usize {
    10
}

/// Runs another workflow; output its variables, or `{ output: text }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subflow {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    /// Name or id.
    pub(crate) workflow: String,
    #[serde(default)]
    pub(crate) inputs: IndexMap<String, At<Value>>,
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
    }
    next
}
