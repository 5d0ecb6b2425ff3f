//! How much memory ended runs hold, roughly.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::Value;

use super::record::Record;

/// Bytes that all ended runs hold together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Total(Arc<AtomicUsize>);

impl Total {
    pub(super) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts `bytes` until the share is dropped.
    pub(super) fn share(&self, bytes: usize) -> Share {
        self.0.fetch_add(bytes, Ordering::Relaxed);
        Share {
            total: self.clone(),
            bytes,
        }
    }
}

/// The part of one run.
#[derive(Debug)]
pub(super) struct Share {
    total: Total,
    bytes: usize,
}

impl Drop for Share {
    fn drop(&mut self) {
        self.total.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// The memory of a value.
pub(super) fn of_value(value: &Value) -> usize {
    let inside = match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(of_value).sum(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| size_of::<String>() + name.len() + of_value(value))
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    };
    size_of::<Value>() + inside
}

/// The memory of a record.
pub(super) fn of_record(record: &Record) -> usize {
    let nodes = record.nodes.iter().map(|node| {
        let output = node.finish.as_ref().map(|finish| match &finish.result {
            Ok(value) => of_value(value),
            Err(failure) => failure.message.len(),
        });
        size_of_val(node) + node.title.len() + of_value(&node.input) + output.unwrap_or(0)
    });
    let outputs = record
        .outputs
        .iter()
        .map(|output| size_of_val(output) + output.title.len() + output.text.len());
    let events = record.events.iter().map(|(_, node, text)| {
        size_of::<(Cow<'static, str>, String, String)>() + node.len() + text.len()
    });
    let result = record.result.as_ref().map(|result| match result {
        Ok(output) => output.len(),
        Err(failure) => failure.message.len(),
    });
    nodes.sum::<usize>() + outputs.sum::<usize>() + events.sum::<usize>() + result.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_at_any_depth_count() {
        let small = of_value(&json!({"a": [{"b": ""}]}));
        let large = of_value(&json!({"a": [{"b": "x".repeat(1_000)}]}));
        assert_eq!(large - small, 1_000);
    }

    #[test]
    fn a_share_counts_until_it_is_dropped() {
        let total = Total::default();
        let (one, two) = (total.share(3), total.share(4));
        assert_eq!(total.bytes(), 7);
        drop(one);
        assert_eq!(total.bytes(), 4);
        drop(two);
        assert_eq!(total.bytes(), 0);
    }
}
