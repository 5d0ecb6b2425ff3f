//! What a run tells whoever listens to the emulator.

use serde_json::{Value, json};

use super::{event::Piece, record::NodeRecord, run::Run};

impl Run {
    /// Tells an event of this run.
    pub(super) fn tell(&self, name: &'static str, data: impl FnOnce() -> Value) {
        self.counts.feed.tell(name, || {
            let mut data = data();
            data["execute_id"] = self.execute_id.as_str().into();
            data
        });
    }

    /// The run without what its nodes did.
    pub(crate) fn summary(&self) -> Value {
        // The status first: a record read after it is at least as new.
        let status = self.status();
        self.with_record(|record| {
            let mut summary = json!({
                "execute_id": self.execute_id,
                "workflow_id": self.workflow.id(),
                "workflow": self.workflow.name(),
                "mode": self.mode,
                "status": status,
                "created": self.created,
                "updated": record.updated,
                "log_id": self.origin.log_id,
                "inputs": self.inputs,
                "resumes": record.resumes,
                "interrupt": record.interrupt,
                "result": record.result_json(),
            });
            if let Some((started, ended)) = record.span() {
                summary["started_ms"] = started.into();
                if status.is_over() {
                    summary["elapsed_ms"] = (ended - started).into();
                }
            }
            summary
        })
    }

    pub(super) fn tell_node(&self, name: &'static str, node: &NodeRecord, place: usize) {
        self.tell(name, || {
            let mut data = json!(node);
            data["index"] = place.into();
            data
        });
    }

    pub(super) fn tell_piece(&self, piece: &Piece) {
        self.tell("run.message", || {
            json!({
                "node_id": piece.node_id,
                "title": piece.title,
                "kind": piece.kind,
                "seq": piece.seq,
                "content": piece.content,
                "is_finish": piece.is_finish,
            })
        });
    }
}
