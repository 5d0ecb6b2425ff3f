//! What all requests share.

use std::{collections::HashMap, sync::Arc};

use crate::{
    Definition, Dialect,
    api::{Collaborations, Conversations, Files},
    clock::Clock,
    engine,
    faults::{Plan, Traffic},
    ids::Ids,
    limits::Limits,
    oauth::Tokens,
    runs::{Mode, Run, RunStore},
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

/// Workflows by id and by name.
#[derive(Debug, Default)]
pub(crate) struct Workflows {
    list: Vec<Definition>,
    index: HashMap<String, usize>,
}

impl Workflows {
    /// Adds a workflow; one of the same name or id takes the place of the older.
    pub(crate) fn add(&mut self, workflow: Definition) {
        self.list
            .retain(|other| other.name() != workflow.name() && other.id() != workflow.id());
        self.list.push(workflow);
        self.index.clear();
        for (position, workflow) in self.list.iter().enumerate() {
            self.index.insert(workflow.name().to_owned(), position);
        }
        // An id wins over a name that happens to be a number.
        for (position, workflow) in self.list.iter().enumerate() {
            self.index.insert(workflow.id().to_owned(), position);
        }
    }

    pub(crate) fn get(&self, id_or_name: &str) -> Option<&Definition> {
        self.index
            .get(id_or_name)
            .and_then(|position| self.list.get(*position))
    }

    pub(crate) fn all(&self) -> &[Definition] {
        &self.list
    }
}

pub(crate) type Shared = Arc<Core>;
