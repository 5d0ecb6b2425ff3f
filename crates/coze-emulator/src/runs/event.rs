//! What a run tells whoever listens to it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::definition::Definition;

/// Something that happened in a run.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A node said something.
    Piece(Piece),
    /// The run waits for an answer. Nothing follows until it is resumed.
    Interrupted(Interrupt),
    /// The run is over; its record tells how.
    Ended,
}

/// A piece of what a node says.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) node_id: String,
    pub(crate) title: String,
    pub(crate) kind: &'static str,
    pub(crate) uuid: String,
    /// Counts the pieces of this execution of the node, from 0.
    pub(crate) seq: usize,
    pub(crate) content: String,
    pub(crate) is_finish: bool,
    pub(crate) loop_index: Option<usize>,
    pub(crate) batch_index: Option<usize>,
    pub(crate) sub_execute_id: Option<String>,
}

impl Piece {
    /// Whether it is all that a node says which could have said it in pieces. The self-hosted server sends such a piece before
    /// it knows that no other follows, and never says that it was the last.
    pub(crate) fn is_lone_in_stream(&self, workflow: &Definition) -> bool {
        let streams = match self.kind {
            "output" => true,
            "end" => workflow.end().streaming && workflow.end().text.is_some(),
            _ => false,
        };
        streams && self.is_finish && self.seq == 0
    }
}

/// A question to the caller.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Interrupt {
    /// `<execute id>/<number>`.
    pub(crate) event_id: String,
    /// 2 for a question node, 5 for an input node.
    #[serde(rename = "type")]
    pub(crate) kind: i64,
    /// The question, or the list of fields as JSON text.
    pub(crate) content: String,
    /// Descriptions of the fields that the answer must hold.
    pub(crate) required: Value,
    pub(crate) node_id: String,
    pub(crate) node_title: String,
    /// Texts to choose from.
    pub(crate) options: Vec<String>,
}

impl Interrupt {
    pub(crate) const QUESTION: i64 = 2;
    pub(crate) const INPUT: i64 = 5;
}
