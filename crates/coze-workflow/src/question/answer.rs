//! What a run is told.

use std::fmt;

use coze_models::FileId;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    field::FormField,
    fit,
    question::{Question, QuestionKind},
};
use crate::json::to_value;

/// An answer to a [`Question`].
///
/// It is checked against the question before it is sent, as far as the question tells what it wants, so
/// that none of the three resumes of a run is lost on a typing error.
///
/// ```
/// use coze_workflow::{Answer, Question, models::Interrupt};
///
/// let interrupt: Interrupt = serde_json::from_str(
///     r#"{"event_id":"7569/2691","type":5,"data":"{\"content_type\":\"form_schema\",\"content\":\"[{\\\"type\\\":\\\"integer\\\",\\\"name\\\":\\\"days\\\",\\\"required\\\":true}]\"}"}"#,
/// )?;
/// let question = Question::from(interrupt);
/// assert_eq!(question.fields()[0].name(), "days");
///
/// let answer = Answer::form(serde_json::json!({ "days": 3 }));
/// assert_eq!(answer.resume_data(&question)?, r#"{"days":3}"#);
///
/// let misfit = Answer::form(serde_json::json!({ "days": "three" }));
/// let error = misfit.resume_data(&question).unwrap_err();
/// assert_eq!(error.to_string(), "field `days` takes an integer, not a text");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Answer(Given);

#[derive(Clone, PartialEq)]
enum Given {
    Text(String),
    Option(String),
    OptionAt(usize),
    /// What could not be written is told when the answer is used.
    Form(Result<Value, String>),
    File(FileId),
    Raw(String),
    Decline,
}

impl Answer {
    /// In words. A node that takes fields out of an answer wants all of them in one.
    pub fn text(words: impl Into<String>) -> Self {
        Self(Given::Text(words.into()))
    }

    /// One of the options, by its text; case does not count where that leaves no doubt.
    ///
    /// Where the server did not list the options, the text is sent unchecked.
    pub fn option(text: impl Into<String>) -> Self {
        Self(Given::Option(text.into()))
    }

    /// One of the options, counted from 0.
    pub fn option_at(index: usize) -> Self {
        Self(Given::OptionAt(index))
    }

    /// The fields of a form, from a struct or a map. Members that are null are left out.
    ///
    /// A field that takes a file is a URL, or an object with the `file_id` of an uploaded file:
    ///
    /// ```
    /// # use coze_workflow::{Answer, Question, models::Interrupt};
    /// # let interrupt: Interrupt = serde_json::from_str(
    /// #     r#"{"type":5,"required_parameters":{"img":{"type":"image","required":true}}}"#)?;
    /// # let question = Question::from(interrupt);
    /// let answer = Answer::form(serde_json::json!({ "img": { "file_id": "1456" } }));
    /// // On the wire a file is JSON text within the JSON text.
    /// assert_eq!(answer.resume_data(&question)?, r#"{"img":"{\"file_id\":\"1456\"}"}"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn form(fields: impl Serialize) -> Self {
        Self(Given::Form(to_value(&fields)))
    }

    /// An uploaded file: to a question as a whole, to a form that has one field for a file as that field.
    pub fn file(id: impl Into<FileId>) -> Self {
        Self(Given::File(id.into()))
    }

    /// This text, unchecked, for kinds of questions that this version does not know.
    pub fn raw(text: impl Into<String>) -> Self {
        Self(Given::Raw(text.into()))
    }

    /// No answer: the run stays interrupted, and the call ends with
    /// [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted).
    pub fn decline() -> Self {
        Self(Given::Decline)
    }

    /// Whether it is [`Answer::decline`].
    pub fn is_declined(&self) -> bool {
        self.0 == Given::Decline
    }

    /// The text that a resume of the run carries, or the content of a chat's next message.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] when the answer does not fit the question, with the options or the name of the field.
    pub fn resume_data(&self, question: &Question) -> Result<String, AnswerError> {
        self.fitted(question).map_err(AnswerError)
    }

    fn fitted(&self, question: &Question) -> Result<String, String> {
        match &self.0 {
            Given::Text(_) if matches!(question.kind(), QuestionKind::Form(_)) => Err(format!(
                "the question is a form and takes values by the names of its fields; {}",
                fit::names(question.fields())
            )),
            Given::Text(text) | Given::Raw(text) => Ok(text.clone()),
            Given::Option(wanted) => option(question, wanted),
            Given::OptionAt(index) => option_at(question, *index),
            Given::Form(Err(reason)) => Err(format!("the form cannot be sent: {reason}")),
            Given::Form(Ok(Value::Object(_))) if !question.options().is_empty() => Err(format!(
                "the question takes {}, not a form",
                listed(question)
            )),
            Given::Form(Ok(Value::Object(values))) => {
                fit::form(question, values.clone()).map(|values| values.to_string())
            }
            Given::Form(Ok(other)) => Err(format!(
                "a form is a struct or a map, by the names of its fields, not {}",
                crate::json::kind(other)
            )),
            Given::File(id) => file(question, id),
            Given::Decline => Err("the answer was declined".to_owned()),
        }
    }
}

