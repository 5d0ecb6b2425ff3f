//! From the options to a client, or to an engine of another kind.

mod other;

pub(crate) use other::Other;

use clap::ValueEnum as _;
use coze_auth::Settings;
use coze_emulator::{Emulator, EmulatorBuilder, RunningEmulator, StartError};
use coze_workflow::{Client, ClientBuilder, Dialect, Run};

use crate::{
    args::{self, Engine, Global},
    failure::{Cause, Failure},
    inputs::KeptSchema,
    observe::Observer,
    settings,
};

/// A client, and the emulator it talks to if that was started for it.
pub(crate) struct Connection {
    pub(crate) client: Client,
    pub(crate) dialect: Dialect,
    /// Its base URL; `None` for an emulator of its own.
    server: Option<String>,
    emulator: Option<RunningEmulator>,
}

impl Connection {
    /// The workflow that the command line names. A self-hosted server takes ids alone, so its emulator is asked for that
    /// of a name.
    pub(crate) fn workflow(&self, named: &str) -> String {
        let emulator = self.emulator.as_ref();
        let emulator = emulator.filter(|_| self.dialect == Dialect::Studio);
        let workflows = emulator.map(|emulator| emulator.emulator().workflows());
        let mut workflows = workflows.iter().flatten();
        let workflow = workflows.find(|workflow| workflow.name() == named);
        workflow.map_or(named, |workflow| workflow.id()).to_owned()
    }

    /// Where it is kept what a workflow takes.
    pub(crate) fn kept(&self, workflow: &str) -> Option<KeptSchema> {
        KeptSchema::of(self.server.as_ref()?, workflow)
    }
}

/// What a command talks to that works with every engine.
pub(crate) enum Server {
    Coze(Connection),
    Other(Other),
}

/// What the embedded emulator is called with; it takes any token.
const EMULATOR_TOKEN: &str = "emulator";

/// The server of the options, else of the user's settings, for what a command does with `workflow`.
pub(crate) async fn server(global: &Global, workflow: &str) -> Result<Server, Failure> {
    let (engine, settings) = find(global)?;
    Ok(match dialect(engine) {
        Some(dialect) => {
            let observer = observer(global);
            Server::Coze(coze(global, dialect, settings, observer.as_ref()).await?)
        }
        None => Server::Other(other::open(global, engine, settings, workflow).await?),
    })
}

/// The same for a command that works with Coze alone.
pub(crate) async fn open(global: &Global) -> Result<Connection, Failure> {
    open_with(global, observer(global).as_ref()).await
}

/// A client whose attempts are seen by `observer`.
pub(crate) async fn open_with(
    global: &Global,
    observer: Option<&Observer>,
) -> Result<Connection, Failure> {
    let (engine, settings) = find(global)?;
    let Some(dialect) = dialect(engine) else {
        return Err(Failure::usage(format!(
            "this command does not work with the engine {}: run, stream, wait and status do",
            name(engine)
        )));
    };
    coze(global, dialect, settings, observer).await
}

/// With `-vv`: what tells of each attempt.
fn observer(global: &Global) -> Option<Observer> {
    (global.verbose > 1).then(|| Observer::telling(true))
}

/// A client with these settings, or of an emulator where there are none.
async fn coze(
    global: &Global,
    dialect: Dialect,
    settings: Option<Settings>,
    observer: Option<&Observer>,
) -> Result<Connection, Failure> {
    let builder = builder(global).dialect(dialect);
    let builder = match global.idle_timeout {
        Some(limit) => builder.idle_timeout(limit),
        None => builder,
    };
    let builder = match observer {
        Some(observer) => builder.attempt_layer(observer.layer()),
        None => builder,
    };
    let Some(found) = settings else {
        let emulator = start(emulator(Emulator::builder(), global)).await?;
        let client = builder
            .base_url(emulator.base_url())
            .token(EMULATOR_TOKEN)
            .build()?;
        return Ok(Connection {
            client,
            dialect,
            server: None,
            emulator: Some(emulator),
        });
    };
    let base_url = settings::server(global, &found).value;
    let source = match found.token {
        Ok(source) => source,
        // What a profile names says more than that there is no token.
        Err(missing) => {
            let named = found.profile.is_some().then(|| missing.to_string());
            return Err(Cause::NoToken(named).into());
        }
    };
    let builder = builder.base_url(&base_url).token_source(source);
    Ok(Connection {
        client: builder.build()?,
        dialect,
        server: Some(base_url),
        emulator: None,
    })
}

/// A builder with what the options say of the server, its address apart.
pub(crate) fn builder(global: &Global) -> ClientBuilder {
    Client::builder().allow_plaintext(global.allow_plaintext)
}

/// The engine of the options, else of the profile; and the settings of the user, which an emulator does not need.
fn find(global: &Global) -> Result<(Engine, Option<Settings>), Failure> {
    if global.emulator {
        return Ok((global.engine.unwrap_or(Engine::Cloud), None));
    }
    if global.workflows.is_some() {
        return Err(Failure::usage(
            "--workflows is for the emulator: add --emulator, or leave it out",
        ));
    }
    let settings = settings::find(global)?;
    let engine = match (global.engine, &settings.engine) {
        (Some(engine), _) => engine,
        (None, None) => Engine::Cloud,
        (None, Some(named)) => Engine::from_str(named, true).map_err(|_| {
            Failure::usage(format!(
                "the engine of the profile, `{named}`, is none of cloud, studio, dify and runs"
            ))
        })?,
    };
    Ok((engine, Some(settings)))
}

/// The kind of server that the client talks to; `None` for an engine that is not Coze.
fn dialect(engine: Engine) -> Option<Dialect> {
    match engine {
        Engine::Cloud => Some(Dialect::Cloud),
        Engine::Studio => Some(Dialect::Studio),
        Engine::Dify | Engine::Runs => None,
    }
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
