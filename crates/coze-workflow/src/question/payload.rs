//! The shapes in which servers send a question, read without ever failing.

use coze_models::{Interrupt, InterruptType, support::Budget};
use serde_json::Value;

use super::{
    field::{self, FormField},
    question::QuestionKind,
};

/// What was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Asked {
    pub(super) kind: QuestionKind,
    pub(super) text: String,
    /// Fields that a question in words wants.
    pub(super) fields: Vec<FormField>,
    /// The payload lists its fields, all of them.
    pub(super) complete: bool,
}

impl Asked {
    fn new(kind: QuestionKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            ..Self::default()
        }
    }
}

/// Reads an interrupt. `said` stands in for a payload that is empty.
pub(super) fn read(interrupt: &Interrupt, said: Option<&str>) -> Asked {
    let data = interrupt.data.as_deref().unwrap_or_default();
    let kind = interrupt.r#type.as_ref();
    let read = if data.is_empty() {
        silent(kind, said.unwrap_or_default(), interrupt)
    } else {
        Budget::read(data)
            .ok()
            .and_then(|data| payload(kind, &data))
    };
    let text = if data.is_empty() {
        said.unwrap_or_default()
    } else {
        data
    };
    let mut asked = read.unwrap_or_else(|| Asked::new(QuestionKind::Other, text));
    let required = &interrupt.required_parameters;
    match &mut asked.kind {
        QuestionKind::Form(fields) => *fields = field::merge(std::mem::take(fields), required),
        _ => asked.fields = field::merge(Vec::new(), required),
    }
    asked
}

/// Nothing in the event itself: it was said before, or a form is told by its parameters alone.
fn silent(kind: Option<&InterruptType>, said: &str, interrupt: &Interrupt) -> Option<Asked> {
    let list = || field::list(&Budget::read(said).ok()?);
    match kind {
        Some(InterruptType::Question) => Some(words(said)),
        Some(InterruptType::Input) => match list() {
            Some(fields) => Some(form(fields)),
            // The parameters may be those alone that are required, so the list is not complete.
            None if !interrupt.required_parameters.is_empty() => {
                Some(Asked::new(QuestionKind::Form(Vec::new()), said))
            }
            None => None,
        },
        // A chat tells no kind: an input node says its list, options come as a card.
        None if said.is_empty() => None,
        None => match Budget::read::<Value>(said) {
            Ok(Value::Object(_)) => None,
            Ok(list @ Value::Array(_)) => {
                field::list(&list).map(form).or_else(|| Some(words(said)))
            }
            _ => Some(words(said)),
        },
        Some(_) => None,
    }
}

fn payload(kind: Option<&InterruptType>, data: &Value) -> Option<Asked> {
    if !matches!(
        kind,
        None | Some(InterruptType::Question | InterruptType::Input)
    ) {
        return None;
    }
    if data.is_array() {
        return field::list(data).map(form);
    }
    if let Some(messages) = data.get("messages").and_then(Value::as_array) {
        // Earlier questions and answers come along; the newest question is the last.
        let is_question =
            |message: &&Value| message.get("type").is_none_or(|kind| kind == "question");
        return message(kind, messages.iter().rev().find(is_question)?);
    }
    message(kind, data)
}

/// `{"content_type":…,"content":…}`.
fn message(kind: Option<&InterruptType>, message: &Value) -> Option<Asked> {
    let content = message.get("content")?;
    // JSON within JSON, as text or as it is.
    let inner = || match content {
        Value::String(text) => Budget::read(text).ok(),
        other => Some(other.clone()),
    };
    match message.get("content_type").and_then(Value::as_str) {
        Some("option") => options(&inner()?),
        Some("form_schema") => field::list(&inner()?).map(form),
        _ if kind == Some(&InterruptType::Input) => field::list(&inner()?).map(form),
        Some("text") | None => content.as_str().map(words),
        Some(_) => None,
    }
}

/// `{"options":[{"name":"…"}],"question":"…"}`.
fn options(content: &Value) -> Option<Asked> {
    let options: Option<Vec<_>> = content
        .get("options")?
        .as_array()?
        .iter()
        .map(|option| option.get("name").unwrap_or(option).as_str())
        .map(|name| name.map(str::to_owned))
        .collect();
    let text = content.get("question").and_then(Value::as_str);
    let kind = QuestionKind::Options(options.filter(|options| !options.is_empty())?);
    Some(Asked::new(kind, text.unwrap_or_default()))
}

fn form(fields: Vec<FormField>) -> Asked {
    Asked {
        complete: true,
        ..Asked::new(QuestionKind::Form(fields), "")
    }
}

/// Words, which may end in a list of lettered options.
fn words(text: &str) -> Asked {
    match lettered(text) {
        Some((text, options)) => Asked::new(QuestionKind::Options(options), text),
        None => Asked::new(QuestionKind::Text, text),
    }
}

/// Splits `Which?⏎A. Lyon⏎B. Oslo`. Taking a list of another meaning for options does no harm: an answer in
/// words is always allowed.
fn lettered(text: &str) -> Option<(&str, Vec<String>)> {
    let start = text.rfind("\nA. ")?;
    let options: Option<Vec<_>> = text[start + 1..]
        .lines()
        .enumerate()
        .map(|(index, line)| {
            let letter = char::from(b'A' + u8::try_from(index).ok().filter(|index| *index < 26)?);
            let name = line.strip_prefix(letter)?.strip_prefix(". ")?;
            (!name.is_empty()).then(|| name.to_owned())
        })
        .collect();
    let options = options.filter(|options| options.len() > 1)?;
    Some((&text[..start], options))
}

/// The interrupt in a chat's message of type `verbose`: `{"msg_type":"interrupt","data":"…"}`.
pub(super) fn notice(content: &str) -> Option<Interrupt> {
    let notice: Value = Budget::read(content).ok()?;
    if notice.get("msg_type")? != "interrupt" {
        return None;
    }
    Budget::read(notice.get("data")?.as_str()?).ok()
}
