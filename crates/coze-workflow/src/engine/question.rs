//! Questions and answers, there and back.

use coze_engine::{InputField, RunId};
use coze_models::{ExecuteId, Interrupt, WorkflowInterrupt};
use serde_json::{Value, json};

use super::schema;
use crate::{Answer, Error, Question, QuestionKind};

/// A question as engines tell it. A run that was streamed is resumed otherwise than one that was not.
pub(super) fn of(question: &Question, streamed: bool) -> coze_engine::Question {
    let id = question.event_id().map_or("", |id| id.as_str());
    let mut asked = coze_engine::Question::new(id, question.text());
    asked.options = question.options().to_vec();
    let fields = question.fields().iter();
    asked.fields = fields
        .map(|field| schema::field(field.name(), field.shape()))
        .collect::<Vec<InputField>>();
    asked.is_form = matches!(question.kind(), QuestionKind::Form(_));
    asked.node_title = question.node_title().map(str::to_owned);
    asked.raw = json!({ "interrupt_data": question.interrupt(), "streamed": streamed });
    asked
}

/// The question itself, and whether its run was streamed.
pub(super) fn read(run: &RunId, asked: &coze_engine::Question) -> Result<(Question, bool), Error> {
    let interrupt: Option<Interrupt> =
        serde_json::from_value(asked.raw["interrupt_data"].clone()).unwrap_or_default();
    let Some(interrupt) = interrupt else {
        return Err(Error::build(
            "the question is not one of this engine: pass the one of the error, the snapshot or the event",
        ));
    };
    let mut event = WorkflowInterrupt::default();
    event.interrupt_data = Some(interrupt);
    event.node_title.clone_from(&asked.node_title);
    // Where the server says the question in a message of its own, it is here alone.
    let said = Some(asked.text.as_str()).filter(|text| !text.is_empty());
    let id = ExecuteId::from(run.run.as_str());
    let question = Question::from_event(event, said).seen_with(None, Some(&id));
    Ok((question, asked.raw["streamed"] == Value::Bool(true)))
}

pub(super) fn answer(answer: coze_engine::Answer) -> Result<Answer, Error> {
    use coze_engine::Answer as A;
    Ok(match answer {
        A::Text(words) => Answer::text(words),
        A::Option(option) => Answer::option(option),
        A::Form { fields, .. } => Answer::form(fields),
        A::Raw(text) => Answer::raw(text),
        _ => return Err(Error::build("this engine does not know such an answer")),
    })
}
