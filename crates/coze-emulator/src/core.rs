//! What all requests share.

use std::sync::Arc;

use crate::{
    clock::Clock,
    dialect::Dialect,
    engine,
    faults::{Plan, Traffic},
    ids::Ids,
    limits::Limits,
    oauth::Tokens,
    runs::{Mode, Run, RunStore},
    store::{Collaborations, Conversations, Files, Workflows},
};

/// The emulator behind its router.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) workflows: Arc<Workflows>,
    pub(crate) runs: RunStore,
    pub(crate) clock: Clock,
    pub(crate) ids: Arc<Ids>,
    pub(crate) limits: Limits,
    pub(crate) plan: Plan,
    pub(crate) traffic: Traffic,
    pub(crate) files: Files,
    pub(crate) conversations: Conversations,
    pub(crate) collaborations: Collaborations,
    /// Unix seconds at which the emulator was made.
    pub(crate) started: i64,
    pub(crate) dialect: Dialect,
    pub(crate) tokens: Tokens,
    /// Whether the end of runs is posted to addresses of this machine.
    pub(crate) loopback_callbacks: bool,
    /// What debug URLs begin with; by default the address that the request was sent to.
    pub(crate) base_url: Option<String>,
}

impl Core {
    /// Starts a run in a task of its own.
    pub(crate) fn launch(&self, run: Arc<Run>) {
        let limit = match run.mode {
            Mode::Async => self.limits.async_run,
            Mode::Sync | Mode::Stream => self.limits.sync_run,
        };
        let env = engine::Env {
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            workflows: self.workflows.clone(),
            answer_within: self.limits.answer,
        };
        engine::spawn(run, env, limit);
    }
}

pub(crate) type Shared = Arc<Core>;
