//! What a page says, with the place of each part.

mod endpoint;

use crate::source::{FileId, Spanned};
use serde_json::Value;

pub use endpoint::*;

/// One page of `docs/api`.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its file.
    pub file: FileId,
    /// Text of the first heading.
    pub title: Spanned<String>,
    /// Paragraphs between the title and the first table or section.
    pub intro: Vec<Spanned<String>>,
    /// The operation, on pages that describe one.
    pub endpoint: Option<Endpoint>,
    /// Tables of fields, values and events, in order.
    pub sections: Vec<Section>,
    /// Kinds of ids that the page introduces.
    pub ids: Vec<IdRow>,
    /// Tables of error codes.
    pub codes: Vec<CodeSection>,
    /// Examples, in order.
    pub examples: Vec<Example>,
    /// Places where the vendor's sources disagree.
    pub deviations: Vec<Deviation>,
}

/// `## Role `Name`` with its table.
#[derive(Clone, Debug)]
pub struct Section {
    /// What it describes.
    pub role: Role,
    /// Name of the type.
    pub name: Spanned<String>,
    /// Names the vendor's pages use for it.
    pub vendor: Vec<Spanned<String>>,
    /// The key of the data that names an event, where the stream has no `event:` line for it.
    pub named_by: Option<Spanned<String>>,
    /// Paragraphs between the heading and the table.
    pub prose: Vec<Spanned<String>>,
    /// The table.
    pub rows: Rows,
}

/// The table of a section.
#[derive(Clone, Debug)]
pub enum Rows {
    /// Fields of an object or a request.
    Fields(Vec<Field>),
    /// Values of an enum.
    Values(Vec<EnumValue>),
    /// Events of a stream.
    Events(Vec<EventRow>),
}

/// One row of a table of fields.
#[derive(Clone, Debug)]
pub struct Field {
    /// Name on the wire.
    pub name: Spanned<String>,
    /// Other names under which it is read as well.
    pub aliases: Vec<Spanned<String>>,
    /// Type.
    pub ty: Spanned<Type>,
    /// Presence.
    pub presence: Spanned<Presence>,
    /// Example, if there is one.
    pub example: Option<Spanned<Value>>,
    /// Description, as Markdown.
    pub doc: Spanned<String>,
}

/// A type of the page grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `string`
    Str,
    /// `text`: a string; any other value is read as its JSON text.
    Text,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `float`
    Float,
    /// `json`
    Json,
    /// `json_text`: a JSON document in a string.
    JsonText,
    /// `unix_seconds`
    UnixSeconds,
    /// `file`: the bytes of a part.
    File,
    /// `id<kind>`
    Id(String),
    /// `map<T>`
    Map(Box<Type>),
    /// `list<T>`
    List(Box<Type>),
    /// `box<T>`
    Boxed(Box<Type>),
    /// The name of a section.
    Named(String),
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Str => f.write_str("string"),
            Self::Text => f.write_str("text"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Float => f.write_str("float"),
            Self::Json => f.write_str("json"),
            Self::JsonText => f.write_str("json_text"),
            Self::UnixSeconds => f.write_str("unix_seconds"),
            Self::File => f.write_str("file"),
            Self::Id(kind) => write!(f, "id<{kind}>"),
            Self::Map(of) => write!(f, "map<{of}>"),
            Self::List(of) => write!(f, "list<{of}>"),
            Self::Boxed(of) => write!(f, "box<{of}>"),
            Self::Named(name) => f.write_str(name),
        }
    }
}

/// When a field is there.
#[derive(Clone, Debug, PartialEq)]
pub enum Presence {
    /// Always.
    Required,
    /// Not always.
    Optional,
    /// The reader takes this value when it is absent.
    Default(Value),
    /// Always sent, with this value unless another is set.
    Always(Value),
    /// Always sent, and always this.
    Fixed(Value),
    /// Only when that field has that value.
    If(String, String),
    /// A value on the wire that means the same as no field.
    AbsentAs(Value),
}

