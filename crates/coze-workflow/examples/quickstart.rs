//! The first five minutes: run a workflow, watch one, and see what an error tells.
//!
//! Runs against the emulator, which is started here; with `COZE_API_TOKEN` and a workflow of your own,
//! `Client::from_env()?` takes its place.
//!
//! ```text
//! $ cargo run -q --example quickstart
//! Hello, Ada!
//! {"condition":"sunny","temperature":16.5}
//! run_workflow: the service responded with code 4000: Missing required parameter 'city'
//! ```

use std::error::Error;

use coze_emulator::Emulator;
use coze_workflow::{Client, models::WorkflowEvent};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Emulator::builder().start().await?;
    let coze = Client::builder()
        .base_url(server.base_url())
        .token("any")
        .build()?;

    // Run, and wait for the output.
    let run = coze
        .workflow("greeting")
        .parameter("name", "Ada")
        .run()
        .await?;
    println!(
        "{}",
        run.output::<Value>()?["greeting"]
            .as_str()
            .unwrap_or_default()
    );

    // Run, and take what it says as it comes.
    let mut said = String::new();
    let mut events = coze
        .workflow("weather")
        .parameter("city", "Lyon")
        .stream()
        .await?;
    while let Some(event) = events.try_next().await? {
        if let WorkflowEvent::Message(message) = event {
            said.push_str(&message.content);
        }
    }
    let weather: Value = serde_json::from_str(&said)?;
    println!(
        "{}",
        json!({ "condition": weather["condition"], "temperature": weather["temperature"] })
    );

    // An error says what is known, and what to do.
    if let Err(error) = coze.workflow("weather").run().await {
        println!("{error}");
        eprintln!("hint: {}", error.hint().unwrap_or_default());
    }
    Ok(())
}
