//! Workflow definitions: YAML in, a checked workflow out.

mod at;
mod builder;
mod check;
mod error;
mod nodes;
mod param;
mod source;
pub(crate) mod template;

use std::{fs, path::Path, sync::Arc};

use source::Source;

pub(crate) use self::{
    at::At,
    nodes::{Batch, Condition, InputForm, Loop, Node, Output, Question, Step, Subflow, piece},
    param::{Param, Params, accept, describe, kind_of},
    source::{End, Tokens, WorkflowMode},
};
pub use self::{builder::DefinitionBuilder, error::DefinitionError, param::ParamType};

/// A workflow that the emulator can run.
///
/// ```
/// let greeting = coze_emulator::Definition::from_yaml(r#"
/// name: greeting
/// inputs:
///   name: { type: string, required: true }
/// nodes:
///   - text: { id: hello, template: "Hello, {{ name }}!" }
/// end:
///   variables: { greeting: "{{ hello.output }}" }
/// "#)?;
/// assert_eq!(greeting.name(), "greeting");
/// # Ok::<(), coze_emulator::DefinitionError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Definition(Arc<Checked>);

#[derive(Debug)]
struct Checked {
    id: String,
    source: Source,
}

impl Definition {
    /// Reads a definition.
    ///
    /// # Errors
    ///
    /// [`DefinitionError`] when the text is not YAML, has a key that is not known, or describes a workflow that cannot
    /// run: a node id used twice, a template that does not parse or that names something that does not exist.
    pub fn from_yaml(yaml: &str) -> Result<Self, DefinitionError> {
        let source: Source = serde_saphyr::from_str(yaml)?;
        Self::from_source(source)
    }

    /// Reads a definition file.
    ///
    /// # Errors
    ///
    /// As [`from_yaml`](Self::from_yaml), and when the file cannot be read.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, DefinitionError> {
        let path = path.as_ref();
        let file = path.display().to_string();
        let yaml = fs::read_to_string(path).map_err(|error| {
            DefinitionError::new(None, format!("cannot be read: {error}")).in_file(file.clone())
        })?;
        Self::from_yaml(&yaml).map_err(|error| error.in_file(file))
    }

    pub(crate) fn from_source(mut source: Source) -> Result<Self, DefinitionError> {
        check::check(&source)?;
        // 1 is the start node.
        nodes::number(&mut source.nodes, 2);
        let id = match &source.id {
            Some(id) => id.value.clone(),
            None => id_of(&source.name.value),
        };
        Ok(Self(Arc::new(Checked { id, source })))
    }

    /// The decimal id; callers may use the name instead.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0.source.name.value
    }

    /// The description, empty by default.
    pub fn description(&self) -> &str {
        &self.0.source.description
    }

    /// Whether the API may run it.
    pub fn is_published(&self) -> bool {
        self.0.source.published
    }

    pub(crate) fn inputs(&self) -> &Params {
        &self.0.source.inputs.value
    }

    pub(crate) fn nodes(&self) -> &[Step] {
        &self.0.source.nodes
    }

    pub(crate) fn is_chatflow(&self) -> bool {
        self.0.source.mode == WorkflowMode::Chatflow
    }

    /// App that owns the workflow; `"0"` is none.
    pub(crate) fn app_id(&self) -> &str {
        &self.0.source.app_id
    }

    /// Published versions, oldest first.
    pub(crate) fn versions(&self) -> Vec<&str> {
        let versions = &self.0.source.versions;
        match (self.is_published(), versions.is_empty()) {
            (false, _) => Vec::new(),
            (true, true) => vec!["v0.0.1"],
            (true, false) => versions.iter().map(String::as_str).collect(),
        }
    }

    pub(crate) fn usage(&self) -> Tokens {
        self.0.source.usage
    }

    pub(crate) fn end(&self) -> &End {
        &self.0.source.end
    }
}

/// A stable id for a workflow without one: the same name gives the same id on every machine.
fn id_of(name: &str) -> String {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (7_390_000_000_000_000_000 + hash % 1_000_000_000_000_000).to_string()
}