fn option(question: &Question, wanted: &str) -> Result<String, String> {
    let options = question.options();
    if options.is_empty() {
        return match question.kind() {
            QuestionKind::Form(_) => Err("the question is a form and has no options".to_owned()),
            _ => Ok(wanted.to_owned()),
        };
    }
    if options.iter().any(|option| option == wanted) {
        return Ok(wanted.to_owned());
    }
    let folded = wanted.trim().to_lowercase();
    let mut alike = options
        .iter()
        .filter(|option| option.trim().to_lowercase() == folded);
    match (alike.next(), alike.next()) {
        (Some(option), None) => Ok(option.clone()),
        _ => Err(format!(
            "the question takes {}, not `{wanted}`",
            listed(question)
        )),
    }
}

fn option_at(question: &Question, index: usize) -> Result<String, String> {
    match question.options().get(index) {
        Some(option) => Ok(option.clone()),
        None if question.options().is_empty() => {
            Err("the question lists no options to choose from by number".to_owned())
        }
        None => Err(format!(
            "the question takes {}, counted from 0: {index} is not among them",
            listed(question)
        )),
    }
}

fn listed(question: &Question) -> String {
    let options: Vec<_> = question
        .options()
        .iter()
        .map(|option| format!("`{option}`"))
        .collect();
    format!("one of {}", options.join(", "))
}

fn file(question: &Question, id: &FileId) -> Result<String, String> {
    if id.is_empty() {
        return Err("the id of the file is empty".to_owned());
    }
    let file = json!({ "file_id": id.as_str() });
    match question.kind() {
        QuestionKind::Options(_) => Err(format!(
            "the question takes {}, not a file",
            listed(question)
        )),
        QuestionKind::Form(fields) => {
            let mut files = fields
                .iter()
                .filter(|field| field.is_file())
                .map(FormField::name);
            let (Some(name), None) = (files.next(), files.next()) else {
                return Err(format!(
                    "a file alone answers a form with exactly one field for a file; {}",
                    fit::names(fields)
                ));
            };
            let values = [(name.to_owned(), file)].into_iter().collect();
            fit::form(question, values).map(|values| values.to_string())
        }
        _ => Ok(file.to_string()),
    }
}

/// Why an answer cannot be sent. As an [`Error`](crate::Error), it is one of the kind
/// [`ErrorKind::Build`](crate::ErrorKind::Build).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AnswerError(String);

impl AnswerError {
    pub(crate) fn new(message: &str) -> Self {
        Self(message.to_owned())
    }
}

impl From<&str> for Answer {
    fn from(words: &str) -> Self {
        Self::text(words)
    }
}

impl From<String> for Answer {
    fn from(words: String) -> Self {
        Self::text(words)
    }
}

/// `None` declines.
impl From<Option<Answer>> for Answer {
    fn from(answer: Option<Answer>) -> Self {
        answer.unwrap_or_else(Self::decline)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Answers may be personal.
        f.write_str(match &self.0 {
            Given::Text(_) => "Answer::text(…)",
            Given::Option(_) => "Answer::option(…)",
            Given::OptionAt(_) => "Answer::option_at(…)",
            Given::Form(_) => "Answer::form(…)",
            Given::File(_) => "Answer::file(…)",
            Given::Raw(_) => "Answer::raw(…)",
            Given::Decline => "Answer::decline()",
        })
    }
}
