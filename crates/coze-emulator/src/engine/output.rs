//! The output node: text for the caller while the run goes on.

use serde_json::{Value, json};

use super::execution::{Execution, node_id};
use crate::{
    definition::{Output, Step},
    runs::{Failure, OutputRecord, Piece},
};

impl Execution {
    pub(super) async fn output(
        &self,
        step: &Step,
        node: &Output,
        text: String,
    ) -> Result<Value, Failure> {
        let uuid = self.env.ids.uuid();
        let place = &self.place;
        let record = self.run.output_began(OutputRecord {
            title: step.node.title().to_owned(),
            node_id: node_id(step),
            uuid: uuid.clone(),
            text: String::new(),
            is_finish: false,
            updated: self.env.clock.seconds(),
            loop_index: place.loop_index,
            batch_index: place.batch_index,
            sub_execute_id: place.sub_execute_id.clone(),
        });
        let mut seq = 0;
        let mut rest = text.as_str();
        // An empty text is one empty piece.
        loop {
            self.wait(node.pause).await;
            let (piece, after) = split(rest, node.piece);
            let is_finish = after.is_empty();
            self.run
                .output_grew(record, piece, is_finish, self.env.clock.seconds());
            self.say(step, &uuid, seq, piece, is_finish).await;
            if is_finish {
                return Ok(json!({ "output": text }));
            }
            seq += 1;
            rest = after;
        }
    }

    /// Tells the listener a piece of a node.
    pub(super) async fn say(
        &self,
        step: &Step,
        uuid: &str,
        seq: usize,
        content: &str,
        is_finish: bool,
    ) {
        if !self.run.is_streamed() {
            return;
        }
        self.run
            .say(Piece {
                node_id: node_id(step),
                title: step.node.title().to_owned(),
                kind: step.node.kind(),
                uuid: uuid.to_owned(),
                seq,
                content: content.to_owned(),
                is_finish,
                loop_index: self.place.loop_index,
                batch_index: self.place.batch_index,
                sub_execute_id: self.place.sub_execute_id.clone(),
            })
            .await;
    }
}

/// The first `count` characters, and the rest.
pub(super) fn split(text: &str, count: usize) -> (&str, &str) {
    let at = text
        .char_indices()
        .nth(count)
        .map_or(text.len(), |(at, _)| at);
    text.split_at(at)
}
