//! What all requests share.

use std::sync::Arc;

use crate::{
    clock::Clock,
    dialect::Dialect,
    engine,
    faults::{Plan, Traffic},
    feed::Feed,
    ids::Ids,
    limits::Limits,
    oauth::Tokens,
    runs::{Mode, Run, RunStore},
    saving::{Change, Saver},
    settings::Settings,
    store::{Collaborations, Conversations, Files, Journal, Variables, Workflows},
};

/// The emulator behind its router. Clones share what changes with calls; what is set is their own.
#[derive(Clone, Debug)]
pub(crate) struct Core {
    pub(crate) workflows: Arc<Workflows>,
    pub(crate) runs: Arc<RunStore>,
    pub(crate) clock: Clock,
    pub(crate) ids: Arc<Ids>,
    pub(crate) limits: Limits,
    pub(crate) plan: Arc<Plan>,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) feed: Feed,
    pub(crate) saver: Saver,
    pub(crate) files: Arc<Files>,
    pub(crate) conversations: Arc<Conversations>,
    pub(crate) collaborations: Arc<Collaborations>,
    pub(crate) variables: Arc<Variables>,
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
    /// An emulator that no call came to yet. Its events go to whoever listens to `feed`.
    pub(crate) fn new(settings: &Settings, workflows: Arc<Workflows>, feed: &Feed) -> Self {
        let clock = Clock::start(settings.unix_time, settings.speed);
        let feed = feed.with_clock(clock.clone());
        let plan = Plan::new(settings.faults.clone());
        Self {
            workflows,
            runs: Arc::new(RunStore::new(settings.keep, feed.clone())),
            started: clock.seconds(),
            clock,
            plan: Arc::new(match settings.random.clone() {
                Some((seed, share, faults)) => plan.with_random(seed, share, faults),
                None => plan,
            }),
            traffic: Arc::default(),
            journal: Arc::new(Journal::new(feed.clone())),
            feed,
            saver: Saver::default(),
            files: Arc::new(Files::new(settings.files.clone())),
            conversations: Arc::default(),
            collaborations: Arc::default(),
            variables: Arc::default(),
            ids: Arc::new(Ids::new(settings.seed)),
            limits: settings.limits.clone(),
            dialect: settings.dialect,
            tokens: Tokens::new(
                settings.tokens.clone(),
                settings.known_tokens_only,
                settings.is_exposed(),
                settings.apps.clone(),
            )
            .with_other_region(settings.other_region.clone()),
            loopback_callbacks: settings.loopback_callbacks,
            base_url: settings.base_url.clone(),
        }
    }

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
        if self.saver.is_on() {
            tokio::spawn(save(run.clone(), self.saver.clone()));
        }
        engine::spawn(run, env, limit);
    }
}

/// Keeps a run as it begins and as it ends.
async fn save(run: Arc<Run>, saver: Saver) {
    saver.save(Change::Run(run.clone()));
    run.over().await;
    saver.save(Change::Run(run));
}

pub(crate) type Shared = Arc<Core>;
