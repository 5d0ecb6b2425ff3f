//! The object of a question: the interrupt, read.

use coze_workflow::{Question, QuestionKind};
use serde_json::{Value, json};

/// What is asked, and what an answer has to give.
pub(crate) fn question(question: &Question) -> Value {
    let kind = match question.kind() {
        QuestionKind::Text => "text",
        QuestionKind::Options(_) => "options",
        QuestionKind::Form(_) => "form",
        _ => "other",
    };
    let fields: Vec<_> = question
        .fields()
        .iter()
        .map(|field| {
            json!({
                "name": field.name(),
                "type": field.kind(),
                "required": field.is_required(),
                "description": field.description(),
                "default": field.default_value(),
            })
        })
        .collect();
    json!({
        "kind": kind,
        "text": question.text(),
        "options": question.options(),
        "fields": fields,
    })
}
