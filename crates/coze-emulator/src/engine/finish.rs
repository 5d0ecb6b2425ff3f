//! The end node: what the run returns.

use serde_json::{Map, Value, json};

use super::{execution::Execution, output::split, scope::Scope};
use crate::runs::{Failure, Piece};

/// Id and title of the last node of every workflow.
const END_NODE: &str = "900001";
const TITLE: &str = "End";

/// What an end node gives.
pub(super) enum Ending {
    Variables(Value),
    Text(String),
}

impl Ending {
    /// As the node after a subflow sees it.
    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Variables(value) => value,
            Self::Text(text) => json!({ "output": text }),
        }
    }
}

impl Execution {
    /// Renders the end of the workflow.
    pub(super) fn ending(&self, scope: &Scope) -> Result<Ending, Failure> {
        let end = self.workflow.end();
        if let Some(text) = &end.text {
            return self.text(TITLE, text, scope).map(Ending::Text);
        }
        let variables = match &end.variables {
            Some(variables) => self.values(TITLE, variables, scope)?,
            None => Map::new(),
        };
        Ok(Ending::Variables(variables.into()))
    }

    /// Runs the end node of the run itself; gives the text that the API writes into `data`.
    pub(super) async fn finish(&self, scope: &Scope) -> Result<String, Failure> {
        let record = self.began(END_NODE, TITLE, "end", Value::Null);
        let ending = match self.ending(scope) {
            Ok(ending) => ending,
            Err(failure) => {
                self.ended(record, Err(failure.clone()));
                return Err(failure);
            }
        };
        let (value, said) = match ending {
            Ending::Variables(value) => {
                let said = value.to_string();
                (value, said)
            }
            Ending::Text(text) => {
                let value = json!({
                    "content_type": 1,
                    "data": text,
                    "original_result": null,
                    "type_for_model": 2,
                });
                (value, text)
            }
        };
        self.ended(record, Ok(value.clone()));
        if self.run.is_streamed() {
            self.say_end(&said).await;
        }
        Ok(value.to_string())
    }

    async fn say_end(&self, said: &str) {
        let end = self.run.workflow.end();
        let in_pieces = end.streaming && end.text.is_some();
        let (size, pause) = if in_pieces {
            (end.piece, end.pause)
        } else {
            (usize::MAX, 0)
        };
        let uuid = self.env.ids.uuid();
        let mut seq = 0;
        let mut rest = said;
        loop {
            self.wait(pause).await;
            let (piece, after) = split(rest, size);
            let is_finish = after.is_empty();
            self.run
                .say(Piece {
                    node_id: END_NODE.into(),
                    title: TITLE.into(),
                    kind: "end",
                    uuid: uuid.clone(),
                    seq,
                    content: piece.to_owned(),
                    is_finish,
                    loop_index: None,
                    batch_index: None,
                    sub_execute_id: None,
                })
                .await;
            if is_finish {
                return;
            }
            seq += 1;
            rest = after;
        }
    }
}
