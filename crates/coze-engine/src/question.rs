//! What a run asks, and what it is told.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::InputField;

/// What a run waits for. It can be written down as JSON, and answered by another process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[serde(default)]
pub struct Question {
    /// What a resume hands back: the event id of Coze, the token of Dify's form.
    pub id: String,
    /// The words of the question; it may be empty.
    pub text: String,
    /// The options to choose from, or the buttons of a form.
    pub options: Vec<String>,
    /// The fields of a form, or those that an answer in words has to tell.
    pub fields: Vec<InputField>,
    /// Whether it wants a form: [`Answer::form`].
    pub is_form: bool,
    /// The title of the node that asks, where the engine tells it.
    pub node_title: Option<String>,
    /// The question as it came; its engine may need it to resume.
    pub raw: Value,
}

impl Question {
    /// A question with the id that a resume hands back.
    pub fn new(id: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            text: text.into(),
            ..Self::default()
        }
    }
}

/// What a run is told.
///
/// The engine checks it against the question before it is sent, as far as the question tells what it wants.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// In words.
    Text(String),
    /// One of the options, by its text.
    Option(String),
    /// The fields of a form.
    Form {
        /// The values, by the names of the fields.
        fields: Map<String, Value>,
        /// The button that sends it, where the form has [options](Question::options).
        option: Option<String>,
    },
    /// This text, unchecked.
    Raw(String),
}

impl Answer {
    /// In words.
    pub fn text(words: impl Into<String>) -> Self {
        Self::Text(words.into())
    }

    /// One of the options, by its text.
    pub fn option(text: impl Into<String>) -> Self {
        Self::Option(text.into())
    }

    /// The fields of a form, sent by its first or only button.
    pub const fn form(fields: Map<String, Value>) -> Self {
        Self::Form {
            fields,
            option: None,
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Answers may be personal.
        f.write_str(match self {
            Self::Text(_) => "Text(…)",
            Self::Option(_) => "Option(…)",
            Self::Form { .. } => "Form(…)",
            Self::Raw(_) => "Raw(…)",
        })
    }
}
