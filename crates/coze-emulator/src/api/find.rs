//! The workflow or run that a request names.

use std::sync::Arc;

use crate::{
    definition::Definition,
    request::{Context, Kind, Problem},
    runs::{Run, is_kept},
};

impl Context {
    /// A workflow, published or not.
    pub(super) fn workflow(&self, id: &str) -> Result<&Definition, Problem> {
        let found = self.core.workflows.get(id);
        let found = if self.is_studio() {
            if id.parse::<i64>().is_err() {
                return Err(Problem::value(format!("'{id}' is not a number")));
            }
            // Names are not known there.
            found.filter(|workflow| workflow.id() == id)
        } else {
            found
        };
        found.ok_or_else(|| {
            let message = format!("workflow '{id}' does not exist");
            Problem::new(Kind::UnknownWorkflow, message)
        })
    }

    /// A workflow that the API may run.
    pub(super) fn published(&self, id: &str) -> Result<&Definition, Problem> {
        let workflow = self.workflow(id)?;
        if workflow.is_published() {
            return Ok(workflow);
        }
        let message = format!("workflow '{}' has not been published", workflow.name());
        Err(Problem::new(Kind::NotPublished, message))
    }

    /// A run of a workflow whose history is still kept.
    pub(super) fn run_of(&self, workflow: &Definition, execute_id: &str) -> Option<Arc<Run>> {
        let now = self.core.clock.seconds();
        let kept = self.core.limits.history_kept.as_secs();
        self.core.runs.get(execute_id).filter(|run| {
            run.workflow.id() == workflow.id()
                && (!run.status().is_over()
                    || run.with_record(|record| is_kept(now, record.updated, kept)))
        })
    }
}
