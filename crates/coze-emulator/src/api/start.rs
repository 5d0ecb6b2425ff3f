//! The body that starts a run, shared by the synchronous, asynchronous and streamed forms.

use std::{collections::HashMap, sync::Arc};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    body,
    context::{Context, Members},
    failure::{self, Failure},
};
use crate::{
    Definition, definition,
    runs::{self, Interrupt, Mode, Origin, Run},
};

/// Channel that a run belongs to unless the caller names another.
pub(super) const API_CHANNEL: &str = "1024";

/// The body. Fields that the service does not know are ignored, as it does.
#[derive(Debug, Deserialize)]
pub(super) struct RunRequest {
    workflow_id: Option<String>,
    parameters: Option<Value>,
    #[serde(flatten)]
    pub(super) caller: Caller,
    pub(super) is_async: Option<bool>,
}

/// Fields that say on whose behalf a run works.
#[derive(Debug, Deserialize)]
pub(super) struct Caller {
    pub(super) bot_id: Option<String>,
    pub(super) app_id: Option<String>,
    ext: Option<HashMap<String, String>>,
    connector_id: Option<String>,
    workflow_version: Option<String>,
}

impl Caller {
    /// Whether both an agent and an app are named, which exclude each other.
    pub(super) fn is_twofold(&self) -> bool {
        let named = |id: &Option<String>| id.as_deref().is_some_and(|id| !id.is_empty());
        named(&self.bot_id) && named(&self.app_id)
    }

    /// Checks the fields against each other and against the workflow.
    pub(super) fn check(&self, workflow: &Definition) -> Result<(), Failure> {
        if self.is_twofold() {
            return Err(Failure::bad_request(
                "'bot_id' and 'app_id' exclude each other",
            ));
        }
        match self.workflow_version.as_deref() {
            None | Some("") => Ok(()),
            Some(version) if workflow.versions().contains(&version) => Ok(()),
            Some(version) => Err(Failure::new(
                failure::NOT_FOUND,
                format!("workflow '{}' has no version '{version}'", workflow.name()),
            )),
        }
    }

    pub(super) fn origin(self, context: &Context) -> Origin {
        let user_id = self.ext.and_then(|mut ext| ext.remove("user_id"));
        Origin {
            log_id: context.log_id.clone(),
            bot_id: self.bot_id.unwrap_or_else(|| "0".into()),
            connector_id: self.connector_id.unwrap_or_else(|| API_CHANNEL.into()),
            connector_uid: user_id.unwrap_or_else(|| crate::USER_ID.into()),
        }
    }
}

/// A workflow id that is there.
pub(super) fn required<'a>(field: &str, value: Option<&'a str>) -> Result<&'a str, Failure> {
    value
        .filter(|value| !value.is_empty())
        .ok_or_else(|| Failure::bad_request(format!("Missing required parameter '{field}'")))
}

impl RunRequest {
    pub(super) fn workflow_id(&self) -> Option<&str> {
        self.workflow_id.as_deref().filter(|id| !id.is_empty())
    }

    /// The inputs that were sent, and on whose behalf.
    pub(super) fn into_parts(self) -> Result<(Map<String, Value>, Caller), String> {
        let sent = body::parameters(self.parameters).map_err(|failure| failure.message)?;
        Ok((sent, self.caller))
    }

    /// Checks the request and prepares the run; [`Context::launch`] starts it.
    pub(super) fn prepare(self, context: &Context, mode: Mode) -> Result<Arc<Run>, Failure> {
        let workflow = context.published(required("workflow_id", self.workflow_id.as_deref())?)?;
        if workflow.is_chatflow() {
            return Err(Failure::bad_request(format!(
                "'{}' is a chatflow, which is run with POST /v1/workflows/chat",
                workflow.name()
            )));
        }
        self.caller.check(workflow)?;
        let sent = body::parameters(self.parameters)?;
        let inputs = definition::accept(workflow.inputs(), &sent).map_err(Failure::bad_request)?;
        Ok(context.prepare(workflow, mode, self.caller.origin(context), inputs))
    }
}

impl Context {
    pub(super) fn prepare(
        &self,
        workflow: &Definition,
        mode: Mode,
        origin: Origin,
        inputs: Map<String, Value>,
    ) -> Arc<Run> {
        Arc::new(Run::new(
            self.core.ids.number(),
            workflow.clone(),
            mode,
            origin,
            inputs,
            self.core.clock.seconds(),
            self.core.runs.total(),
        ))
    }

    /// Starts a run in a task of its own, so that it goes on when the caller leaves.
    pub(super) fn launch(&self, run: &Arc<Run>) {
        self.core.runs.insert(run.clone());
        self.core.launch(run.clone());
    }

    /// The members of a JSON reply to a run that stopped: its output, its question, or what went wrong.
    pub(super) fn stopped(&self, run: &Run) -> Result<Members, Failure> {
        let record = run.record();
        let debug_url = self.debug_url(run);
        let mut members = Members::new();
        match (record.result, record.interrupt) {
            (Some(Ok(output)), _) => {
                members.insert("data".into(), json!(output));
            }
            (Some(Err(failed)), _) => {
                return Err(Failure::new(failed.code, failed.message).with_debug_url(debug_url));
            }
            (None, Some(interrupt)) => {
                members.insert("execute_id".into(), json!(run.execute_id));
                members.insert("interrupt_data".into(), interrupt_data(&interrupt));
            }
            (None, None) => {
                members.insert("execute_id".into(), json!(run.execute_id));
            }
        }
        members.insert("debug_url".into(), json!(debug_url));
        members.insert("usage".into(), usage(run));
        Ok(members)
    }
}

/// `interrupt_data` of the JSON replies.
pub(super) fn interrupt_data(interrupt: &Interrupt) -> Value {
    let data = json!({ "content_type": "text", "content": interrupt.content }).to_string();
    interrupt_with(interrupt, &data)
}

pub(super) fn interrupt_with(interrupt: &Interrupt, data: &str) -> Value {
    json!({
        "event_id": interrupt.event_id,
        "type": interrupt.kind,
        "data": data,
        "required_parameters": interrupt.required,
    })
}

/// The tokens that the definition says a run uses; no model works here.
pub(super) fn usage(run: &Run) -> Value {
    let tokens = run.workflow.usage();
    json!({
        "token_count": tokens.input + tokens.output,
        "input_count": tokens.input,
        "output_count": tokens.output,
    })
}

impl From<runs::ResumeError> for Failure {
    fn from(error: runs::ResumeError) -> Self {
        use runs::ResumeError as Error;
        match error {
            Error::Over => Self::new(
                failure::EXECUTION_ENDED,
                "the execution is over and cannot be resumed",
            ),
            Error::NotWaiting => Self::new(
                failure::EXECUTION_ENDED,
                "the execution does not wait at this event; resume with the event id of its newest interrupt",
            ),
            Error::WrongType(expected) => Self::bad_request(format!(
                "'interrupt_type' must be {expected} for this event"
            )),
            Error::TooOften => {
                Self::bad_request("the execution was resumed as often as is allowed")
            }
        }
    }
}
