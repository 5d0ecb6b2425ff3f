//! From the options to a client, or to an engine of another kind.

mod other;

pub(crate) use other::{Other, other};

use coze_emulator::{Emulator, EmulatorBuilder, RunningEmulator, StartError};
use coze_workflow::{Client, ClientBuilder, Dialect, Run};

use clap::ValueEnum as _;

use crate::{
    args::{self, Engine, Global},
    failure::{Cause, Failure},
    observe::Observer,
    settings,
};

/// A client, and the emulator it talks to if that was started for it.
pub(crate) struct Connection {
    pub(crate) client: Client,
    _emulator: Option<RunningEmulator>,
}

/// What the embedded emulator is called with; it takes any token.
const EMULATOR_TOKEN: &str = "emulator";

pub(crate) async fn open(global: &Global) -> Result<Connection, Failure> {
    let tells = global.verbose > 1;
    let observer = Observer::telling(tells);
    open_with(global, tells.then_some(&observer)).await
}

/// A client whose attempts are seen by `observer`.
pub(crate) async fn open_with(
    global: &Global,
    observer: Option<&Observer>,
) -> Result<Connection, Failure> {
    let dialect = dialect(global)?;
    let builder = builder(global).dialect(dialect);
    let builder = match global.idle_timeout {
        Some(limit) => builder.idle_timeout(limit),
        None => builder,
    };
    let builder = match observer {
        Some(observer) => builder.attempt_layer(observer.layer()),
        None => builder,
    };
    if global.emulator {
        let emulator = start(emulator(Emulator::builder(), global)).await?;
        let client = builder
            .base_url(emulator.base_url())
            .token(EMULATOR_TOKEN)
            .build()?;
        return Ok(Connection {
            client,
            _emulator: Some(emulator),
        });
    }
    if global.workflows.is_some() {
        return Err(Failure::usage(
            "--workflows is for the emulator: add --emulator, or leave it out",
        ));
    }
    let found = settings::find(global)?;
    let base_url = settings::server(global, &found).value;
    let source = match found.token {
        Ok(source) => source,
        // What a profile names says more than that there is no token.
        Err(missing) => {
            let named = found.profile.is_some().then(|| missing.to_string());
            return Err(Cause::NoToken(named).into());
        }
    };
    let builder = builder.base_url(base_url).token_source(source);
    Ok(Connection {
        client: builder.build()?,
        _emulator: None,
    })
}

/// A builder with what the options say of the server, its address apart.
pub(crate) fn builder(global: &Global) -> ClientBuilder {
    Client::builder().allow_plaintext(global.allow_plaintext)
}

/// The kind of server that the client talks to.
fn dialect(global: &Global) -> Result<Dialect, Failure> {
    match engine(global)? {
        Engine::Cloud => Ok(Dialect::Cloud),
        Engine::Studio => Ok(Dialect::Studio),
        other => Err(Failure::usage(format!(
            "this command does not work with the engine {}: run, stream, wait and status do",
            name(other)
        ))),
    }
}

/// The engine of the options, else of the profile.
pub(crate) fn engine(global: &Global) -> Result<Engine, Failure> {
    if let Some(engine) = global.engine {
        return Ok(engine);
    }
    if global.emulator {
        return Ok(Engine::Cloud);
    }
    let Some(named) = settings::find(global)?.engine else {
        return Ok(Engine::Cloud);
    };
    Engine::from_str(&named, true).map_err(|_| {
        Failure::usage(format!(
            "the engine of the profile, `{named}`, is none of cloud, studio, dify and runs"
        ))
    })
}

/// The word of the options for an engine.
pub(crate) fn name(engine: Engine) -> String {
    let word = engine.to_possible_value();
    word.map(|word| word.get_name().to_owned())
        .unwrap_or_default()
}

/// A run that was started earlier.
pub(crate) fn attach(client: &Client, id: &args::RunId) -> Result<Run, Failure> {
    Ok(match &id.execute_id {
        Some(execute_id) => client.attach((id.workflow.as_str(), execute_id.as_str())),
        None if !id.workflow.contains(':') => {
            return Err(Failure::usage(
                "no execute id was given: pass it after the workflow's id, or pass the run's debug URL alone",
            ));
        }
        None => client.attach(id.workflow.parse::<coze_workflow::DetachedRun>()?),
    })
}

/// The emulator that the options describe, over what the builder was told before.
pub(crate) fn emulator(builder: EmulatorBuilder, global: &Global) -> EmulatorBuilder {
    let builder = match global.engine {
        // A configuration file may say it.
        None => builder,
        Some(Engine::Cloud) => builder.dialect(coze_emulator::Dialect::Cloud),
        Some(Engine::Studio) => builder.dialect(coze_emulator::Dialect::Studio),
        Some(Engine::Dify) => builder.dialect(coze_emulator::Dialect::Dify),
        Some(Engine::Runs) => builder.dialect(coze_emulator::Dialect::Runs),
    };
    match &global.workflows {
        Some(path) => builder.workflows_dir(path),
        None => builder,
    }
}

pub(crate) async fn start(builder: EmulatorBuilder) -> Result<RunningEmulator, Failure> {
    builder.start().await.map_err(|error| refused(&error))
}

/// Why the emulator could not be started, with its causes.
pub(crate) fn refused(error: &StartError) -> Failure {
    settings::refused(error)
}
