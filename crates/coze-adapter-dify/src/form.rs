//! The form that a run waits for, as a question, and what it is sent with.

use std::collections::BTreeMap;

use coze_engine::{Answer, EngineError, InputField, InputKind, Outcome, Question};
use coze_transport::scrub;
use serde_json::{Map, Value};

use crate::{
    DifyForm, SubmitDifyForm,
    error::{ErrorKind, NAME},
    snapshot::value,
};

/// The question of a form.
pub(crate) fn question(form: &DifyForm) -> Question {
    let token = form.form_token.clone().unwrap_or_default();
    let text = form.form_content.clone().unwrap_or_default();
    let mut question = Question::new(token, text);
    question.options = form
        .actions
        .iter()
        .filter_map(|action| text_of(action, "title").or_else(|| text_of(action, "id")))
        .collect();
    question.fields = form
        .inputs
        .iter()
        .filter_map(|field| input(field, form))
        .collect();
    question.is_form = true;
    question.node_title.clone_from(&form.node_title);
    question.raw = value(form);
    question
}

fn input(field: &Value, form: &DifyForm) -> Option<InputField> {
    let name = text_of(field, "output_variable_name")?;
    let mut input = InputField::new(&name, InputKind::Text).required();
    input.type_name = text_of(field, "type").unwrap_or_default();
    let constant = field
        .get("default")
        .filter(|default| text_of(default, "type").as_deref() == Some("constant"));
    input.default = form
        .resolved_default_values
        .get(&name)
        .or_else(|| constant.and_then(|default| default.get("value")))
        .cloned();
    Some(input)
}

fn text_of(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

/// The request that answers a question.
pub(crate) fn submission(
    question: &Question,
    answer: Answer,
) -> Result<SubmitDifyForm, EngineError> {
    if question.id.is_empty() {
        return Err(unfit(
            "the question names no form: pass it as the error or the event gave it".to_owned(),
        ));
    }
    let buttons = question.raw.get("actions").and_then(Value::as_array);
    let buttons = buttons.map(Vec::as_slice).unwrap_or_default();
    let (mut inputs, action) = match answer {
        Answer::Form { fields, option } => (fields, option),
        Answer::Option(option) => (Map::new(), Some(option)),
        Answer::Text(text) => match &question.fields[..] {
            [field] => (Map::from_iter([(field.name.clone(), text.into())]), None),
            fields => {
                return Err(unfit(format!(
                    "the form has {} fields: answer it with Answer::form",
                    fields.len()
                )));
            }
        },
        Answer::Raw(text) => {
            let mut sent: Map<String, Value> = serde_json::from_str(&text).map_err(|error| {
                unfit(
                    "the answer is not a JSON object: pass one with `inputs` and `action`"
                        .to_owned(),
                )
                .with_source(error)
            })?;
            let action = sent
                .get("action")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            let inputs = match sent.remove("inputs") {
                Some(Value::Object(inputs)) => inputs.into_iter().collect(),
                _ => BTreeMap::new(),
            };
            return Ok(SubmitDifyForm::new(question.id.as_str(), action).inputs(inputs));
        }
        _ => {
            return Err(unfit(
                "a form does not take this kind of answer: use Answer::form".to_owned(),
            ));
        }
    };
    let action = match action {
        None => buttons.first().and_then(|button| text_of(button, "id")),
        Some(wanted) => buttons
            .iter()
            .filter(|button| {
                ["title", "id"]
                    .iter()
                    .any(|name| text_of(button, name).is_some_and(|text| text == wanted))
            })
            .find_map(|button| text_of(button, "id")),
    };
    let Some(action) = action else {
        return Err(unfit(format!(
            "the form has no such button, but {}",
            listed(&question.options)
        )));
    };
    let names: Vec<_> = question
        .fields
        .iter()
        .map(|field| field.name.clone())
        .collect();
    if let Some(other) = inputs.keys().find(|name| !names.contains(name)) {
        return Err(unfit(format!(
            "the form has no field `{}`, but {}",
            scrub(other),
            listed(&names)
        )));
    }
    // The server wants all of them.
    for field in &question.fields {
        if inputs.contains_key(&field.name) {
            continue;
        }
        match &field.default {
            Some(default) => inputs.insert(field.name.clone(), default.clone()),
            None => {
                return Err(unfit(format!(
                    "the field `{}` is required",
                    scrub(&field.name)
                )));
            }
        };
    }
    Ok(SubmitDifyForm::new(question.id.as_str(), action).inputs(inputs))
}

fn listed(names: &[String]) -> String {
    let names: Vec<_> = names
        .iter()
        .map(|name| format!("`{}`", scrub(name)))
        .collect();
    names.join(", ")
}

fn unfit(message: String) -> EngineError {
    EngineError::new(NAME, ErrorKind::Build, "submit_dify_form", message)
        .starting_run(Outcome::NotAccepted)
}
