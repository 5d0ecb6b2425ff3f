//! What a workflow takes.

mod check;
mod problem;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use problem::InputProblem;

/// The inputs of a workflow.
///
/// ```
/// use coze_engine::{InputField, InputKind, InputSchema};
///
/// let schema = InputSchema::new(vec![InputField::new("name", InputKind::Text).required()]);
/// let problems = schema.check(serde_json::json!({ "nam": "Ada" }).as_object().unwrap());
/// let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
/// assert_eq!(
///     said,
///     ["there is no input `nam`; did you mean `name`?", "the input `name` is required"]
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InputSchema {
    /// The version of the workflow that these are of, where the engine tells it.
    #[serde(default)]
    pub version: Option<String>,
    /// All inputs, in the order of the service.
    pub fields: Vec<InputField>,
}

impl InputSchema {
    /// These inputs and no others.
    pub const fn new(fields: Vec<InputField>) -> Self {
        Self {
            version: None,
            fields,
        }
    }
}

/// An input of a workflow, or a field of a form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct InputField {
    /// Its name.
    pub name: String,
    /// The kind of value it takes.
    pub kind: InputKind,
    /// The kind in the engine's word, e.g. `image` or `paragraph`; it may be empty.
    pub type_name: String,
    /// Whether a run needs it.
    pub required: bool,
    /// The author's words; empty where there are none.
    pub description: String,
    /// What is taken when it is left out.
    pub default: Option<Value>,
    /// The texts it takes; empty where any will do.
    pub options: Vec<String>,
    /// The length of its text at most, in characters.
    pub max_chars: Option<usize>,
    /// The shape of each element of an array.
    pub items: Option<Box<InputField>>,
    /// The members of an object.
    pub properties: Vec<InputField>,
}

impl InputField {
    /// An input that may be left out.
    pub fn new(name: impl Into<String>, kind: InputKind) -> Self {
        Self {
            name: name.into(),
            kind,
            ..Self::default()
        }
    }

    /// The same, and a run needs it.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

/// The kind of value that an input takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(rename_all = "lowercase")]
pub enum InputKind {
    /// Any: the engine does not tell, or this version does not know the kind.
    #[default]
    Any,
    /// A text.
    Text,
    /// A number without a fraction.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// A list.
    Array,
    /// An object.
    Object,
    /// A file: what [`FileRef::value`](crate::FileRef::value) has, or a URL.
    File,
}
