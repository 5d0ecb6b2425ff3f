//! Runs: single parameters, and when a run is over.

use crate::{ExecuteStatus, RunChatflow, RunHistory, RunWorkflow, StreamWorkflow, support::Value};
use alloc::string::String;

macro_rules! parameter {
    ($($request:ident),*) => {
        $(impl $request {
            /// Sets one input of the start node and keeps the others.
            #[must_use]
            pub fn parameter(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
                self.parameters.insert(name.into(), value.into());
                self
            }
        })*
    };
}

parameter!(RunWorkflow, StreamWorkflow, RunChatflow);

impl ExecuteStatus {
    /// Whether the run is over, well or not. A value that is not known is not over.
    pub const fn is_terminal(&self) -> bool {
        matches!(self, Self::Success | Self::Fail | Self::Cancel)
    }
}

impl RunHistory {
    /// Whether the run waits for an answer. Self-hosted servers tell it by the status alone, and a run that came
    /// to a bad end waits for nothing, whatever question it had.
    pub const fn is_interrupted(&self) -> bool {
        match self.execute_status {
            Some(ExecuteStatus::Interrupted | ExecuteStatus::Unset) => true,
            Some(ExecuteStatus::Fail | ExecuteStatus::Cancel) => false,
            _ => self.interrupt_data.is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn a_run_waits_when_it_says_so_in_either_way() {
        let read = |text: &str| serde_json::from_str::<RunHistory>(text).unwrap();
        assert!(read(r#"{"execute_status":"<UNSET>"}"#).is_interrupted());
        assert!(
            read(r#"{"execute_status":"Running","interrupt_data":{"type":2}}"#).is_interrupted()
        );
        assert!(!read(r#"{"execute_status":"Running","interrupt_data":null}"#).is_interrupted());
        for failed in [
            r#"{"execute_status":"Fail","interrupt_data":{"type":2}}"#,
            r#"{"execute_status":"Cancel","interrupt_data":{"type":2}}"#,
        ] {
            assert!(!read(failed).is_interrupted(), "{failed}");
        }
        assert!(!ExecuteStatus::from("Unset").is_terminal());
    }

    #[test]
    fn big_integers_reach_the_wire_digit_by_digit() {
        let run = RunWorkflow::new(1u64)
            .parameter("max", u64::MAX)
            .parameter("min", i64::MIN);
        let text = serde_json::to_string(&run).unwrap();
        assert_eq!(
            text,
            r#"{"workflow_id":"1","parameters":{"max":18446744073709551615,"min":-9223372036854775808}}"#
        );
        assert_eq!(run.workflow_id.to_string(), "1");
    }
}
