//! The objects of workflows and files: the members of the wire, and what the exchange adds.

use coze_workflow::models::{NodeExecuteId, NodeOutput, UploadedFile, WorkflowInfo};
use serde::Serialize;
use serde_json::{Value, json};

/// One line of a list, with the members of the wire.
pub(crate) fn item(item: &impl Serialize) -> Value {
    json!(item)
}

/// What one output node has put out.
pub(crate) fn node_output(node: &NodeExecuteId, reply: &coze_workflow::Reply<NodeOutput>) -> Value {
    let raw = reply.get_ref().node_output.as_deref();
    let output = raw.map(|raw| serde_json::from_str(raw).unwrap_or_else(|_| Value::from(raw)));
    json!({
        "node_execute_uuid": node,
        "is_finish": reply.get_ref().is_finish,
        "output": output,
        "raw": raw,
        "log_id": reply.log_id(),
    })
}

/// A workflow with its inputs and outputs.
pub(crate) fn info(reply: &coze_workflow::Reply<WorkflowInfo>) -> Value {
    let mut object = json!(reply.get_ref().workflow_detail);
    if !object.is_object() {
        object = json!({});
    }
    object["input"] = json!(reply.get_ref().input);
    object["output"] = json!(reply.get_ref().output);
    object["log_id"] = json!(reply.log_id());
    object
}

/// A change of who may edit a workflow.
pub(crate) fn changed(workflow: &str, action: &str, what: &str, log_id: Option<&str>) -> Value {
    json!({"workflow_id": workflow, action: what, "log_id": log_id})
}

/// An uploaded file.
pub(crate) fn file(file: &UploadedFile, log_id: Option<&str>) -> Value {
    let mut object = json!(file);
    object["log_id"] = json!(log_id);
    object
}
