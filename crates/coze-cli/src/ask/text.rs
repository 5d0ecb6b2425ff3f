//! Questions and answers as text of a command line.

use coze_workflow::{Answer, FormField, Question, QuestionKind, models::InterruptType};
use serde_json::Value;
use shell_words::quote;

use crate::failure::Failure;

/// A text as the answer that the question wants.
pub(crate) fn read(text: &str, question: &Question) -> Result<Answer, Failure> {
    Ok(match question.kind() {
        QuestionKind::Options(_) => Answer::option(text),
        QuestionKind::Form(fields) => {
            let Ok(Value::Object(values)) = serde_json::from_str(text) else {
                let names: Vec<_> = fields.iter().map(FormField::name).collect();
                return Err(Failure::usage(format!(
                    "`--answer {text}` is not a JSON object: the question is a form with the fields {}",
                    names.join(", ")
                )));
            };
            Answer::form(values)
        }
        QuestionKind::Text => Answer::text(text),
        _ => Answer::raw(text),
    })
}

/// The command that answers a question later.
pub(crate) fn how_to_resume(workflow: &str, question: &Question, streamed: bool) -> Option<String> {
    let event_id = question.event_id()?;
    let kind = match question.interrupt_type().map(InterruptType::as_i64) {
        None | Some(2) => String::new(),
        Some(kind) => format!(" --type {kind}"),
    };
    let answer = match question.kind() {
        QuestionKind::Form(_) => "'{…}'",
        _ => "…",
    };
    let stream = if streamed { " --stream" } else { "" };
    Some(format!(
        "coze resume {} {}{kind}{stream} --answer {answer}",
        quote(workflow),
        quote(event_id)
    ))
}

#[cfg(test)]
mod tests {
    use coze_workflow::models::Interrupt;

    use super::*;

    fn question(json: &str) -> Question {
        serde_json::from_str::<Interrupt>(json).unwrap().into()
    }

    #[test]
    fn an_answer_is_read_as_the_question_wants_it() {
        let text = question(r#"{"event_id":"1/2","type":2,"data":"Which city?"}"#);
        let form = question(
            r#"{"event_id":"1/2","type":5,"required_parameters":{"days":{"type":"integer","required":true}}}"#,
        );
        let data = |text: &str, question| read(text, question).unwrap().resume_data(question);
        assert_eq!(data("{\"a\":1}", &text).unwrap(), "{\"a\":1}");
        assert_eq!(data("{\"days\":3}", &form).unwrap(), "{\"days\":3}");
        assert!(data("{\"days\":\"x\"}", &form).is_err());
        let refused = read("three", &form).unwrap_err().message();
        assert!(refused.contains("fields days"), "{refused}");
    }

    #[test]
    fn the_command_that_answers_names_what_it_needs() {
        let form = question(
            r#"{"event_id":"1/2","type":5,"required_parameters":{"days":{"type":"integer"}}}"#,
        );
        assert_eq!(
            how_to_resume("7366", &form, true).unwrap(),
            "coze resume 7366 1/2 --type 5 --stream --answer '{…}'"
        );
        let text = question(r#"{"event_id":"1/2","type":2,"data":"Which city?"}"#);
        assert_eq!(
            how_to_resume("7366", &text, false).unwrap(),
            "coze resume 7366 1/2 --answer …"
        );
        let hostile = question(r#"{"event_id":"1/2; touch x","type":2,"data":"Which city?"}"#);
        assert_eq!(
            how_to_resume("$(id)", &hostile, false).unwrap(),
            "coze resume '$(id)' '1/2; touch x' --answer …"
        );
    }
}
