//! What changed between two looks at a run.

use std::collections::BTreeMap;

use coze_models::{ExecuteStatus, NodeExecuteStatus, RunHistory};

/// A change that a wait saw; see [`Wait::progress`](crate::Wait::progress).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Progress {
    /// The run has another status.
    Status(ExecuteStatus),
    /// A node began.
    NodeStarted(NodeProgress),
    /// A node ended.
    NodeFinished(NodeProgress),
}

/// A node that began or ended.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NodeProgress {
    /// Its title; the service makes one up for a node that runs several times.
    pub title: String,
    /// What the service tells of it: ids, and the round in a loop or a batch.
    pub status: NodeExecuteStatus,
}

/// Tells each change once.
#[derive(Debug, Default)]
pub(super) struct Tracker {
    status: Option<ExecuteStatus>,
    /// Whether it is finished, by the id of the node's execution.
    nodes: BTreeMap<String, bool>,
}

impl Tracker {
    /// The changes since the last row, in the order in which they happened as far as the row tells.
    pub(super) fn changes(&mut self, row: &RunHistory) -> Vec<Progress> {
        let status = row
            .execute_status
            .clone()
            .filter(|new| self.status.as_ref() != Some(new));
        let mut changes = Vec::new();
        let mut end = None;
        if let Some(status) = status {
            self.status = Some(status.clone());
            let over = status.is_terminal();
            let change = Progress::Status(status);
            // A run begins before its nodes and ends after them.
            if over {
                end = Some(change);
            } else {
                changes.push(change);
            }
        }
        let mut nodes: Vec<_> = row.node_execute_status.iter().collect();
        // Within a second, what ended goes before what began.
        nodes.sort_by_key(|(_, node)| (node.update_time, !node.is_finish));
        for (title, status) in nodes {
            let id = status.node_execute_uuid.as_deref().unwrap_or(title);
            let known = self.nodes.get(id).copied();
            let node = || NodeProgress {
                title: title.clone(),
                status: status.clone(),
            };
            if known.is_none() {
                changes.push(Progress::NodeStarted(node()));
            }
            if status.is_finish && known != Some(true) {
                changes.push(Progress::NodeFinished(node()));
            }
            if known != Some(true) {
                self.nodes.insert(id.to_owned(), status.is_finish);
            }
        }
        changes.extend(end);
        changes
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn told(tracker: &mut Tracker, status: &str, nodes: &Value) -> Vec<String> {
        let row = json!({"execute_status": status, "node_execute_status": nodes});
        let row = serde_json::from_value(row).unwrap();
        let tell = |change| match change {
            Progress::Status(status) => status.to_string(),
            Progress::NodeStarted(node) => format!("+{}", node.title),
            Progress::NodeFinished(node) => format!("-{}", node.title),
        };
        tracker.changes(&row).into_iter().map(tell).collect()
    }

    fn node(id: &str, time: u32, is_finish: bool) -> Value {
        json!({"node_id": "1", "node_execute_uuid": id, "update_time": time, "is_finish": is_finish})
    }

    #[test]
    fn each_change_is_told_once_and_in_order() {
        let mut tracker = Tracker::default();
        let told = |status: &str, nodes: Value| told(&mut tracker, status, &nodes);
        let mut told = told;
        assert_eq!(told("Running", json!(null)), ["Running"]);
        assert_eq!(told("Running", json!({"Z": node("z", 10, false)})), ["+Z"]);
        assert_eq!(told("Running", json!({"Z": node("z", 10, false)})), [""; 0]);
        let both = json!({"A": node("a", 12, false), "Z": node("z", 12, true)});
        assert_eq!(told("Running", both), ["-Z", "+A"]);
        // Another execution of the same node, one that began and ended unseen, and one that went back.
        let loops = json!({"A": node("a", 20, true), "Z": node("z", 21, false), "Z_x": node("z2", 15, true)});
        assert_eq!(
            told("Success", loops.clone()),
            ["+Z_x", "-Z_x", "-A", "Success"]
        );
        assert_eq!(told("Success", loops), [""; 0]);
    }

    #[test]
    fn a_node_without_an_id_goes_by_its_title() {
        let mut tracker = Tracker::default();
        assert_eq!(
            told(&mut tracker, "Running", &json!({"A": {"is_finish": false}})),
            ["Running", "+A"]
        );
        assert_eq!(
            told(&mut tracker, "Fail", &json!({"A": {"is_finish": true}})),
            ["-A", "Fail"]
        );
    }
}
