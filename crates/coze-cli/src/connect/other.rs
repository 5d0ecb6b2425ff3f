//! Engines beside Coze.

use std::{env, sync::Arc};

use coze_adapter_dify::Dify;
use coze_adapter_runs::Runs;
use coze_auth::{Settings, TokenSource};
use coze_emulator::{Emulator, RunningEmulator};
use coze_workflow::transport::{Authorize, Credentials};

use super::{EMULATOR_TOKEN, emulator, start};
use crate::{
    args::{Engine, Global},
    failure::{Cause, Failure},
    settings,
};

/// An engine that is not Coze, and the emulator it talks to if that was started for it.
pub(crate) struct Other {
    pub(crate) engine: Arc<dyn coze_workflow::Engine>,
    _emulator: Option<RunningEmulator>,
}

/// Where the server is and what it is called with.
struct Access {
    base_url: Option<String>,
    token: String,
}

/// An engine with these settings, or one of an emulator where there are none.
pub(super) async fn open(
    global: &Global,
    kind: Engine,
    settings: Option<Settings>,
    workflow: &str,
) -> Result<Other, Failure> {
    let (access, emulator) = if let Some(settings) = settings {
        (access(global, kind, settings).await?, None)
    } else {
        let emulator = start(emulator(Emulator::builder(), global)).await?;
        let url = emulator.base_url();
        let (base_url, token) = match kind {
            // A key belongs to one app, and with it the account of what the workflow takes.
            Engine::Dify => (format!("{url}/v1"), format!("app-{workflow}")),
            _ => (url, EMULATOR_TOKEN.to_owned()),
        };
        let base_url = Some(base_url);
        let access = Access { base_url, token };
        (access, Some(emulator))
    };
    let engine: Arc<dyn coze_workflow::Engine> = match kind {
        Engine::Dify => Arc::new(dify(global, access)?),
        _ => Arc::new(runs(global, access)?),
    };
    Ok(Other {
        engine,
        _emulator: emulator,
    })
}

fn dify(global: &Global, access: Access) -> Result<Dify, Failure> {
    let mut builder = Dify::builder()
        .token(access.token)
        .allow_plaintext(global.allow_plaintext);
    if let Some(url) = access.base_url {
        builder = builder.base_url(url);
    }
    if let Some(limit) = global.idle_timeout {
        builder = builder.idle_timeout(limit);
    }
    Ok(builder.build()?)
}

fn runs(global: &Global, access: Access) -> Result<Runs, Failure> {
    let mut builder = Runs::builder()
        .token(access.token)
        .allow_plaintext(global.allow_plaintext);
    if let Some(url) = access.base_url {
        builder = builder.base_url(url);
    }
    Ok(builder.build()?)
}

/// From the options, else from a profile of this engine, else from the engine's own variables. A token of Coze is never
/// shown to another server.
async fn access(global: &Global, kind: Engine, found: Settings) -> Result<Access, Failure> {
    if global.region.is_some() {
        let message = "--region is for the cloud service: use --base-url, or leave it out";
        return Err(Failure::usage(message));
    }
    let named = found.engine.as_deref().map(str::to_lowercase);
    let is_own = named.is_some_and(|named| named == super::name(kind));
    let is_given = global.token.is_some();
    let (token_variable, base_variable) = match kind {
        Engine::Dify => ("DIFY_API_KEY", "DIFY_API_BASE"),
        _ => ("RUNS_API_TOKEN", "RUNS_API_BASE"),
    };
    let of_profile = found.base_url.filter(|_| is_own).map(|(url, _)| url);
    let base_url = settings::option(global)
        .map(|found| found.value)
        .or(of_profile)
        .or_else(|| env::var(base_variable).ok().filter(|url| !url.is_empty()));
    let token = match found.token {
        Ok(source) if is_given || is_own => text(source).await?,
        _ => env::var(token_variable).unwrap_or_default(),
    };
    if token.is_empty() {
        let told = format!(
            "no access token for {}: set {token_variable}, or use a profile with `\"engine\": \"{}\"`",
            super::name(kind),
            super::name(kind)
        );
        return Err(Cause::NoToken(Some(told)).into());
    }
    Ok(Access { base_url, token })
}

/// The token itself.
async fn text(source: TokenSource) -> Result<String, Failure> {
    let authorize = match source {
        TokenSource::Text { token, .. } => return Ok(token.expose().to_owned()),
        TokenSource::File { file, .. } => file.authorize(),
        TokenSource::Command(command) => command.credentials().authorize(),
        other => {
            return Err(Failure::usage(format!(
                "{other} is for Coze: a profile of another engine needs token_env, token_file or token_command"
            )));
        }
    };
    let authorization = match authorize {
        Authorize::Ready(done) => done,
        Authorize::Pending(fetching) => fetching.await,
    };
    let authorization = authorization.map_err(|error| settings::refused(&*error))?;
    let header = authorization.header().to_str().unwrap_or_default();
    Ok(header.trim_start_matches("Bearer ").to_owned())
}
