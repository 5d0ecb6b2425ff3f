//! Example 4: A run that takes longer than 90 seconds goes to the background; its handle outlives the process.
//!
//! ```text
//! $ cargo run -q --example background
//! Running
//! A report about cinema.
//! ```

use std::{error::Error, time::Duration};

use coze_emulator::Emulator;
use coze_workflow::{Client, HttpStack};
use serde::Deserialize;

#[derive(Deserialize)]
struct Report {
    report: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let emulator = Emulator::builder().build()?;
    let coze = Client::builder()
        .base_url("http://emulator.test")
        .transport(HttpStack::new(emulator.service()))
        .token("any")
        .build()?;

    let workflow = coze.workflow("slow-report").parameter("topic", "cinema");
    let run = workflow.start().await?;

    // The two ids are all that another process needs.
    let (workflow_id, execute_id) = (run.workflow_id().clone(), run.execute_id().clone());
    drop(run);

    let run = coze.attach((workflow_id, execute_id));
    // None right after the start, before the run can be seen.
    if let Some(status) = run
        .status()
        .await?
        .into_inner()
        .and_then(|row| row.execute_status)
    {
        println!("{status}");
    }
    let output = run.wait().deadline(Duration::from_secs(60)).await?;
    println!("{}", output.output::<Report>()?.report);
    Ok(())
}
