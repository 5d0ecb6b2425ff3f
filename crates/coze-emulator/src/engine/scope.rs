//! The names that templates see.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::definition::template;

/// Inputs by name and node outputs by node id. Values are shared, so a copy is cheap.
#[derive(Clone, Debug)]
pub(crate) struct Scope(BTreeMap<String, minijinja::Value>);

impl Scope {
    pub(crate) fn new(inputs: &Map<String, Value>) -> Self {
        Self(
            inputs
                .iter()
                .map(|(name, value)| (name.clone(), template::from_json(value)))
                .collect(),
        )
    }

    pub(crate) fn set(&mut self, name: &str, value: &Value) {
        self.0.insert(name.to_owned(), template::from_json(value));
    }

    /// Sets a name that nothing else has.
    pub(crate) fn set_missing(&mut self, name: &str, value: &Value) {
        if !self.0.contains_key(name) {
            self.set(name, value);
        }
    }

    /// The value of one name.
    pub(crate) fn get(&self, name: &str) -> Option<Value> {
        self.0.get(name).map(template::to_json)
    }

    /// All names as the context of a template.
    pub(crate) fn value(&self) -> minijinja::Value {
        minijinja::Value::from_pairs(
            self.0
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone())),
        )
    }
}
