//! What is known of a run.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Question, RunId};

/// How a run stands.
///
/// `docs/design/engines.md` has a table of the engines' words.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RunStatus {
    /// It was taken and has not begun.
    Pending,
    /// It goes on.
    Running,
    /// It ended with its output.
    Succeeded,
    /// It ended with its output, and some nodes of it failed.
    PartlySucceeded,
    /// It ended without an output.
    Failed,
    /// It was stopped.
    Stopped,
    /// It waits for an answer.
    Interrupted,
    /// A word that this version does not know, as the server sent it.
    Unknown(String),
}

impl RunStatus {
    /// Whether the run is over. One that waits for an answer is not.
    pub const fn is_terminal(&self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::PartlySucceeded | Self::Failed | Self::Stopped
        )
    }

    /// Whether the run ended with an output.
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Succeeded | Self::PartlySucceeded)
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::PartlySucceeded => "partly succeeded",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Interrupted => "interrupted",
            Self::Unknown(word) => word,
        })
    }
}

/// What is known of a run at one moment: at its end, or when its status was asked for.
///
/// What an engine does not tell is `None`, [`Value::Null`] or empty.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct RunSnapshot {
    /// The run, where the service named it.
    pub id: Option<RunId>,
    /// How it stands.
    pub status: RunStatus,
    /// The status in the server's word; none where it has no word for it.
    pub status_word: Option<String>,
    /// What it returned, as JSON where it is JSON and as a string otherwise; null unless it succeeded.
    pub output: Value,
    /// What it returned as it came, with all digits of its numbers; empty unless it succeeded.
    pub output_text: String,
    /// Why it failed, or which failures it got over if it succeeded partly.
    pub failure: Option<RunFailure>,
    /// What it used.
    pub usage: Usage,
    /// When it was made.
    pub created: Option<SystemTime>,
    /// When it ended.
    pub finished: Option<SystemTime>,
    /// How long it took or, as far as the server tells, how long it has been running.
    pub elapsed: Option<Duration>,
    /// What it waits for.
    pub question: Option<Question>,
    /// The server's id of the run or of the exchange; quote it in support requests.
    pub log_id: Option<String>,
    /// The page that shows the run.
    pub debug_url: Option<String>,
    /// The record as the engine has it, for what is in no other member; its output may be left out.
    pub raw: Value,
}

impl RunSnapshot {
    /// A run of which only its status is known.
    pub const fn new(status: RunStatus) -> Self {
        Self {
            id: None,
            status,
            status_word: None,
            output: Value::Null,
            output_text: String::new(),
            failure: None,
            usage: Usage {
                tokens: None,
                input_tokens: None,
                output_tokens: None,
                steps: None,
            },
            created: None,
            finished: None,
            elapsed: None,
            question: None,
            log_id: None,
            debug_url: None,
            raw: Value::Null,
        }
    }

    /// The output as a value of `T`, read from [`output_text`](Self::output_text) where that is JSON.
    ///
    /// # Errors
    ///
    /// The error of `serde_json`, if the output is not of this type.
    pub fn output_as<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        match &self.output {
            Value::String(_) | Value::Null => serde_json::from_value(self.output.clone()),
            _ => serde_json::from_str(&self.output_text),
        }
    }
}

/// Outputs may be personal, and long.
impl fmt::Debug for RunSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunSnapshot")
            .field("id", &self.id)
            .field("status", &self.status)
            .field("output", &format_args!("{} bytes", self.output_text.len()))
            .field("failure", &self.failure)
            .field("usage", &self.usage)
            .field("question", &self.question)
            .finish_non_exhaustive()
    }
}

/// Why a run failed, in the words of the service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFailure {
    /// The code as text, where there is one.
    pub code: Option<String>,
    /// The message; it may be empty.
    pub message: String,
}

/// What a run used, as far as the service tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens in all.
    pub tokens: Option<u64>,
    /// Tokens of what models were given.
    pub input_tokens: Option<u64>,
    /// Tokens of what models produced.
    pub output_tokens: Option<u64>,
    /// Nodes that ran.
    pub steps: Option<u64>,
}

/// What became of a request to stop a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cancelled {
    /// The run is stopped.
    Confirmed,
    /// The server took the request. Whether the run was there, had ended before, or stops, it does not tell.
    Requested,
}
