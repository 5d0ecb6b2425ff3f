//! What a page says, with the words it uses and the places where it uses them.

use super::json::Node;
use super::types::TypeExpr;
use super::words::{Column, Presence, squeeze};

/// Shape of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Whole page with navigation; cells are separated by lines that hold one TAB.
    A,
    /// Article only; one cell a line, no separators.
    B,
    /// Markdown by a third party, pipe tables with code spans for names.
    C,
    /// OpenAPI inside a Markdown fence.
    D,
    /// Markdown as the vendor exports it.
    Official,
}

impl Format {
    /// Name in reports and locks.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
            Self::Official => "official",
        }
    }
}

/// A text with its place; columns are characters from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The text, markup removed, lines kept.
    pub text: String,
    /// Line of its first character.
    pub line: usize,
    /// Column of its first character.
    pub column: usize,
}

impl Cell {
    /// A text at a place.
    pub fn new(text: impl Into<String>, line: usize, column: usize) -> Self {
        Self {
            text: text.into(),
            line,
            column,
        }
    }

    /// The text on one line with single spaces.
    pub fn flat(&self) -> String {
        squeeze(&self.text)
    }
}

/// What a table describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Method, address and scope.
    Endpoint,
    /// Request headers.
    Header,
    /// Placeholders of the path.
    Path,
    /// Query parameters.
    Query,
    /// Members of the request body.
    Body,
    /// Members of the response.
    Response,
    /// Members of a named object.
    Object(String),
    /// Anything else: limits, error codes, events, links.
    Other(String),
}

impl Role {
    /// Key in locks and reports.
    pub fn key(&self) -> &str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Header => "header",
            Self::Path => "path",
            Self::Query => "query",
            Self::Body => "body",
            Self::Response => "response",
            Self::Object(name) | Self::Other(name) => name,
        }
    }
}

/// One row of a table.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// Name as written, without markup and marks of nesting.
    pub name: Cell,
    /// Depth given by marks before the name (`»`); 0 for none.
    pub depth: usize,
    /// Type as written and as understood.
    pub ty: Option<(Cell, TypeExpr)>,
    /// Presence as written and as understood.
    pub presence: Option<(Cell, Presence)>,
    /// Example or value; placeholders such as `\` give none.
    pub example: Option<Cell>,
    /// Description.
    pub text: Cell,
    /// Cells of columns of no known meaning.
    pub others: Vec<Cell>,
    /// Cells that must not be empty and are.
    pub empty: Vec<Column>,
    /// `nullable` was said by a keyword.
    pub nullable: bool,
    /// Values said by a keyword.
    pub keyword_values: Vec<String>,
    /// Target of a link in the type cell, when it leads to another page.
    pub elsewhere: bool,
}

impl Row {
    /// A row with a name and nothing else.
    pub fn named(name: Cell) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    /// The understood type.
    pub fn kind(&self) -> Option<&TypeExpr> {
        self.ty.as_ref().map(|(_, ty)| ty)
    }
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// What it describes.
    pub role: Role,
    /// Key unique on the page within its operation.
    pub key: String,
    /// Index of the operation it belongs to.
    pub op: Option<usize>,
    /// Meaning of its columns; empty for tables without a header.
    pub columns: Vec<Column>,
    /// Header words as written.
    pub header: Vec<String>,
    /// Its rows.
    pub rows: Vec<Row>,
    /// Line of the header, or of the first row.
    pub line: usize,
    /// When it applies, from its heading: field and value.
    pub condition: Option<(String, String)>,
}

impl Table {
    /// Whether a column holds types.
    pub fn has_types(&self) -> bool {
        self.columns.contains(&Column::Type)
    }

    /// The row of a field.
    pub fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name.text == name)
    }
}

/// An address of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// As written, without markup.
    pub url: String,
    /// The path, placeholders as `{name}`.
    pub path: String,
    /// Line.
    pub line: usize,
}

/// An operation a page describes.
#[derive(Clone, Debug, Default)]
pub struct Operation {
    /// HTTP method, upper case; empty when the page says none.
    pub method: String,
    /// Its addresses; the first is the usual one.
    pub addresses: Vec<Address>,
    /// Scope a token needs.
    pub scope: Option<String>,
    /// Line of its first row.
    pub line: usize,
}

