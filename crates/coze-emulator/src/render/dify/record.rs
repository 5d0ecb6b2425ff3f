//! Runs as records.

use serde_json::{Map, Value, json};

use crate::runs::{Record, Run, Status};

/// Where a run is told of: what is said of one that was stopped depends on it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A response to the call that started it, or its stream.
    End,
    /// A later look.
    Look,
}

/// What is known of a run.
pub(super) struct Told {
    pub(super) status: &'static str,
    pub(super) error: Option<String>,
    outputs: Map<String, Value>,
    steps: usize,
    finished: Option<i64>,
    elapsed: f64,
    /// Nodes that failed although the run went on.
    pub(super) exceptions: usize,
}

impl Told {
    pub(super) fn of(run: &Run, place: Place) -> Self {
        // The status first: a record read after it is at least as new.
        let status = run.status();
        let record = run.record();
        let exceptions = exceptions(&record);
        let mut told = Self {
            status: "running",
            error: None,
            outputs: Map::new(),
            steps: record.nodes.len() + record.nodes_left_out,
            finished: Some(record.updated),
            elapsed: elapsed(&record),
            exceptions,
        };
        let in_node = record.nodes.iter().any(|node| node.finish.is_none());
        match (status, &record.result) {
            (Status::Running, _) => told.goes_on(),
            (Status::Interrupted, _) => {
                told.status = "paused";
                told.finished = None;
            }
            // Stopped within a node: its stream says so, and the record of the run is never brought to its end.
            (Status::Cancel, _) if in_node && place == Place::Look => told.goes_on(),
            (Status::Cancel, _) if in_node => told.fail("stopped", "Stopped by user."),
            // Between two nodes it is the other way about.
            (Status::Cancel, _) => {
                let status = if place == Place::Look {
                    "stopped"
                } else {
                    "failed"
                };
                told.fail(status, "Aborted: User requested stop");
            }
            (_, Some(Err(failure))) => told.fail("failed", &failure.message),
            (_, Some(Ok(text))) => {
                told.status = if exceptions > 0 {
                    "partial-succeeded"
                } else {
                    "succeeded"
                };
                told.outputs = outputs(text);
            }
            (_, None) => told.goes_on(),
        }
        told
    }

    fn goes_on(&mut self) {
        self.steps = 0;
        self.finished = None;
        self.elapsed = 0.0;
    }

    fn fail(&mut self, status: &'static str, error: &str) {
        self.status = status;
        self.error = Some(error.to_owned());
    }

    fn members(&self, run: &Run) -> Value {
        json!({
            "id": run.execute_id,
            "workflow_id": run.workflow.id(),
            "status": self.status,
            "outputs": self.outputs,
            "error": self.error,
            "elapsed_time": self.elapsed,
            "total_tokens": run.usage().sum(),
            "total_steps": self.steps,
            "created_at": run.created,
            "finished_at": self.finished,
        })
    }
}

/// The task of a run, by which it is stopped.
pub(crate) fn task(run: &str) -> String {
    // The last digits of an id are free, see `ids`.
    format!("{}{}", &run[..run.len() - 1], 't')
}

/// The response to a call that waits.
pub(super) fn response(run: &Run) -> Value {
    let told = Told::of(run, Place::End);
    json!({
        "task_id": task(&run.execute_id),
        "workflow_run_id": run.execute_id,
        "data": told.members(run),
    })
}

/// The last event's record of a run.
pub(super) fn finished(run: &Run) -> Value {
    let told = Told::of(run, Place::End);
    let mut data = told.members(run);
    data["created_by"] = json!({ "id": run.origin.connector_id, "user": run.origin.connector_uid });
    data["exceptions_count"] = told.exceptions.into();
    data["files"] = json!([]);
    data
}

/// The last event's record of a run that waits.
pub(super) fn paused(run: &Run) -> Value {
    let told = Told::of(run, Place::End);
    let mut data = told.members(run);
    for absent in ["id", "workflow_id", "error", "finished_at"] {
        data.as_object_mut().map(|data| data.shift_remove(absent));
    }
    data["workflow_run_id"] = run.execute_id.as_str().into();
    data
}

/// The record of a run.
pub(super) fn run(run: &Run) -> Value {
    let told = Told::of(run, Place::Look);
    let mut record = told.members(run);
    record["inputs"] = Value::from(inputs(run)).to_string().into();
    record
}

/// The entry of a run in the logs.
pub(crate) fn listed(run: &Run) -> Value {
    let told = Told::of(run, Place::Look);
    let mut record = told.members(run);
    for absent in ["workflow_id", "outputs"] {
        record
            .as_object_mut()
            .map(|record| record.shift_remove(absent));
    }
    record["version"] = run.workflow.versions().last().copied().into();
    record["triggered_from"] = "app-run".into();
    record["exceptions_count"] = told.exceptions.into();
    json!({
        "id": format!("{}l", &run.execute_id[..run.execute_id.len() - 1]),
        "workflow_run": record,
        "details": null,
        "created_from": "service-api",
        "created_by_role": "end_user",
        "created_by_account": null,
        "created_by_end_user": {
            "id": run.origin.connector_id,
            "type": "service-api",
            "is_anonymous": false,
            "session_id": run.origin.connector_uid,
        },
        "created_at": run.created,
    })
}

/// The inputs, and what the server adds.
pub(super) fn inputs(run: &Run) -> Map<String, Value> {
    let mut inputs = run.inputs.clone();
    for (name, value) in [
        ("sys.files", json!([])),
        ("sys.user_id", run.origin.connector_uid.as_str().into()),
        ("sys.app_id", run.workflow.name().into()),
        ("sys.workflow_id", run.workflow.id().into()),
        ("sys.workflow_run_id", run.execute_id.as_str().into()),
        ("sys.timestamp", run.created.into()),
    ] {
        inputs.insert(name.to_owned(), value);
    }
    inputs
}

/// A text at the end is the one output.
fn outputs(text: &str) -> Map<String, Value> {
    let mut outputs: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
    if outputs.contains_key("content_type") && outputs.contains_key("original_result") {
        let text = outputs.remove("data").unwrap_or_default();
        return Map::from_iter([("output".to_owned(), text)]);
    }
    outputs
}

/// Nodes whose last execution failed.
fn exceptions(record: &Record) -> usize {
    let failed = |at: usize| {
        let node = &record.nodes[at];
        let again = record.nodes[at + 1..]
            .iter()
            .any(|later| later.node_id == node.node_id);
        !again
            && node
                .finish
                .as_ref()
                .is_some_and(|finish| finish.result.is_err())
    };
    (0..record.nodes.len()).filter(|at| failed(*at)).count()
}

/// Seconds between the first node's beginning and the latest change that a node tells.
fn elapsed(record: &Record) -> f64 {
    let began = record.nodes.first().map_or(0, |node| node.started);
    let last = record
        .nodes
        .iter()
        .filter_map(|node| Some(node.finish.as_ref()?.at))
        .max();
    let millis = u32::try_from(last.unwrap_or(began) - began).unwrap_or(u32::MAX);
    f64::from(millis) / 1000.0
}
