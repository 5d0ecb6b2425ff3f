//! What can be done with an emulator that has just been started.

use coze_emulator::{Definition, Dialect, RunningEmulator};
use shell_words::quote;

use crate::{args::Emulator, output};

/// Tells its workflows and how to run one of them, on standard error.
pub(super) fn tell(emulator: &RunningEmulator, args: &Emulator, token: Option<&str>) {
    let url = emulator.base_url();
    if let Some(server) = &args.record_from {
        let folder = args.record_to.display();
        output::note(&format!(
            "calls are passed on to {server} and recorded in {folder}"
        ));
    } else if let Some(folder) = &args.replay {
        let folder = folder.display();
        output::note(&format!("responses are those recorded in {folder}"));
    } else {
        let dialect = emulator.emulator().dialect();
        let workflows = emulator.emulator().workflows();
        for workflow in &workflows {
            output::note(&format!("  {} ({})", workflow.name(), workflow.id()));
        }
        if let Some(command) = command(dialect, &url, &workflows, token) {
            output::note(&format!("try: {command}"));
        }
    }
}

/// A command that runs a workflow: the greeting if it is there.
fn command(
    dialect: Dialect,
    url: &str,
    workflows: &[Definition],
    token: Option<&str>,
) -> Option<String> {
    let greeting = workflows.iter().find(|one| one.name() == "greeting");
    let workflow = greeting.or(workflows.first())?;
    let own_key = format!("app-{}", workflow.name());
    // Other engines have variables of their own, and a self-hosted server knows workflows by id alone.
    let (variables, token, named, engine) = match dialect {
        Dialect::Dify => {
            let base = format!("DIFY_API_BASE={url}/v1 DIFY_API_KEY");
            let key = token.unwrap_or(&own_key);
            (base, key, workflow.name(), " --engine dify")
        }
        Dialect::Runs => {
            let base = format!("RUNS_API_BASE={url} RUNS_API_TOKEN");
            let token = token.unwrap_or("any");
            (base, token, workflow.name(), " --engine runs")
        }
        dialect => {
            let base = format!("COZE_API_BASE={url} COZE_API_TOKEN");
            let token = token.unwrap_or("any");
            match dialect {
                Dialect::Studio => (base, token, workflow.id(), " --engine studio"),
                _ => (base, token, workflow.name(), ""),
            }
        }
    };
    let (token, named) = (quote(token), quote(named));
    let input = greeting.map_or("", |_| " -p name=Ada");
    Some(format!(
        "{variables}={token} coze run {named}{input}{engine}"
    ))
}
