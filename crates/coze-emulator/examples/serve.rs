//! Serves the built-in workflows, and those of a folder, until it is stopped: `serve [ADDRESS] [FOLDER] [APP]...`,
//! where each APP is a `coze_oauth_config.json`.

use std::{env, fs};

use coze_emulator::{Emulator, OAuthApp};

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
    for app in arguments {
        builder = builder.oauth_app(OAuthApp::from_config(&fs::read_to_string(app)?)?);
    }
    let emulator = builder.start().await?;
    println!("listening on {}", emulator.base_url());
    std::future::pending::<()>().await;
    Ok(())
}
