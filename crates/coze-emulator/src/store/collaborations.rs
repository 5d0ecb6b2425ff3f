//! Who may edit which workflow.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Who may edit which workflow; a workflow without an entry is in `single` mode.
#[derive(Debug, Default)]
pub(crate) struct Collaborations(Mutex<HashMap<String, HashSet<String>>>);

impl Collaborations {
    pub(crate) fn of(all: HashMap<String, HashSet<String>>) -> Self {
        Self(Mutex::new(all))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, HashMap<String, HashSet<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
