//! The emulator and its builder.

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::{
    api, builtin,
    clock::Clock,
    core::{Core, Shared},
    definition::{self, Definition},
    dialect::Dialect,
    error::StartError,
    faults::{Fault, Plan, Traffic},
    ids::Ids,
    limits::Limits,
    oauth::{OAuthApp, Tokens},
    runs::{self, RunStore},
    service::EmulatorService,
    store::{Collaborations, Conversations, Files, Keep, Workflows},
};

/// An emulator without a socket. Cheap to clone; all clones share their runs.
#[derive(Clone, Debug)]
pub struct Emulator {
    core: Shared,
    pub(crate) listen: SocketAddr,
}

impl Emulator {
    /// Starts to describe an emulator.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// The routes, to be mounted or called.
    pub fn router(&self) -> Router {
        api::router(self.core.clone())
    }

    /// The emulator as a service in this process, for a client that takes one.
    pub fn service(&self) -> EmulatorService {
        EmulatorService::new(self.router())
    }

    /// The workflows it knows.
    pub fn workflows(&self) -> &[Definition] {
        self.core.workflows.all()
    }

    /// How often a workflow, by id or name, was really started; `None` when there is no such workflow.
    ///
    /// A call that was refused before its run began does not count.
    pub fn runs_started(&self, workflow: &str) -> Option<u64> {
        let workflow = self.core.workflows.get(workflow)?;
        Some(self.core.runs.started(workflow.id()))
    }

    /// The execute ids of the runs of a workflow, by id or name, that are kept, oldest first.
    pub fn execute_ids(&self, workflow: &str) -> Vec<String> {
        match self.core.workflows.get(workflow) {
            Some(workflow) => self.core.runs.of(workflow.id()),
            None => Vec::new(),
        }
    }

    /// What a kept run was started with: the parameters that were sent, with the defaults of the others.
    pub fn inputs(&self, execute_id: &str) -> Option<Map<String, Value>> {
        let run = self.core.runs.get(execute_id)?;
        Some(run.inputs.clone())
    }

    /// Ends a run, as somebody at the web pages of the service can; false when there is no such run, or it is over.
    ///
    /// Its status is `Cancel` in the history, and whoever waits for it gets an error.
    pub fn cancel_run(&self, execute_id: &str) -> bool {
        self.core
            .runs
            .get(execute_id)
            .is_some_and(|run| run.cancel())
    }

    /// Hits a call to come with a fault, see [`Fault`]. Faults are used up in the order in which they were added.
    pub fn inject(&self, fault: Fault) {
        self.core.plan.add(fault);
    }

    /// Ends every access token that the OAuth endpoints gave out, so that the next call with one gets 401.
    pub fn expire_tokens(&self) {
        self.core.tokens.expire();
    }

    /// Lets the user of a device agree or refuse; false when no device waits with this user code.
    pub fn decide_device(&self, user_code: &str, approved: bool) -> bool {
        self.core.tokens.decide(user_code, approved)
    }

    /// Forgets all faults to come, the random ones too.
    pub fn clear_faults(&self) {
        self.core.plan.clear();
    }

    /// How many calls of a path came in, faulty ones too, such as of `/v1/workflow/run`.
    pub fn calls(&self, path: &str) -> u64 {
        self.core.traffic.calls(path)
    }

    /// The bytes of an uploaded file; `None` when there is no such file, or its bytes are not kept.
    pub fn file(&self, file_id: &str) -> Option<Bytes> {
        self.core.files.content(file_id)
    }

    /// How often any workflow was really started.
    pub fn runs_started_in_all(&self) -> u64 {
        self.core.runs.started_in_all()
    }
}

/// Describes an [`Emulator`].
#[derive(Clone, Debug)]
#[must_use]
pub struct EmulatorBuilder {
    listen: SocketAddr,
    builtins: bool,
    workflows: Vec<Definition>,
    dirs: Vec<PathBuf>,
    dialect: Dialect,
    tokens: Vec<String>,
    known_tokens_only: bool,
    other_region: Option<String>,
    apps: Vec<OAuthApp>,
    base_url: Option<String>,
    seed: Option<u64>,
    unix_time: Option<Duration>,
    keep: usize,
    limits: Limits,
    files: Keep,
    faults: Vec<Fault>,
    random: Option<(u64, f64, Vec<Fault>)>,
    loopback_callbacks: bool,
}

impl Default for EmulatorBuilder {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            builtins: true,
            workflows: Vec::new(),
            dirs: Vec::new(),
            dialect: Dialect::Cloud,
            tokens: Vec::new(),
            known_tokens_only: false,
            other_region: None,
            apps: Vec::new(),
            base_url: None,
            seed: None,
            unix_time: None,
            keep: runs::DEFAULT_KEEP,
            limits: Limits::default(),
            files: Keep::Memory,
            faults: Vec::new(),
            random: None,
            loopback_callbacks: false,
        }
    }
}

impl EmulatorBuilder {
    /// Address to listen on; port 0, the default, picks a free one on 127.0.0.1.
    ///
    /// On an address that other machines can reach, tokens that look like those of the real service are refused.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Adds a workflow. It takes the place of an earlier or built-in one with the same name or id.
    pub fn workflow(mut self, workflow: Definition) -> Self {
        self.workflows.push(workflow);
        self
    }

