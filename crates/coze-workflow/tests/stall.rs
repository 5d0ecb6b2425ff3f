//! The example of the README: a reply that stalls, and a run that happens once.

use std::{collections::HashMap, error::Error, time::Duration};

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
    let echo = || {
        coze.workflow("echo")
            .parameter("text", "hi")
            .deadline(Duration::from_millis(500))
    };
    let error = echo().run().await.err().ok_or("the reply did not stall")?;
    assert!(error.may_have_run());
    assert_eq!(server.emulator().runs_started("echo"), Some(1));

    let output: HashMap<String, String> = echo().run().await?.output()?;
    assert_eq!(output["text"], "hi");
    Ok(())
}
