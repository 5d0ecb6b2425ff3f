//! Variables that agents and apps keep for their users.

use std::sync::{Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Users whose variables are kept; the oldest give way.
const KEPT: usize = 10_000;

/// Whose variables they are.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Owner {
    /// The agent or the app.
    pub(crate) of: String,
    pub(crate) connector_id: String,
    pub(crate) user: String,
}

/// One value.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Variable {
    pub(crate) value: String,
    /// Unix seconds.
    pub(crate) created: i64,
    pub(crate) updated: i64,
}

/// The variables of one user, by name.
pub(crate) type Values = IndexMap<String, Variable>;

/// The variables of all users, by name.
#[derive(Debug, Default)]
pub(crate) struct Variables(Mutex<IndexMap<Owner, Values>>);

impl Variables {
    fn lock(&self) -> MutexGuard<'_, IndexMap<Owner, Values>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All of them, with whom they belong to.
    pub(crate) fn all(&self) -> Vec<(Owner, Values)> {
        let all = self.lock();
        let all = all.iter();
        all.map(|(owner, values)| (owner.clone(), values.clone()))
            .collect()
    }

    /// Those that [`all`](Self::all) gave.
    pub(crate) fn from_all(all: Vec<(Owner, Values)>) -> Self {
        Self(Mutex::new(all.into_iter().collect()))
    }

    /// The variables of a user.
    pub(crate) fn of(&self, owner: &Owner) -> Values {
        self.lock().get(owner).cloned().unwrap_or_default()
    }

    pub(crate) fn set(&self, owner: Owner, values: Vec<(String, String)>, now: i64) {
        let mut all = self.lock();
        if all.len() == KEPT && !all.contains_key(&owner) {
            all.shift_remove_index(0);
        }
        let kept = all.entry(owner).or_default();
        for (name, value) in values {
            let created = kept.get(&name).map_or(now, |old| old.created);
            let variable = Variable {
                value,
                created,
                updated: now,
            };
            kept.insert(name, variable);
        }
    }
}
