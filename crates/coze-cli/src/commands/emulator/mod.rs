//! `coze emulator`

mod cassettes;
mod hints;

use std::{fmt::Write as _, fs, path::Path, time::Duration};

use coze_emulator::{EmulatorBuilder, EmulatorEvent, EmulatorEvents, OAuthApp, RunningEmulator};
use serde_json::{Value, json};
use tokio::time::MissedTickBehavior;

use crate::{
    args::{Emulator, Format},
    connect,
    failure::Failure,
    output,
    session::Session,
};

/// How often definition files are looked at when no call does.
const LOOK: Duration = Duration::from_secs(1);

pub(crate) async fn execute(session: &Session, args: &Emulator) -> Result<(), Failure> {
    if let Some(folder) = &args.draft {
        return cassettes::drafts(session, folder);
    }
    let (builder, token) = describe(session, args)?.require_token_if_reachable();
    let emulator = connect::start(builder).await?;
    tokio::select! {
        // First, so that Ctrl-C is heard before a line says that the emulator is there.
        biased;
        stopped = tokio::signal::ctrl_c() => stopped
            .map_err(|error| Failure::usage(format!("cannot wait for Ctrl-C: {error}")))?,
        told = tell(session, args, &emulator, token.as_deref()) => told?,
    }
    emulator.shutdown().await;
    Ok(())
}

/// Tells where the emulator is, and then what happens there.
async fn tell(
    session: &Session,
    args: &Emulator,
    emulator: &RunningEmulator,
    token: Option<&str>,
) -> Result<(), Failure> {
    let events = emulator.emulator().events();
    let url = emulator.base_url();
    // The first line, once connections are accepted: scripts wait for it.
    match session.output {
        Format::Text => output::row("listening on ", &url)?,
        Format::Json => output::json(&json!({ "listening": url }))?,
    }
    if !emulator.address().ip().is_loopback() {
        output::note(
            "warning: other machines can reach this emulator; calls need a token that it accepts",
        );
    }
    if let Some(token) = token {
        output::note(&format!("token: {token}"));
    }
    if session.output == Format::Text {
        let accepted = args.tokens.first().map(String::as_str);
        hints::tell(emulator, args, token.or(accepted));
        output::note("press Ctrl-C to stop");
    }
    watch(emulator, events, session.verbose > 0).await;
    Ok(())
}

/// What the configuration file says, and then the options.
fn describe(session: &Session, args: &Emulator) -> Result<EmulatorBuilder, Failure> {
    let mut builder = coze_emulator::Emulator::builder();
    if let Some(file) = &args.config {
        builder = builder
            .config_file(file)
            .map_err(|error| connect::refused(&error))?;
    }
    builder = connect::emulator(builder, session);
    if let Some(address) = args.listen {
        builder = builder.listen(address);
    }
    if args.loopback_callbacks {
        builder = builder.loopback_callbacks(true);
    }
    if let Some(seed) = args.seed {
        builder = builder.seed(seed);
    }
    if let Some(speed) = args.clock {
        builder = builder.clock_speed(speed);
    }
    if let Some(folder) = &args.files {
        make(folder)?;
        builder = builder.files_dir(folder);
    }
    if let Some(file) = &args.state {
        builder = builder.state_file(file);
    }
    for token in &args.tokens {
        builder = builder.accept_token(token);
    }
    for origin in &args.origins {
        builder = builder.allow_origin(origin);
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
    if let Some(server) = &args.record_from {
        builder = cassettes::record(builder, session, server, &args.record_to)?;
    }
    if let Some(folder) = &args.replay {
        builder = cassettes::replay(builder, folder, args.clock.unwrap_or(1.0))?;
    }
    Ok(builder)
}

/// Makes a folder, and says at the start if that cannot be.
fn make(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder)
        .map_err(|error| Failure::usage(format!("{} cannot be made: {error}", folder.display())))
}

fn read(file: &Path) -> Result<String, Failure> {
    fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))
}

/// Tells what becomes of edited definitions, and with `-v` each call.
async fn watch(emulator: &RunningEmulator, mut events: EmulatorEvents, verbose: bool) {
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            _ = look.tick() => {
                // What changed comes as an event.
                emulator.emulator().problems();
                continue;
            }
        };
        let Some(event) = event else {
            return;
        };
        match event.name {
            "call.ended" if verbose => output::note(&call(&event)),
            "missed" if verbose => {
                output::note(&format!(
                    "{} events were too fast to be shown",
                    event.data["count"]
                ));
            }
            "workflows" => workflows(&event),
            "state.failed" => output::note(&format!("warning: {}", text(&event.data["error"]))),
            _ => {}
        }
    }
}

/// A call on one line: method, path, status, code, time, log id and run.
fn call(event: &EmulatorEvent) -> String {
    let member = |name: &str| event.data.get(name).filter(|value| !value.is_null());
    let word = |name| member(name).map(text).unwrap_or_default();
    let mut line = format!("{} {}", word("method"), word("path"));
    if let Some(query) = member("query") {
        let _ = write!(line, "?{}", text(query));
    }
    let status = member("status").map_or_else(|| "no response".to_owned(), text);
    let _ = write!(line, " {status}");
    for (name, shown) in [
        ("code", "code"),
        ("ms", "ms"),
        ("log_id", "log"),
        ("run", "run"),
        ("fault", "fault"),
    ] {
        if let Some(value) = member(name) {
            let _ = write!(line, " {shown}={}", text(value));
        }
    }
    line
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn workflows(event: &EmulatorEvent) {
    let problems = event.data["problems"].as_array();
    let problems = problems.map(Vec::as_slice).unwrap_or_default();
    for problem in problems {
        output::note(&format!("not used: {}", text(problem)));
    }
    if problems.is_empty() {
        output::note("the definitions were read again");
    }
}
