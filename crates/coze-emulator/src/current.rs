//! The core that requests get. It is exchanged as a whole: a call that has begun keeps the settings that it began with.

use std::sync::{Arc, PoisonError, RwLock};
#[cfg(feature = "state")]
use std::{
    sync::{Mutex, Weak, mpsc},
    thread,
};

use axum::extract::FromRef;
use serde_json::json;

use crate::{
    core::{Core, Shared},
    definition::Definition,
    error::StartError,
    faults::Fault,
    saving::Change,
    settings::Settings,
    store::Sources,
};
#[cfg(feature = "state")]
use crate::{saving::Saver, snapshot::Rest, state::State};

/// Gives out the core that counts now. Cheap to clone; all clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Current(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    sources: Sources,
    core: RwLock<Shared>,
    #[cfg(feature = "state")]
    writer: Mutex<Option<thread::JoinHandle<()>>>,
}

impl Current {
    #[cfg(not(feature = "state"))]
    #[expect(
        clippy::unnecessary_wraps,
        reason = "a file of runs, which the feature adds, may be unusable"
    )]
    pub(crate) fn new(
        settings: Settings,
        sources: Sources,
        core: Core,
    ) -> Result<Self, StartError> {
        Ok(Self(Arc::new(Inner {
            settings,
            sources,
            core: RwLock::new(Arc::new(core)),
        })))
    }

    /// Takes in what the file of the settings keeps, and lets it be written from now on.
    #[cfg(feature = "state")]
    pub(crate) fn new(
        settings: Settings,
        sources: Sources,
        mut core: Core,
    ) -> Result<Self, StartError> {
        let mut state = None;
        let (sender, changes) = mpsc::channel();
        if let Some(path) = &settings.state {
            let failed = |error: Box<dyn std::error::Error + Send + Sync>| StartError::State {
                path: path.clone(),
                message: error.to_string(),
            };
            let opened = State::open(path).map_err(failed)?;
            if let Some((rest, runs)) = opened.read().map_err(failed)? {
                core = rest.onto(&core, &settings, runs);
            }
            core.saver = Saver::new(sender);
            state = Some(opened);
        }
        Ok(Self(Arc::new_cyclic(|inner: &Weak<Inner>| {
            let inner = inner.clone();
            let rest = move || Some(Rest::of(&Self(inner.upgrade()?).core()));
            let writer =
                state.map(|state| state.keep(changes, settings.keep, core.feed.clone(), rest));
            Inner {
                settings,
                sources,
                core: RwLock::new(Arc::new(core)),
                writer: Mutex::new(writer),
            }
        })))
    }

    /// Waits until everything that came so far is written, and lets nothing more be.
    #[cfg(feature = "state")]
    pub(crate) fn close(&self) {
        let writer = self.0.writer.lock();
        if let Some(writer) = writer.unwrap_or_else(PoisonError::into_inner).take() {
            self.core().saver.save(Change::Close);
            let _ = writer.join();
        }
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn core(&self) -> Shared {
        let core = self.0.core.read();
        core.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes what is set. Runs that work go on with what was set when they were started.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Core)) {
        let core = self.0.core.write();
        let mut core = core.unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut *core));
    }

    /// Takes in definitions that changed since the last look, and gives the core.
    pub(crate) fn refreshed(&self) -> Shared {
        if self.0.sources.refresh() {
            let workflows = Arc::new(self.0.sources.workflows());
            self.change(|core| core.workflows = workflows);
            let core = self.core();
            core.feed.tell("workflows", || {
                let names: Vec<_> = core.workflows.all().iter().map(Definition::name).collect();
                json!({ "workflows": names, "problems": self.problems() })
            });
        }
        self.core()
    }

    /// What is wrong with definitions whose last good version is used instead.
    pub(crate) fn problems(&self) -> Vec<String> {
        self.0.sources.problems()
    }

    /// Adds a fault to come.
    pub(crate) fn arm(&self, fault: Fault) {
        let core = self.core();
        core.plan.add(fault);
        Self::tell_faults(&core);
    }

    /// Forgets all faults to come.
    pub(crate) fn clear_faults(&self) {
        let core = self.core();
        core.plan.clear();
        Self::tell_faults(&core);
    }

    fn tell_faults(core: &Core) {
        core.feed
            .tell("faults", || json!({ "faults": core.plan.armed() }));
    }

    /// Puts everything back to how it was at the start, and ends the runs that work.
    pub(crate) fn reset(&self) {
        let feed = self.core().feed.clone();
        self.exchange(|core| Core::new(self.settings(), core.workflows.clone(), &feed));
        self.core().feed.tell("reset", Default::default);
    }

    /// Takes another core, made from the present one, whose runs end.
    pub(crate) fn exchange(&self, make: impl FnOnce(&Core) -> Core) {
        let core = self.0.core.write();
        let mut core = core.unwrap_or_else(PoisonError::into_inner);
        let mut made = make(&core);
        made.saver = core.saver.retire();
        let left = std::mem::replace(&mut *core, Arc::new(made));
        core.saver.save(Change::Clear);
        for run in core.runs.all() {
            core.saver.save(Change::Run(run));
        }
        left.runs.end_all();
    }
}

/// Handlers that take no part in the API ask for the core alone.
impl FromRef<Current> for Shared {
    fn from_ref(current: &Current) -> Self {
        current.core()
    }
}
