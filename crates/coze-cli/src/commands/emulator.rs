//! `coze emulator`

use serde_json::json;

use crate::{
    args::{Emulator, Format, Global},
    connect,
    failure::Failure,
    output,
};

pub(crate) async fn execute(global: &Global, args: &Emulator) -> Result<(), Failure> {
    let builder = connect::emulator(global).listen(args.listen);
    let emulator = connect::start(builder).await?;
    let url = emulator.base_url();
    // The first line, once connections are accepted: scripts wait for it.
    output::line(&match global.output {
        Format::Text => format!("listening on {url}"),
        Format::Json => json!({ "listening": url }).to_string(),
    })?;
    if global.output == Format::Text {
        for workflow in emulator.emulator().workflows() {
            eprintln!("  {} ({})", workflow.name(), workflow.id());
        }
        eprintln!("try: COZE_API_BASE={url} COZE_API_TOKEN=any coze run greeting -p name=Ada");
        eprintln!("press Ctrl-C to stop");
    }
    tokio::signal::ctrl_c()
        .await
        .map_err(|error| Failure::usage(format!("cannot wait for Ctrl-C: {error}")))?;
    emulator.shutdown().await;
    Ok(())
}
