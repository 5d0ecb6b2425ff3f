//! The YAML form of a definition, key by key.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::{at::At, param::Params};

/// One workflow file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    /// Decimal id; made from the name when absent.
    pub(crate) id: Option<At<String>>,
    pub(crate) name: At<String>,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default = "published")]
    pub(crate) published: bool,
    #[serde(default)]
    pub(crate) inputs: At<Params>,
    #[serde(default)]
    pub(crate) nodes: Vec<At<Node>>,
    pub(crate) end: End,
}

fn published() -> bool {
    true
}

/// One step. The YAML key is the kind: `- text: { id: hello, template: … }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Node {
    Text(Text),
    Delay(Delay),
    Fail(Fail),
}

/// Renders a template; output `{ output: text }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Text {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    pub(crate) template: At<String>,
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
    5000
}

/// What the run returns: variables or a text, exactly one of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct End {
    pub(crate) variables: Option<IndexMap<String, At<Value>>>,
    pub(crate) text: Option<At<String>>,
}

impl Node {
    /// The id that templates use to reach the node's output.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Text(node) => &node.id,
            Self::Delay(node) => &node.id,
            Self::Fail(node) => &node.id,
        }
    }

    /// The name people see; the id when none is given.
    pub(crate) fn title(&self) -> &str {
        match self {
            Self::Text(node) => node.title.as_deref(),
            Self::Delay(node) => node.title.as_deref(),
            Self::Fail(node) => node.title.as_deref(),
        }
        .unwrap_or(self.id())
    }

    /// The kind, as written in YAML.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Delay(_) => "delay",
            Self::Fail(_) => "fail",
        }
    }
}
