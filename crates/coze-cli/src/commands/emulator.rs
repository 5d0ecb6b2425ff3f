//! `coze emulator`

use std::{fs, path::Path};

use coze_emulator::OAuthApp;
use serde_json::json;

use crate::{
    args::{Emulator, Format},
    connect,
    failure::Failure,
    output,
    session::Session,
};

pub(crate) async fn execute(session: &Session, args: &Emulator) -> Result<(), Failure> {
    let mut builder = connect::emulator(session)
        .listen(args.listen)
        .loopback_callbacks(args.loopback_callbacks);
    if let Some(seed) = args.seed {
        builder = builder.seed(seed);
    }
    for file in &args.apps {
        let app = OAuthApp::from_config(&read(file)?);
        let app = app.map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
        builder = builder.oauth_app(app);
    }
    if let Some(file) = &args.faults {
        let text = read(file)?;
        builder = builder
            .fault_lines(&text)
            .map_err(|error| connect::refused(&error))?;
    }
    let emulator = connect::start(builder).await?;
    let url = emulator.base_url();
    // The first line, once connections are accepted: scripts wait for it.
    match session.output {
        Format::Text => output::row("listening on ", &url)?,
        Format::Json => output::json(&json!({ "listening": url }))?,
    }
    if session.output == Format::Text {
        for workflow in emulator.emulator().workflows() {
            output::note(&format!("  {} ({})", workflow.name(), workflow.id()));
        }
        output::note(&format!(
            "try: COZE_API_BASE={url} COZE_API_TOKEN=any coze run greeting -p name=Ada"
        ));
        output::note("press Ctrl-C to stop");
    }
    tokio::signal::ctrl_c()
        .await
        .map_err(|error| Failure::usage(format!("cannot wait for Ctrl-C: {error}")))?;
    emulator.shutdown().await;
    Ok(())
}

fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))
}