    /// Adds every `.yaml` and `.yml` file of a folder, in the order of their names, before those of [`workflow`](Self::workflow).
    pub fn workflows_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.dirs.push(path.into());
        self
    }

    /// Leaves the workflows `greeting`, `weather` and `slow-report` out.
    pub fn without_builtins(mut self) -> Self {
        self.builtins = false;
        self
    }

    /// Plays another server than the cloud service.
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// Posts the end of runs of [`Dialect::Runs`] to the `callback_url` that they were started with, if it is an `http` URL of this
    /// machine. Without it such a URL is refused with HTTP 400, and other machines are never called. Default: `false`.
    pub fn loopback_callbacks(mut self, allow: bool) -> Self {
        self.loopback_callbacks = allow;
        self
    }

    /// Accepts this bearer token. May be called repeatedly; while it was not, any token is accepted.
    pub fn accept_token(mut self, token: impl Into<String>) -> Self {
        self.tokens.push(token.into());
        self
    }

    /// Refuses every token but those of [`accept_token`](Self::accept_token) and those that the OAuth endpoints gave out.
    pub fn known_tokens_only(mut self) -> Self {
        self.known_tokens_only = true;
        self
    }

    /// Treats tokens that begin with this as those of the other region: the service of one region does not know the tokens of
    /// the other, so they get HTTP 401 with code 700012006, even when they are accepted otherwise. None by default.
    pub fn other_region_tokens(mut self, prefix: impl Into<String>) -> Self {
        self.other_region = Some(prefix.into());
        self
    }

    /// Registers an OAuth application. Without any, every client id is known, and only the JWT grant is refused.
    pub fn oauth_app(mut self, app: OAuthApp) -> Self {
        self.apps.push(app);
        self
    }

    /// What debug URLs begin with, such as `http://127.0.0.1:4010`. By default the address that the request was sent to.
    pub fn base_url(mut self, base_url: impl Into<String>) -> Self {
        self.base_url = Some(base_url.into().trim_end_matches('/').to_owned());
        self
    }

    /// Makes ids and log ids repeatable: the same calls in the same order get the same ids.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Unix time at which the emulator's clock begins; the system's time by default. The clock follows tokio's, paused or not.
    pub fn unix_time(mut self, unix_time: Duration) -> Self {
        self.unix_time = Some(unix_time);
        self
    }

    /// How many ended runs are kept, 10,000 by default. Fewer are when what they hold, of inputs, nodes and outputs, comes to
    /// more than 256 MiB; the oldest go first. Of one run the first 1,000 executions of nodes and the first 200 events are kept
    /// for its page, and every output node for its history.
    pub fn keep_runs(mut self, count: usize) -> Self {
        self.keep = count;
        self
    }

    /// Sets the times and sizes that the service is bound to.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Keeps uploaded files in a folder, each under its id, instead of in memory. The folder is made with the first of them,
    /// and files stay in it when the emulator ends.
    pub fn files_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.files = Keep::Folder(path.into());
        self
    }

    /// Reads uploaded files to their end and keeps only their names and sizes, so that any size costs the same memory.
    pub fn discard_files(mut self) -> Self {
        self.files = Keep::Nowhere;
        self
    }

    /// Adds a fault, see [`Emulator::inject`].
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Adds the faults of a text, one a line, see [`Fault::lines`].
    ///
    /// # Errors
    ///
    /// [`StartError::Faults`] with the line that is not a fault.
    pub fn fault_lines(mut self, text: &str) -> Result<Self, StartError> {
        let faults =
            Fault::lines(text).map_err(|(line, source)| StartError::Faults { line, source })?;
        self.faults.extend(faults);
        Ok(self)
    }

    /// Hits a share of all calls, from 0 to 1, with one of the faults. The same seed draws the same faults for the same
    /// calls.
    pub fn random_faults(mut self, seed: u64, share: f64, faults: Vec<Fault>) -> Self {
        self.random = Some((seed, share, faults));
        self
    }

    /// Reads the definitions.
    ///
    /// # Errors
    ///
    /// [`StartError`] when a folder cannot be listed or a definition is wrong.
    pub fn build(self) -> Result<Emulator, StartError> {
        let mut workflows = Workflows::default();
        if self.builtins {
            builtin::definitions()?
                .into_iter()
                .for_each(|workflow| workflows.add(workflow));
        }
        let mut from_files = Vec::new();
        for dir in &self.dirs {
            for file in yaml_files(dir).map_err(|source| StartError::WorkflowsDir {
                path: dir.clone(),
                source,
            })? {
                from_files.push(Definition::from_file(file));
            }
        }
        let from_files = definition::all(from_files)?;
        from_files
            .iter()
            .for_each(|workflow| workflows.add(workflow.clone()));
        self.workflows
            .into_iter()
            .for_each(|workflow| workflows.add(workflow));
        definition::link(&from_files, workflows.all())?;
        let clock = Clock::start(self.unix_time);
        let core = Core {
            workflows: Arc::new(workflows),
            runs: RunStore::new(self.keep),
            started: clock.seconds(),
            clock,
            plan: match self.random {
                Some((seed, share, faults)) => {
                    Plan::new(self.faults).with_random(seed, share, faults)
                }
                None => Plan::new(self.faults),
            },
            traffic: Traffic::default(),
            files: Files::new(self.files),
            conversations: Conversations::default(),
            collaborations: Collaborations::default(),
            ids: Arc::new(Ids::new(self.seed)),
            limits: self.limits,
            dialect: self.dialect,
            loopback_callbacks: self.loopback_callbacks,
            tokens: Tokens::new(
                self.tokens,
                self.known_tokens_only,
                !self.listen.ip().is_loopback(),
                self.apps,
            )
            .with_other_region(self.other_region),
            base_url: self.base_url,
        };
        Ok(Emulator {
            core: Arc::new(core),
            listen: self.listen,
        })
    }
}

fn yaml_files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let yaml = path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        if yaml && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
