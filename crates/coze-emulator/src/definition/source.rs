//! The YAML form of a definition: the workflow around its nodes.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{
    at::At,
    filled::Filled,
    kinds::piece,
    nodes::Step,
    param::{ParamType, Params},
};

/// One workflow file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    /// Decimal id; made from the name when absent.
    pub(crate) id: Option<At<String>>,
    #[serde(default)]
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
    /// Agent that the chatflow stands behind; its own id when absent.
    pub(crate) bot_id: Option<String>,
    /// Published versions, oldest first; `v0.0.1` alone by default.
    #[serde(default)]
    pub(crate) versions: Vec<String>,
    /// Tokens that a run is said to use beside those of its models.
    #[serde(default)]
    pub(crate) usage: Tokens,
    /// Files beside the definition that can be fetched.
    #[serde(default)]
    pub(crate) files: IndexMap<String, At<FileSource>>,
    #[serde(default)]
    pub(crate) inputs: At<Params>,
    #[serde(default)]
    pub(crate) nodes: Vec<Step>,
    #[serde(default)]
    pub(crate) end: At<End>,
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
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tokens {
    #[serde(default)]
    pub(crate) input: u32,
    #[serde(default)]
    pub(crate) output: u32,
}

impl Tokens {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            output: self.output.saturating_add(other.output),
        }
    }

    pub(crate) fn sum(self) -> u64 {
        u64::from(self.input) + u64::from(self.output)
    }
}

/// What the run returns: variables or a text, exactly one of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct End {
    pub(crate) variables: Option<IndexMap<String, Filled>>,
    /// Types of the variables, for the workflow's description; `string` unless told.
    #[serde(default)]
    pub(crate) types: IndexMap<String, At<ParamType>>,
    pub(crate) text: Option<At<String>>,
    /// Whether a stream gets the text in pieces.
    #[serde(default)]
    pub(crate) streaming: bool,
    /// Characters in one piece.
    #[serde(default = "piece")]
    pub(crate) piece: usize,
    /// Milliseconds before each piece.
    #[serde(default)]
    pub(crate) pause: u64,
}

/// A file that a workflow gives out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileSource {
    /// Path from the folder of the definition.
    pub(crate) path: Option<String>,
    /// The content itself.
    pub(crate) text: Option<String>,
    /// Content type; told by the path's ending when absent.
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
}

impl Default for End {
    fn default() -> Self {
        Self {
            variables: None,
            types: IndexMap::new(),
            text: None,
            streaming: false,
            piece: piece(),
            pause: 0,
        }
    }
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
            bot_id: None,
            versions: Vec::new(),
            usage: Tokens::default(),
            files: IndexMap::new(),
            inputs: At::default(),
            nodes: Vec::new(),
            end: At::default(),
        }
    }
}

fn yes() -> bool {
    true
}

fn no_app() -> String {
    "0".into()
}
