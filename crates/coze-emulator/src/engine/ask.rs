//! Nodes that stop the run until the caller answers.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{
    execution::{Execution, failed, node_id},
    extract,
};
use crate::{
    definition::{self, InputForm, Node, Param, Params, Question, Step},
    runs::{Failure, Interrupt},
};

/// Answers without the wanted fields that a node takes before the run fails.
const ROUNDS: u32 = 3;

impl Execution {
    pub(super) async fn question(
        &self,
        step: &Step,
        node: &Question,
        text: String,
    ) -> Result<Value, Failure> {
        let mut asked = text;
        for (index, option) in node.options.iter().enumerate() {
            let _ = write!(asked, "\n{}. {option}", letter(index));
        }
        if node.extract.is_empty() {
            let answer = self
                .ask(step, Interrupt::QUESTION, asked, json!({}))
                .await?;
            let mut output = json!({ "answer": answer });
            if !node.options.is_empty() {
                let (id, option) = choose(&node.options, &answer);
                output["option_id"] = id.into();
                output["option"] = option.into();
            }
            return Ok(output);
        }
        let mut found = Map::new();
        for _ in 0..ROUNDS {
            let missing = missing(&node.extract, &found);
            let required = definition::describe(&missing);
            let answer = self
                .ask(step, Interrupt::QUESTION, asked.clone(), required)
                .await?;
            extract::into(&mut found, &missing, &answer);
            if let Ok(mut fields) = definition::accept(&node.extract, &found) {
                fields.insert("answer".into(), answer.into());
                return Ok(fields.into());
            }
        }
        Err(gave_up(step.node.title(), &missing(&node.extract, &found)))
    }

    pub(super) async fn input_form(&self, step: &Step, node: &InputForm) -> Result<Value, Failure> {
        let list: Vec<_> = node.fields.iter().map(field).collect();
        let list = Value::Array(list).to_string();
        for _ in 0..ROUNDS {
            let required = definition::describe(&node.fields);
            let answer = self
                .ask(step, Interrupt::INPUT, list.clone(), required)
                .await?;
            let mut sent = Map::new();
            extract::into(&mut sent, &node.fields, &answer);
            if let Ok(fields) = definition::accept(&node.fields, &sent) {
                return Ok(fields.into());
            }
        }
        Err(gave_up(step.node.title(), &node.fields))
    }

    /// Stops until the caller answers.
    async fn ask(
        &self,
        step: &Step,
        kind: i64,
        content: String,
        required: Value,
    ) -> Result<String, Failure> {
        let _turn = self.run.asking.lock().await;
        let title = step.node.title();
        if kind == Interrupt::QUESTION {
            self.say(step, &self.env.ids.uuid(), 0, &content, true)
                .await;
        }
        let interrupt = Interrupt {
            event_id: format!("{}/{}", self.run.execute_id, self.env.ids.number()),
            kind,
            content,
            required,
            node_id: node_id(step),
            node_title: title.to_owned(),
            options: match &step.node {
                Node::Question(node) => node.options.clone(),
                _ => Vec::new(),
            },
        };
        let answered = self
            .run
            .interrupt(interrupt, self.env.clock.seconds())
            .await;
        let limit = self.env.answer_within;
        match self.env.clock.timeout(limit, answered).await {
            Some(Ok(answer)) => Ok(answer),
            _ => Err(failed(title, "nobody answered in time")),
        }
    }
}

/// Fields that must still be told.
fn missing(fields: &Params, found: &Map<String, Value>) -> Params {
    fields
        .iter()
        .filter(|(name, _)| !found.contains_key(*name))
        .map(|(name, field)| (name.clone(), field.clone()))
        .collect()
}

fn gave_up(title: &str, missing: &Params) -> Failure {
    let names: Vec<_> = missing
        .iter()
        .filter(|(_, field)| field.required)
        .map(|(name, _)| name.as_str())
        .collect();
    let message = format!("{ROUNDS} answers did not give {}", names.join(", "));
    failed(title, message)
}

/// An entry of the list that an input node sends.
fn field((name, field): (&String, &Param)) -> Value {
    let file = field.kind.assist_type();
    let kind = if file.is_some() {
        "string"
    } else {
        field.kind.as_str()
    };
    let mut entry = json!({ "type": kind, "name": name, "required": field.required });
    if let Some(file) = file {
        entry["assistType"] = file.into();
    }
    entry
}

/// The letter of an option; numbers after Z.
fn letter(index: usize) -> String {
    match u8::try_from(index) {
        Ok(index @ 0..26) => char::from(b'A' + index).to_string(),
        _ => (index + 1).to_string(),
    }
}

/// The option that an answer means: by its text, by its text without case, by its letter, else `other`.
fn choose(options: &[String], answer: &str) -> (String, String) {
    let answer = answer.trim();
    let by_text = |same: &dyn Fn(&str) -> bool| options.iter().position(|option| same(option));
    by_text(&|option| option == answer)
        .or_else(|| by_text(&|option| option.to_lowercase() == answer.to_lowercase()))
        .or_else(|| (0..options.len()).find(|index| letter(*index).eq_ignore_ascii_case(answer)))
        .map_or_else(
            || ("other".to_owned(), answer.to_owned()),
            |index| (letter(index), options[index].clone()),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_found_by_text_case_and_letter() {
        let options = ["Lyon".to_owned(), "B".to_owned(), "lyon".to_owned()];
        let chosen = |answer| choose(&options, answer).0;
        assert_eq!(chosen("Lyon"), "A");
        assert_eq!(chosen(" lyon "), "C");
        assert_eq!(chosen("LYON"), "A");
        assert_eq!(chosen("b"), "B");
        assert_eq!(chosen("c"), "C");
        assert_eq!(chosen("Oslo"), "other");
    }
}