impl Operation {
    /// The path of the first address.
    pub fn path(&self) -> &str {
        self.addresses.first().map_or("", |one| one.path.as_str())
    }
}

/// Which way an example goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// Sent.
    Request,
    /// Received.
    Response,
    /// A value of a named object.
    Object(String),
    /// Code, links and the like.
    Other,
}

/// An HTTP call in an example.
#[derive(Clone, Debug, Default)]
pub struct Call {
    /// Method.
    pub method: String,
    /// Address as written.
    pub url: String,
    /// Header names as written.
    pub headers: Vec<String>,
    /// Names of form parts.
    pub form: Vec<String>,
    /// JSON body.
    pub body: Option<Node>,
    /// Line of its first line.
    pub line: usize,
}

/// What an example holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// One or more JSON documents.
    Json(Vec<Node>),
    /// An HTTP call.
    Call(Call),
    /// Server-sent events: name and data.
    Events(Vec<(String, Node)>),
    /// Anything else.
    Text,
}

/// An example.
#[derive(Clone, Debug)]
pub struct Example {
    /// Which way it goes.
    pub side: Side,
    /// Operation it belongs to.
    pub op: Option<usize>,
    /// Label, tab or heading above it.
    pub label: String,
    /// What it holds.
    pub content: Content,
    /// Its text.
    pub body: String,
    /// Line of its first line.
    pub line: usize,
    /// Headed by words for an error, without a table of its own.
    pub error_response: bool,
    /// JSON was announced but does not parse: line and column.
    pub broken: Option<(usize, usize)>,
}

/// A line of running text that is part of the fingerprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prose {
    /// The text.
    pub text: String,
    /// Operation it belongs to.
    pub op: Option<usize>,
    /// Line.
    pub line: usize,
}

/// One page.
#[derive(Clone, Debug)]
pub struct Page {
    /// Name of the file.
    pub name: String,
    /// Its shape.
    pub format: Format,
    /// Number of lines.
    pub lines: usize,
    /// Title.
    pub title: String,
    /// Address of the page, where the capture has it.
    pub source: Option<String>,
    /// Server of the operations.
    pub server: Option<String>,
    /// Operations in the order of the page.
    pub operations: Vec<Operation>,
    /// Tables in the order of the page, endpoint tables included.
    pub tables: Vec<Table>,
    /// Examples in the order of the page.
    pub examples: Vec<Example>,
    /// Running text and headings.
    pub prose: Vec<Prose>,
    /// Titles in the navigation of the site.
    pub menu: Vec<String>,
    /// The two counts, by what was counted.
    pub counts: Vec<(&'static str, usize, usize)>,
}

impl Page {
    /// A page of which nothing has been read.
    pub fn new(name: &str, format: Format, lines: usize) -> Self {
        Self {
            name: name.to_owned(),
            format,
            lines,
            title: String::new(),
            source: None,
            server: None,
            operations: Vec::new(),
            tables: Vec::new(),
            examples: Vec::new(),
            prose: Vec::new(),
            menu: Vec::new(),
            counts: Vec::new(),
        }
    }

    /// Tables with a header.
    pub fn headed(&self) -> impl Iterator<Item = &Table> {
        let headed = |table: &&Table| table.role != Role::Endpoint;
        self.tables.iter().filter(headed)
    }

    /// Tables with a column of types.
    pub fn typed(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter().filter(|table| table.has_types())
    }

    /// Tables of one operation with a role, those without types included.
    pub fn with_role(&self, op: usize, role: Role) -> impl Iterator<Item = &Table> {
        let own = move |one: &&Table| one.op == Some(op) && one.role == role;
        self.tables.iter().filter(own)
    }

    /// Rows of tables with a type column.
    pub fn field_rows(&self) -> usize {
        self.typed().map(|table| table.rows.len()).sum()
    }

    /// Rows of the tables that hold method, address and scope.
    pub fn key_value_rows(&self) -> usize {
        let endpoints = self.tables.iter().filter(|one| one.role == Role::Endpoint);
        endpoints.map(|table| table.rows.len()).sum()
    }

    /// Tables of an operation, with those that belong to none.
    pub fn tables_of(&self, op: usize) -> impl Iterator<Item = &Table> {
        let mine = move |table: &&Table| table.op.is_none() || table.op == Some(op);
        self.tables.iter().filter(mine)
    }
}
