//! The core that requests get. It is exchanged as a whole: a call that has begun keeps the settings that it began with.

use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::FromRef;
use serde_json::json;

use crate::{
    core::{Core, Shared},
    definition::Definition,
    faults::Fault,
    settings::Settings,
    store::Sources,
};

/// Gives out the core that counts now. Cheap to clone; all clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Current(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    sources: Sources,
    core: RwLock<Shared>,
}

impl Current {
    pub(crate) fn new(settings: Settings, sources: Sources, core: Core) -> Self {
        Self(Arc::new(Inner {
            settings,
            sources,
            core: RwLock::new(Arc::new(core)),
        }))
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
        let made = Arc::new(make(&core));
        let left = std::mem::replace(&mut *core, made);
        left.runs.end_all();
    }
}

/// Handlers that take no part in the API ask for the core alone.
impl FromRef<Current> for Shared {
    fn from_ref(current: &Current) -> Self {
        current.core()
    }
}
