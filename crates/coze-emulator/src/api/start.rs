//! The body that starts a run, shared by the synchronous, asynchronous and streamed forms.

use std::{collections::HashMap, sync::Arc};

use coze_models::codes::NOT_FOUND;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    definition::{self, Definition},
    ids::{API_CHANNEL, NO_BOT, USER_ID},
    request::{Context, Kind, Problem, body, required},
    runs::{Mode, Origin, Run},
};

/// The body. Fields that the service does not know are ignored, as it does.
#[derive(Debug, Deserialize)]
pub(super) struct RunRequest {
    workflow_id: Option<String>,
    parameters: Option<Value>,
    #[serde(flatten)]
    caller: Caller,
    pub(super) is_async: Option<bool>,
}

/// Fields that say on whose behalf a run works.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Caller {
    bot_id: Option<String>,
    app_id: Option<String>,
    ext: Option<HashMap<String, String>>,
    connector_id: Option<String>,
    workflow_version: Option<String>,
}

impl Caller {
    /// Checks the fields against each other and against the workflow.
    pub(super) fn check(&self, context: &Context, workflow: &Definition) -> Result<(), Problem> {
        let named = |id: &Option<String>| id.as_deref().is_some_and(|id| !id.is_empty());
        if named(&self.bot_id) && named(&self.app_id) {
            return Err(Problem::value("'bot_id' and 'app_id' exclude each other"));
        }
        match self.workflow_version.as_deref() {
            None | Some("") => Ok(()),
            // The self-hosted server does not look at it.
            Some(_) if context.is_studio() => Ok(()),
            Some(version) if workflow.versions().contains(&version) => Ok(()),
            Some(version) => Err(Problem::code(
                NOT_FOUND,
                format!("workflow '{}' has no version '{version}'", workflow.name()),
            )),
        }
    }

    /// On behalf of a user who talks to an agent.
    pub(super) fn of_agent(bot_id: String, user_id: String) -> Self {
        Self {
            bot_id: Some(bot_id),
            app_id: None,
            ext: Some(HashMap::from([("user_id".to_owned(), user_id)])),
            connector_id: None,
            workflow_version: None,
        }
    }

    fn origin(self, context: &Context, chat_history: Value) -> Origin {
        let user_id = self.ext.and_then(|mut ext| ext.remove("user_id"));
        Origin {
            log_id: context.log_id.clone(),
            bot_id: self
                .bot_id
                .filter(|id| !id.is_empty())
                .unwrap_or_else(|| NO_BOT.into()),
            connector_id: self.connector_id.unwrap_or_else(|| API_CHANNEL.into()),
            connector_uid: user_id.unwrap_or_else(|| USER_ID.into()),
            base_url: context.base_url.clone(),
            chat_history,
        }
    }

    /// Makes a run, which [`launch`] starts.
    pub(super) fn run(
        self,
        context: &Context,
        workflow: &Definition,
        mode: Mode,
        inputs: Map<String, Value>,
        chat_history: Value,
    ) -> Arc<Run> {
        let core = &context.core;
        Arc::new(Run::new(
            core.ids.number(),
            workflow.clone(),
            mode,
            self.origin(context, chat_history),
            inputs,
            core.clock.seconds(),
            core.runs.counts(),
        ))
    }
}

impl RunRequest {
    /// Checks the request and prepares the run.
    pub(super) fn prepare(self, context: &Context, mode: Mode) -> Result<Arc<Run>, Problem> {
        let workflow = context.published(required("workflow_id", self.workflow_id.as_deref())?)?;
        if workflow.is_chatflow() && !context.is_studio() {
            return Err(Problem::value(format!(
                "'{}' is a chatflow, which is run with POST /v1/workflows/chat",
                workflow.name()
            )));
        }
        self.caller.check(context, workflow)?;
        let sent = body::parameters(self.parameters)?;
        let inputs = accept(workflow, &sent)?;
        Ok(self
            .caller
            .run(context, workflow, mode, inputs, Value::Null))
    }
}

/// The inputs of a run from the parameters that were sent.
pub(super) fn accept(
    workflow: &Definition,
    sent: &Map<String, Value>,
) -> Result<Map<String, Value>, Problem> {
    definition::accept(workflow.inputs(), sent)
        .map_err(|message| Problem::new(Kind::Inputs, message))
}

/// Starts a run in a task of its own, so that it goes on when the caller leaves.
pub(super) fn launch(context: &Context, run: &Arc<Run>) {
    context.note.ran(&run.execute_id);
    context.core.runs.insert(run.clone());
    context.core.launch(run.clone());
}
