//! The example of the README: a reply that stalls, and a run that happens once.

use std::{error::Error, time::Duration};

use coze_emulator::{Definition, Emulator, ParamType};
use coze_workflow::Client;

#[tokio::test]
async fn a_stalled_reply_is_given_up_and_the_run_not_repeated() -> Result<(), Box<dyn Error>> {
    let echo = Definition::builder("echo")
        .required_input("text", ParamType::String)
        .returns("text", "{{ text }}")
        .build()?;
    let server = Emulator::builder().workflow(echo).start().await?;
    server
        .emulator()
        .inject("on=/v1/workflow/run stall=0".parse()?);

    let coze = Client::builder()
        .base_url(server.base_url())
        .token("any")
        .build()?;
    let echo = coze.workflow("echo").parameter("text", "hi");
    let run = echo.deadline(Duration::from_millis(500)).run().await;
    assert!(run.is_err_and(|error| error.may_have_run()));
    assert_eq!(server.emulator().runs_started("echo"), Some(1));
    Ok(())
}
