//! Example 2: Take what a run says as it comes, node by node, and know how the stream ended.
//!
//! ```text
//! $ cargo run -q --example stream
//! [story] Once upon a time there was a client that never started a run twice.
//! [End] {"words":14}
//! ended: Done
//! a stream that breaks off: Truncated, may have run: true
//! ```

use std::error::Error;

use coze_emulator::{Definition, Emulator, ParamType};
use coze_workflow::{Client, HttpStack, models::WorkflowEvent};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let tale = Definition::builder("tale")
        .required_input("hero", ParamType::String)
        .output(
            "story",
            "Once upon a time there was a {{ hero }} that never started a run twice.",
        )
        .returns("words", "{{ story.output | split | length }}")
        .build()?;
    let emulator = Emulator::builder().workflow(tale).build()?;
    let coze = Client::builder()
        .base_url("http://emulator.test")
        .transport(HttpStack::new(emulator.service()))
        .token("any")
        .build()?;
    let workflow = coze.workflow("tale").parameter("hero", "client");

    let mut events = workflow.clone().stream().await?;
    while let Some(event) = events.try_next().await? {
        if let WorkflowEvent::Message(message) = event {
            // The first piece of a node has the number 0.
            if message.node_seq_id.as_deref() == Some("0") {
                print!("[{}] ", message.node_title.unwrap_or_default());
            }
            print!("{}", message.content);
            if message.node_is_finish {
                println!();
            }
        }
    }
    if let Some(ending) = events.end() {
        println!("ended: {ending:?}");
    }

    // A connection that breaks is never taken for an end.
    emulator.inject("on=/v1/workflow/stream_run cut=300".parse()?);
    if let Err(error) = workflow.stream().await?.text().await {
        println!(
            "a stream that breaks off: {:?}, may have run: {}",
            error.kind(),
            error.may_have_run()
        );
    }
    Ok(())
}
