//! A run as it is kept outside of this process, and shown there.

use coze_models::codes::INTERNAL_ERROR;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    record::{Failure, Record},
    run::{Origin, Run},
    status::{Mode, Status},
    store::Counts,
};
use crate::definition::Definition;

/// A run with its record, in JSON.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct RunState {
    pub(crate) execute_id: String,
    workflow_id: String,
    /// The name of the workflow.
    workflow: String,
    mode: Mode,
    status: Status,
    #[serde(flatten)]
    origin: Origin,
    inputs: Map<String, Value>,
    /// Unix seconds.
    created: i64,
    #[serde(flatten)]
    record: Record,
}

impl RunState {
    pub(crate) fn of(run: &Run) -> Self {
        // The status first: a record read after it is at least as new.
        let status = run.status();
        Self {
            execute_id: run.execute_id.clone(),
            workflow_id: run.workflow.id().to_owned(),
            workflow: run.workflow.name().to_owned(),
            mode: run.mode,
            status,
            origin: run.origin.clone(),
            inputs: run.inputs.clone(),
            created: run.created,
            record: run.record(),
        }
    }

    /// The run, of a workflow that is known or was. What it still had to do is lost, so that it has failed if it was not over.
    pub(super) fn into_run(self, find: impl Fn(&str) -> Option<Definition>, counts: Counts) -> Run {
        let mut record = self.record;
        let mut status = self.status;
        if !status.is_over() {
            status = Status::Fail;
            record.interrupt = None;
            record.result = Some(Err(Failure {
                code: INTERNAL_ERROR,
                message: "the emulator was restarted while the run was not over".into(),
                is_mistake: false,
            }));
        }
        let workflow = find(&self.workflow_id)
            .unwrap_or_else(|| Definition::forgotten(self.workflow_id, self.workflow));
        Run::new(
            self.execute_id,
            workflow,
            self.mode,
            self.origin,
            self.inputs,
            self.created,
            counts,
        )
        .restored(record, status)
    }
}
