//! Example 10: Only the types: no client, no runtime, no I/O. Enough for a server, a queue or a log that holds
//! requests and answers.
//!
//! ```text
//! $ cargo run -q --example models_only
//! POST /v1/workflow/run
//! {"workflow_id":"7366","parameters":{"city":"Lyon"}}
//! Paused is not over
//! ```

use std::error::Error;

use coze_workflow::models::{ExecuteStatus, Operation, RunHistory, RunWorkflow};

fn main() -> Result<(), Box<dyn Error>> {
    let run = RunWorkflow::new("7366").parameter("city", "Lyon");
    let meta = RunWorkflow::META;
    println!("{} {}", meta.method.as_str(), meta.path);
    println!("{}", serde_json::to_string(&run)?);

    // A value that is newer than this version is kept as it came.
    let row: RunHistory = serde_json::from_str(r#"{"execute_status":"Paused","execute_id":7413}"#)?;
    let status = row.execute_status.unwrap_or(ExecuteStatus::Running);
    let over = if status.is_terminal() {
        "over"
    } else {
        "not over"
    };
    println!("{status} is {over}");
    Ok(())
}
