//! The models alone: a request as JSON with where it goes, and a reply from JSON. Whatever sends the
//! one and receives the other is not of this project.

use coze_models::{Operation, RunWorkflow, RunWorkflowReply};

fn main() -> Result<(), serde_json::Error> {
    let run = RunWorkflow::new("7366").parameters([("city", "Lyon")]);
    assert_eq!(RunWorkflow::META.path, "/v1/workflow/run");
    assert_eq!(
        serde_json::to_string(&run)?,
        r#"{"workflow_id":"7366","parameters":{"city":"Lyon"}}"#
    );

    let reply: RunWorkflowReply = serde_json::from_str(r#"{"execute_id":7431,"data":"{}"}"#)?;
    assert_eq!(reply.execute_id.as_deref(), Some("7431"));
    println!("{}", RunWorkflow::META.path);
    Ok(())
}
