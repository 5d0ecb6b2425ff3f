//! How a run was started, and how far it is.

use serde::{Deserialize, Serialize};

/// How a run was started; the numbers are `run_mode` on the wire.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    Sync = 0,
    Stream = 1,
    Async = 2,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Running,
    /// Waits for an answer.
    Interrupted,
    Success,
    Fail,
    /// Somebody ended it.
    Cancel,
}

impl Status {
    /// The status on the wire. The documentation has no word for a waiting run; it is told by its `interrupt_data`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Running | Self::Interrupted => "Running",
            Self::Success => "Success",
            Self::Fail => "Fail",
            Self::Cancel => "Cancel",
        }
    }

    pub(crate) fn is_over(self) -> bool {
        matches!(self, Self::Success | Self::Fail | Self::Cancel)
    }
}
