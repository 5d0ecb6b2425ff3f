//! The workflows that can be run.

use std::collections::HashMap;

use crate::definition::Definition;

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
