//! Definitions in Rust, for tests.

use indexmap::IndexMap;
use serde_json::Value;

use super::{
    Definition, DefinitionError, ParamType,
    kinds::{Delay, Expression, Fail, Output, Question, Retry, Text, piece},
    nodes::Node,
    param::Param,
    source::Source,
};

/// Describes a [`Definition`] node by node; for nodes that hold nodes write YAML.
///
/// ```
/// use coze_emulator::{Definition, ParamType};
/// use serde_json::json;
///
/// let report = Definition::builder("report")
///     .required_input("topic", ParamType::String)
///     .delay("think", 500)
///     .output("told", "About {{ topic }}")
///     .returns("length", json!("{{ told.output | length }}"))
///     .build()?;
/// assert_eq!(report.name(), "report");
/// # Ok::<(), coze_emulator::DefinitionError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct DefinitionBuilder(Source);

impl Definition {
    /// Starts to describe a workflow in Rust.
    pub fn builder(name: impl Into<String>) -> DefinitionBuilder {
        DefinitionBuilder(Source::named(name.into()))
    }
}

impl DefinitionBuilder {
    /// Sets the decimal id; without it one is made from the name.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.0.id = Some(id.into().into());
        self
    }

    /// Leaves the workflow unpublished, so that the API does not run it.
    pub fn unpublished(mut self) -> Self {
        self.0.published = false;
        self
    }

    /// Makes it a chatflow; its templates also see `USER_INPUT` and `CONVERSATION_NAME`.
    pub fn chatflow(mut self) -> Self {
        self.0.mode = super::WorkflowMode::Chatflow;
        self
    }

    /// Adds an input that must be sent.
    pub fn required_input(self, name: impl Into<String>, kind: ParamType) -> Self {
        self.param(name.into(), kind, true, None)
    }

    /// Adds an input with a default; null for none.
    pub fn input(
        self,
        name: impl Into<String>,
        kind: ParamType,
        default: impl Into<Value>,
    ) -> Self {
        let default = Some(default.into()).filter(|default| !default.is_null());
        self.param(name.into(), kind, false, default)
    }

    fn param(
        mut self,
        name: String,
        kind: ParamType,
        required: bool,
        default: Option<Value>,
    ) -> Self {
        let param = Param {
            kind,
            required,
            description: String::new(),
            default,
            items: None,
            properties: None,
        };
        self.0.inputs.value.insert(name, param);
        self
    }

    fn node(mut self, node: Node) -> Self {
        self.0.nodes.push(node.into());
        self
    }

    /// Adds a node that renders a template; later nodes see `id.output`.
    pub fn text(self, id: impl Into<String>, template: impl Into<String>) -> Self {
        self.node(Node::Text(Text {
            id: id.into(),
            title: None,
            retry: Retry::default(),
            on_error: None,
            template: template.into().into(),
        }))
    }

    /// Adds a node that shows a text while the run goes on; a stream gets it in pieces of 16 characters.
    pub fn output(self, id: impl Into<String>, content: impl Into<String>) -> Self {
        self.node(Node::Output(Output {
            id: id.into(),
            title: None,
            retry: Retry::default(),
            on_error: None,
            content: content.into().into(),
            piece: piece(),
            pause: 0,
        }))
    }

    /// Adds a node that computes a value; later nodes see `id.value`.
    pub fn expression(self, id: impl Into<String>, value: impl Into<Value>) -> Self {
        self.node(Node::Expression(Expression {
            id: id.into(),
            title: None,
            retry: Retry::default(),
            on_error: None,
            value: value.into().into(),
        }))
    }

    /// Adds a node that waits for some milliseconds.
    pub fn delay(self, id: impl Into<String>, milliseconds: u64) -> Self {
        self.node(Node::Delay(Delay {
            id: id.into(),
            title: None,
            retry: Retry::default(),
            on_error: None,
            milliseconds: Value::from(milliseconds).into(),
        }))
    }

    /// Adds a node that stops until the caller answers; later nodes see `id.answer`.
    pub fn question(self, id: impl Into<String>, text: impl Into<String>) -> Self {
        self.node(Node::Question(Question {
            id: id.into(),
            title: None,
            retry: Retry::default(),
            on_error: None,
            text: text.into().into(),
            options: Vec::new(),
            extract: IndexMap::new(),
        }))
    }

    /// Adds a node that ends the run as a failure.
    pub fn fail(self, id: impl Into<String>, code: i64, message: impl Into<String>) -> Self {
        self.node(Node::Fail(Fail {
            id: id.into(),
            title: None,
            retry: Retry::default(),
            on_error: None,
            when: None,
            code,
            message: message.into().into(),
        }))
    }

    /// Adds a variable that the run returns.
    pub fn returns(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let variables = self.0.end.value.variables.get_or_insert_default();
        variables.insert(name.into(), value.into().into());
        self
    }

    /// Lets the run return a text instead of variables.
    pub fn returns_text(mut self, text: impl Into<String>) -> Self {
        self.0.end.value.text = Some(text.into().into());
        self
    }

    /// Checks the definition. One that returns nothing returns no variables.
    ///
    /// # Errors
    ///
    /// [`DefinitionError`] for the same mistakes as in YAML, without a line.
    pub fn build(mut self) -> Result<Definition, DefinitionError> {
        let end = &mut self.0.end.value;
        if end.variables.is_none() && end.text.is_none() {
            end.variables = Some(IndexMap::new());
        }
        Definition::from_source(self.0)
    }
}
