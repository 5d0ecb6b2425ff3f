//! How often each node was run, whatever the run.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Counts by workflow id and node number. There are as many as the definitions have nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls(Arc<Mutex<HashMap<String, HashMap<u32, u64>>>>);

impl Calls {
    /// Counts one more, and gives its number from 1.
    pub(crate) fn next(&self, workflow_id: &str, node: u32) -> u64 {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains_key(workflow_id) {
            all.insert(workflow_id.to_owned(), HashMap::new());
        }
        let count = all
            .get_mut(workflow_id)
            .map(|nodes| nodes.entry(node).or_default());
        count.map_or(0, |count| {
            *count += 1;
            *count
        })
    }
}
