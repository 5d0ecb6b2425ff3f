//! The YAML form of a definition: the workflow around its nodes.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use super::{
    at::At,
    nodes::Step,
    param::{ParamType, Params},
};

/// One workflow file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    /// Decimal id; made from the name when absent.
    pub(crate) id: Option<At<String>>,
    pub(crate) name: At<String>,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default = "yes")]
    pub(crate) published: bool,
    #[serde(default)]
    pub(crate) mode: WorkflowMode,
    /// App that owns the workflow; `"0"` is none.
    #[serde(default = "no_app")]
    pub(crate) app_id: String,
    /// Published versions, oldest first; `v0.0.1` alone by default.
    #[serde(default)]
    pub(crate) versions: Vec<String>,
    /// Tokens that a run is said to use.
    #[serde(default)]
    pub(crate) usage: Tokens,
    #[serde(default)]
    pub(crate) inputs: At<Params>,
    #[serde(default)]
    pub(crate) nodes: Vec<Step>,
    pub(crate) end: End,
}

/// Whether a workflow is run or chatted with.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WorkflowMode {
    #[default]
    Workflow,
    Chatflow,
}

/// Token counts.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tokens {
    #[serde(default)]
    pub(crate) input: u32,
    #[serde(default)]
    pub(crate) output: u32,
}

/// What the run returns: variables or a text, exactly one of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct End {
    pub(crate) variables: Option<IndexMap<String, At<Value>>>,
    /// Types of the variables, for the workflow's description; `string` unless told.
    #[serde(default)]
    pub(crate) types: IndexMap<String, ParamType>,
    pub(crate) text: Option<At<String>>,
    /// Whether a stream gets the text in pieces.
    #[serde(default)]
    pub(crate) streaming: bool,
}

impl Source {
    /// A published workflow that does nothing yet.
    pub(super) fn named(name: String) -> Self {
        Self {
            id: None,
            name: name.into(),
            description: String::new(),
            published: true,
            mode: WorkflowMode::default(),
            app_id: no_app(),
            versions: Vec::new(),
            usage: Tokens::default(),
            inputs: At::default(),
            nodes: Vec::new(),
            end: End {
                variables: None,
                types: IndexMap::new(),
                text: None,
                streaming: false,
            },
        }
    }
}

fn yes() -> bool {
    true
}

fn no_app() -> String {
    "0".into()
}