/// One row of a table of values.
#[derive(Clone, Debug)]
pub struct EnumValue {
    /// The value on the wire.
    pub value: Spanned<String>,
    /// Rust name, where it does not follow from the value.
    pub name: Option<Spanned<String>>,
    /// Description.
    pub doc: Spanned<String>,
}

/// One row of a table of events.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// Name on the wire.
    pub name: Spanned<String>,
    /// Whether events without a name are this one.
    pub unnamed: bool,
    /// What its data is.
    pub payload: Payload,
    /// Whether it ends the stream.
    pub ends: bool,
    /// Description.
    pub doc: Spanned<String>,
}

/// The data of an event.
#[derive(Clone, Debug)]
pub enum Payload {
    /// Never looked at.
    Ignored,
    /// A JSON object.
    Object(Spanned<String>),
    /// A JSON object; anything else counts as an empty one.
    OrNothing(Spanned<String>),
    /// A JSON object; anything else is the value of that field.
    OrText(Spanned<String>, Spanned<String>),
}

impl Payload {
    /// The object, if there is one.
    pub const fn object(&self) -> Option<&Spanned<String>> {
        match self {
            Self::Ignored => None,
            Self::Object(name) | Self::OrNothing(name) | Self::OrText(name, _) => Some(name),
        }
    }
}

/// One row of a table of id kinds.
#[derive(Clone, Debug)]
pub struct IdRow {
    /// The word in `id<…>`.
    pub kind: Spanned<String>,
    /// Description.
    pub doc: Spanned<String>,
}

/// `## Codes `name`` with its table.
#[derive(Clone, Debug)]
pub struct CodeSection {
    /// Name of the table.
    pub name: Spanned<String>,
    /// Paragraphs between the heading and the table.
    pub prose: Vec<Spanned<String>>,
    /// The rows.
    pub rows: Vec<CodeRow>,
}

/// One row of a table of error codes.
#[derive(Clone, Debug)]
pub struct CodeRow {
    /// The number.
    pub code: Spanned<i64>,
    /// Its name, in snake case.
    pub name: Spanned<String>,
    /// What kind of failure it is: one of [`CODE_CLASSES`].
    pub class: Spanned<String>,
    /// What it proves about the request: one of [`CODE_OUTCOMES`].
    pub outcome: Spanned<String>,
    /// Whether another attempt helps: one of [`CODE_RETRIES`].
    pub retry: Spanned<String>,
    /// What it means.
    pub meaning: Spanned<String>,
    /// What to do.
    pub advice: Spanned<String>,
}

/// The words of the column `Class`.
pub const CODE_CLASSES: [&str; 10] = [
    "throttled",
    "credential",
    "permission",
    "quota",
    "input",
    "not found",
    "not published",
    "busy",
    "service",
    "model",
];

/// The words of the column `Outcome`.
pub const CODE_OUTCOMES: [&str; 3] = ["not accepted", "accepted", "unknown"];

/// The words of the column `Retry`.
pub const CODE_RETRIES: [&str; 3] = ["no", "later", "once"];

/// What an example shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExampleOf {
    /// A request body.
    Request,
    /// A response, with its envelope.
    Response,
    /// The data of this event.
    Event(String),
    /// This object.
    Object(String),
}

/// One example.
#[derive(Clone, Debug)]
pub struct Example {
    /// What it shows.
    pub of: Spanned<ExampleOf>,
    /// Its label.
    pub label: Spanned<String>,
    /// Its text.
    pub text: Spanned<String>,
    /// Its value; `None` when an event's data is no JSON.
    pub json: Option<Value>,
}

/// One row of the deviations.
#[derive(Clone, Debug)]
pub struct Deviation {
    /// `Type.field`, or a path into the response.
    pub at: Spanned<String>,
    /// Rule that finds it.
    pub rule: Spanned<String>,
    /// What the vendor says.
    pub vendor: Spanned<String>,
    /// What was decided.
    pub decision: Spanned<String>,
}
