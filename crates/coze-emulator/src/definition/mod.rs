//! Workflow definitions: YAML in, a checked workflow out.

mod at;
mod builder;
mod cases;
mod check;
mod decode;
mod error;
mod filled;
mod fixture;
mod kinds;
mod link;
mod nodes;
mod outline;
mod param;
mod read;
mod shape;
mod source;
pub(crate) mod template;
mod tree;
mod words;

use std::{collections::HashSet, fs, path::Path, sync::Arc};

use indexmap::IndexMap;

use self::{check::Check, source::Source};

pub(crate) use self::{
    at::At,
    cases::Case,
    filled::Filled,
    fixture::{FIXTURES, Fixture, fixture_urls},
    kinds::{Batch, Code, Condition, Http, InputForm, Llm, Loop, Output, Question, Subflow},
    link::{all, link},
    nodes::{Node, Step},
    param::{Param, Params, accept, describe, kind_of},
    source::{End, Tokens, WorkflowMode},
};
pub use self::{
    builder::DefinitionBuilder,
    error::{DefinitionError, Mistake},
    param::ParamType,
};

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
    file: Option<String>,
    files: IndexMap<String, Fixture>,
    source: Source,
}

impl Definition {
    /// Reads a definition.
    ///
    /// # Errors
    ///
    /// [`DefinitionError`] with every mistake that was found: text that is not YAML, a key or a value that is not known, and
    /// whatever would keep the workflow from running: a node id used twice, a template that does not parse or that names an
    /// input, a node, a field, a filter or a test that does not exist.
    pub fn from_yaml(yaml: &str) -> Result<Self, DefinitionError> {
        Self::read(yaml, None)
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
            Mistake::new(None, format!("cannot be read: {error}")).in_file(Some(&file))
        })?;
        Self::read(&yaml, Some(file.clone())).map_err(|error| error.in_file(&file))
    }

    fn read(yaml: &str, file: Option<String>) -> Result<Self, DefinitionError> {
        let read::Read {
            source,
            mut mistakes,
            excused,
        } = read::read(yaml);
        let mut files = IndexMap::new();
        if let Some(source) = &source {
            mistakes.extend(Check::new(&excused, None).mistakes(source));
            files = fixture::load(source, file.as_deref(), &mut mistakes);
        }
        DefinitionError::of(mistakes)?;
        // Without a mistake all was read.
        let source = source.ok_or_else(|| Mistake::new(None, "the definition is empty"))?;
        Ok(Self::checked(source, file, files))
    }

    fn from_source(source: Source) -> Result<Self, DefinitionError> {
        DefinitionError::of(Check::new(&HashSet::new(), None).mistakes(&source))?;
        Ok(Self::checked(source, None, IndexMap::new()))
    }

    fn checked(mut source: Source, file: Option<String>, files: IndexMap<String, Fixture>) -> Self {
        // 1 is the start node.
        nodes::number(&mut source.nodes, 2);
        let id = match &source.id {
            Some(id) => id.value.clone(),
            None => id_of(&source.name.value),
        };
        Self(Arc::new(Checked {
            id,
            file,
            files,
            source,
        }))
    }

    /// The file that it was read from, as it was named.
    pub fn file(&self) -> Option<&str> {
        self.0.file.as_deref()
    }

    /// A workflow of which a run is known and nothing else.
    pub(crate) fn forgotten(id: String, name: String) -> Self {
        let mut source = Source::named(name);
        source.published = false;
        Self(Arc::new(Checked {
            id,
            file: None,
            files: IndexMap::new(),
            source,
        }))
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

    /// Files that it gives out, by name.
    pub(crate) fn files(&self) -> &IndexMap<String, Fixture> {
        &self.0.files
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

    /// Agent that the chatflow stands behind.
    pub(crate) fn bot_id(&self) -> &str {
        self.0.source.bot_id.as_deref().unwrap_or(self.id())
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
        &self.0.source.end.value
    }
}

/// A stable id for a workflow without one: the same name gives the same id on every machine.
fn id_of(name: &str) -> String {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    (7_390_000_000_000_000_000 + hash % 1_000_000_000_000_000).to_string()
}
