//! Serves the built-in workflows, and those of a folder, until it is stopped: `serve [ADDRESS] [FOLDER]`.

use std::env;

use coze_emulator::Emulator;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = env::args().skip(1);
    let mut builder = Emulator::builder();
    if let Some(address) = arguments.next() {
        builder = builder.listen(address.parse()?);
    }
    if let Some(folder) = arguments.next() {
        builder = builder.workflows_dir(folder);
    }
    let emulator = builder.start().await?;
    println!("listening on {}", emulator.base_url());
    std::future::pending::<()>().await;
    Ok(())
}
