//! Example 5: What an error tells: the operation, the service's code, whether the run may have started, what to do.
//!
//! ```text
//! $ cargo run -q --example errors
//! run_workflow: the service responded with code 4000: Missing required parameter 'name'
//! code Some(4000), may have run: false, worth a retry: false
//! ```

use std::error::Error;

use coze_emulator::Emulator;
use coze_workflow::{Client, ErrorKind, HttpStack};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let emulator = Emulator::builder().build()?;
    let coze = Client::builder()
        .base_url("http://emulator.test")
        .transport(HttpStack::new(emulator.service()))
        .token("any")
        .build()?;

    let Err(error) = coze.workflow("greeting").run().await else {
        return Err("a required parameter is missing, so this must fail".into());
    };
    println!("{error}");
    println!(
        "code {:?}, may have run: {}, worth a retry: {}",
        error.code(),
        error.may_have_run(),
        error.is_retryable()
    );
    match error.kind() {
        ErrorKind::Api => eprintln!("hint: {}", error.hint().unwrap_or_default()),
        ErrorKind::Auth => eprintln!("the token is missing or was refused"),
        ErrorKind::Timeout | ErrorKind::Transport if error.may_have_run() => {
            eprintln!("look at the history before running it again");
        }
        _ => {}
    }
    // A block to paste into a support ticket; no secret is in it.
    eprintln!("{}", error.report());
    Ok(())
}
