//! The emulator and its builder.

use std::{sync::Arc, time::Duration};

use axum::Router;
use bytes::Bytes;
use serde_json::{Map, Value};

use crate::{
    api, builtin,
    clock::{self, Clock},
    core::Core,
    current::Current,
    definition::Definition,
    dialect::Dialect,
    error::StartError,
    faults::Fault,
    feed::{EmulatorEvents, Feed},
    limits::Limits,
    service::EmulatorService,
    settings::Settings,
    store::Sources,
};

/// An emulator without a socket. Cheap to clone; all clones share their runs.
#[derive(Clone, Debug)]
pub struct Emulator(pub(crate) Current);

impl Emulator {
    pub(crate) fn new(settings: Settings) -> Result<Self, StartError> {
        let builtins = if settings.builtins {
            builtin::definitions()?
        } else {
            Vec::new()
        };
        let sources = Sources::read(builtins, settings.paths.clone(), settings.workflows.clone())?;
        let workflows = Arc::new(sources.workflows());
        // The core brings a clock of its own.
        let feed = Feed::new(Clock::start(settings.unix_time, settings.speed));
        let core = Core::new(&settings, workflows, &feed);
        Current::new(settings, sources, core).map(Self)
    }

    /// The routes, to be mounted or called.
    pub fn router(&self) -> Router {
        api::router(&self.0)
    }

    /// The emulator as a service in this process, for a client that takes one.
    pub fn service(&self) -> EmulatorService {
        EmulatorService::new(self.router())
    }

    /// The workflows it knows.
    pub fn workflows(&self) -> Vec<Definition> {
        self.0.refreshed().workflows.all().to_vec()
    }

    /// The kind of server that it emulates.
    pub fn dialect(&self) -> Dialect {
        self.0.core().dialect
    }

    /// How often a workflow, by id or name, was really started; `None` when there is no such workflow.
    ///
    /// A call that was refused before its run began does not count.
    pub fn runs_started(&self, workflow: &str) -> Option<u64> {
        let core = self.0.core();
        let workflow = core.workflows.get(workflow)?;
        Some(core.runs.started(workflow.id()))
    }

    /// The execute ids of the runs of a workflow, by id or name, that are kept, oldest first.
    pub fn execute_ids(&self, workflow: &str) -> Vec<String> {
        let core = self.0.core();
        match core.workflows.get(workflow) {
            Some(workflow) => core.runs.of(workflow.id()),
            None => Vec::new(),
        }
    }

    /// What a kept run was started with: the parameters that were sent, with the defaults of the others.
    pub fn inputs(&self, execute_id: &str) -> Option<Map<String, Value>> {
        let run = self.0.core().runs.get(execute_id)?;
        Some(run.inputs.clone())
    }

    /// Ends a run, as somebody at the web pages of the service can; false when there is no such run, or it is over.
    ///
    /// Its status is `Cancel` in the history, and whoever waits for it gets an error.
    pub fn cancel_run(&self, execute_id: &str) -> bool {
        self.0
            .core()
            .runs
            .get(execute_id)
            .is_some_and(|run| run.cancel())
    }

    /// Hits a call to come with a fault, see [`Fault`]. Faults are used up in the order in which they were added.
    pub fn inject(&self, fault: Fault) {
        self.0.arm(fault);
    }

    /// Ends every access token that the OAuth endpoints gave out, so that the next call with one gets 401.
    pub fn expire_tokens(&self) {
        self.0.core().tokens.expire();
    }

    /// Lets the user of a device agree or refuse; false when no device waits with this user code.
    pub fn decide_device(&self, user_code: &str, approved: bool) -> bool {
        self.0.core().tokens.decide(user_code, approved)
    }

    /// Forgets all faults to come, the random ones too.
    pub fn clear_faults(&self) {
        self.0.clear_faults();
    }

    /// How many calls of a path came in, faulty ones too, such as of `/v1/workflow/run`.
    pub fn calls(&self, path: &str) -> u64 {
        self.0.core().traffic.calls(path)
    }

    /// The bytes of an uploaded file; `None` when there is no such file, or its bytes are not kept.
    pub fn file(&self, file_id: &str) -> Option<Bytes> {
        self.0.core().files.content(file_id)
    }

    /// How often any workflow was really started.
    pub fn runs_started_in_all(&self) -> u64 {
        self.0.core().runs.started_in_all()
    }

    /// What happens from now on: runs that begin and end, their nodes and questions, calls, and changes of settings. The same as
    /// the stream at `/_emulator/events`.
    pub fn events(&self) -> EmulatorEvents {
        self.0.core().feed.listen()
    }

    /// Puts everything back to how it was at the start: runs, files, conversations, counts and tokens are forgotten, and
    /// faults, limits, apps and the clock are those of the builder. Runs that work end with the status `Cancel`.
    pub fn reset(&self) {
        self.0.reset();
    }

    /// What is wrong with definition files that were edited; their last good version is used instead.
    pub fn problems(&self) -> Vec<String> {
        self.0.refreshed();
        self.0.problems()
    }

    /// Sets the limits for calls from now on; runs that work keep theirs.
    pub fn set_limits(&self, limits: Limits) {
        self.0.change(|core| core.limits = limits);
    }

    /// Accepts one more bearer token, see [`EmulatorBuilder::accept_token`](crate::EmulatorBuilder::accept_token).
    pub fn accept_token(&self, token: impl Into<String>) {
        self.0.change(|core| core.tokens.accept(token.into()));
    }

    /// Sets how many seconds pass on the emulator's clock in one of tokio's, see
    /// [`EmulatorBuilder::clock_speed`](crate::EmulatorBuilder::clock_speed).
    pub fn set_clock_speed(&self, speed: f64) {
        self.0
            .core()
            .clock
            .set(|now| now, Some(clock::speed(speed)));
    }

    /// Moves the emulator's clock forward, as if so much time had passed: what waits for less is due at once.
    pub fn advance_clock(&self, time: Duration) {
        self.0
            .core()
            .clock
            .set(|now| now.saturating_add(time), None);
    }
}
