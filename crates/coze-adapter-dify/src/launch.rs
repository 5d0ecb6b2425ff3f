//! A run to be made.

use std::{collections::BTreeMap, time::Duration};

use coze_engine::{EngineError, ErrorKind, Outcome, RunId, RunRequest, http::CallContext};
use coze_models::Operation;
use coze_transport::{scrub_id, time::Instant};
use serde_json::{Map, Value};

use crate::{
    Dify, DifyRunReply, RunDifyWorkflow, RunDifyWorkflowVersion, StreamDifyWorkflow,
    StreamDifyWorkflowVersion,
    error::{NAME, context},
    events::DifyEvents,
    exchange::{self, Limits, Reply},
};

/// The name of the workflow of the app that the key belongs to.
const OWN: &str = "-";

/// The server's column for users has room for so many characters.
const LONGEST_USER: usize = 255;

/// A longer deadline is none: 136 years.
const LONGEST: Duration = Duration::from_secs(u32::MAX as u64);

/// A run to be made.
#[derive(Debug)]
pub(crate) struct Launch {
    workflow: String,
    /// The published version; `None` for that of the app.
    version: Option<String>,
    inputs: Map<String, Value>,
    pub(crate) user: String,
    pub(crate) ends: Instant,
}

impl Launch {
    pub(crate) fn new(dify: &Dify, request: RunRequest) -> Result<Self, EngineError> {
        let settings = &dify.0.settings;
        let mut user = request.user.unwrap_or_else(|| settings.user.clone());
        if settings.run_keys {
            user = format!("{user}~{:032x}", fastrand::u128(..));
        }
        let length = user.chars().count();
        if length > LONGEST_USER || user.is_empty() {
            let message = format!(
                "the user has {length} characters, the key of the run included, and the server takes 1 to \
                 {LONGEST_USER}: pass another"
            );
            return Err(unsent(message));
        }
        let deadline = request.deadline.unwrap_or(settings.deadline);
        let own = is_own(&request.workflow);
        let named = (!own).then(|| request.workflow.clone());
        Ok(Self {
            version: request.version.or(named),
            workflow: if own {
                OWN.to_owned()
            } else {
                request.workflow
            },
            inputs: request.parameters,
            user,
            ends: Instant::now() + deadline.min(LONGEST),
        })
    }

    /// What the server calls the run.
    pub(crate) fn id(&self, run: impl Into<String>, task: Option<String>) -> RunId {
        let mut id = RunId::new(&self.workflow, scrub_id(run.into()));
        id.task = task.map(scrub_id);
        id.user = Some(self.user.clone());
        id
    }

    fn limits(&self) -> Limits {
        Limits::within(self.ends.saturating_duration_since(Instant::now()))
    }

    fn sent(&self) -> BTreeMap<String, Value> {
        self.inputs.clone().into_iter().collect()
    }

    /// The name of the streamed operation.
    pub(crate) const fn operation(&self) -> &'static str {
        match self.version {
            None => StreamDifyWorkflow::META.id,
            Some(_) => StreamDifyWorkflowVersion::META.id,
        }
    }

    /// Begins the run as a stream.
    pub(crate) async fn stream(&self, dify: &Dify) -> Result<DifyEvents, EngineError> {
        let inner = &dify.0;
        match &self.version {
            None => {
                dify.check_missing(self.operation(), &self.inputs, self.limits())
                    .await?;
                let run = StreamDifyWorkflow::new(&self.user).inputs(self.sent());
                DifyEvents::open(inner, &run, self.limits()).await
            }
            Some(version) => {
                let run = StreamDifyWorkflowVersion::new(version, &self.user).inputs(self.sent());
                DifyEvents::open(inner, &run, self.limits()).await
            }
        }
    }

    /// Makes the run, and waits for its end in one response.
    pub(crate) async fn block(&self, dify: &Dify) -> Result<Reply<DifyRunReply>, EngineError> {
        let inner = &dify.0;
        match &self.version {
            None => {
                let run = RunDifyWorkflow::new(&self.user).inputs(self.sent());
                exchange::reply(inner, &run, self.limits()).await
            }
            Some(version) => {
                let run = RunDifyWorkflowVersion::new(version, &self.user).inputs(self.sent());
                exchange::reply(inner, &run, self.limits()).await
            }
        }
    }

    /// What is known of a run that goes on.
    pub(crate) fn context(&self) -> CallContext {
        context(match self.version {
            None => StreamDifyWorkflow::META,
            Some(_) => StreamDifyWorkflowVersion::META,
        })
    }
}

/// Whether a workflow is named that is the app's own.
fn is_own(workflow: &str) -> bool {
    matches!(workflow, "" | OWN)
}

fn unsent(message: String) -> EngineError {
    EngineError::new(NAME, ErrorKind::Build, StreamDifyWorkflow::META.id, message)
        .starting_run(Outcome::NotAccepted)
}
