//! A workflow with the values it is to be run with.

use std::{collections::BTreeMap, fmt, time::Duration};

use coze_models::{
    AppId, BotId, ConnectorId, EnterMessage, RunChatflow, RunWorkflow, StreamWorkflow, WorkflowId,
};
use http::{HeaderName, HeaderValue};
use serde::Serialize;

use crate::{
    Answer, ChatCall, Client, Error, Parameters, Question, Run, RunOutput, RunStreamCall,
    call::Names, run, stream::StreamSettings,
};

/// A workflow to be run; made by [`Client::workflow`].
///
/// Bad input is told by [`Workflow::run`] and [`Workflow::start`], before anything is sent.
#[derive(Clone)]
#[must_use = "a workflow does nothing until it is run or started"]
pub struct Workflow {
    client: Client,
    request: RunWorkflow,
    parameters: Parameters,
    ext: BTreeMap<String, String>,
    deadline: Option<Duration>,
    assume_idempotent: bool,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Workflow {
    pub(crate) fn new(client: Client, id: WorkflowId) -> Self {
        Self {
            client,
            request: RunWorkflow::new(id),
            parameters: Parameters::new(),
            ext: BTreeMap::new(),
            deadline: None,
            assume_idempotent: false,
            headers: Vec::new(),
        }
    }

    /// The workflow's id.
    pub fn id(&self) -> &WorkflowId {
        &self.request.workflow_id
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Sets one input of the start node.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        self.parameters.insert(name, value);
        self
    }

    /// Notes why an input cannot be sent, to be told before anything is.
    pub(crate) fn refuse(mut self, name: &str, reason: &str) -> Self {
        self.parameters.refuse(name, reason);
        self
    }

    /// Sets inputs of the start node from a struct or a map; others that were set stay.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) if `values` is no struct or map with text keys,
    /// or holds a number that JSON does not have (NaN, infinity).
    pub fn parameters<T: Serialize + ?Sized>(mut self, values: &T) -> Result<Self, Error> {
        self.parameters.extend_from(values)?;
        Ok(self)
    }

    /// Runs the workflow as this bot, for nodes that read a bot's database or variables.
    /// Not together with [`Workflow::app_id`].
    pub fn bot_id(mut self, id: impl Into<BotId>) -> Self {
        self.request = self.request.bot_id(id);
        self
    }

    /// The app that owns the workflow. Not together with [`Workflow::bot_id`].
    pub fn app_id(mut self, id: impl Into<AppId>) -> Self {
        self.request = self.request.app_id(id);
        self
    }

    /// Extra context; the service knows `latitude`, `longitude` and `user_id`.
    pub fn ext(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.ext.insert(name.into(), value.into());
        self
    }

    /// The version to run, e.g. `v0.0.5`; the latest published one by default.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.request = self.request.workflow_version(version);
        self
    }

    /// The channel to run in; `1024`, the API, by default.
    pub fn connector_id(mut self, id: impl Into<ConnectorId>) -> Self {
        self.request = self.request.connector_id(id);
        self
    }

    /// Bounds the call that runs or starts the workflow. Default: 11 minutes.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Some(limit);
        self
    }

    /// Adds a header to the call that runs, starts or streams the workflow. Those that carry credentials or
    /// frame the message cannot be set.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Says that a second run with the same parameters does no harm; see
    /// [`Call::assume_idempotent`](crate::Call::assume_idempotent).
    pub fn assume_idempotent(mut self, yes: bool) -> Self {
        self.assume_idempotent = yes;
        self
    }

    /// Runs the workflow and waits for its output.
    ///
    /// The gateway gives up on a run that has not answered after 90 s; longer ones are for
    /// [`Workflow::start`].
    ///
    /// # Errors
    ///
    /// [`Error`]; where [`Error::may_have_run`] is true the run may have been started.
    pub async fn run(self) -> Result<RunOutput, Error> {
        let workflow_id = self.request.workflow_id.clone();
        let reply = self.send(false).await?;
        run::finished(run::OPERATION, workflow_id, reply)
    }

    /// Starts the workflow in the background, for up to 24 hours. Needs a paid plan.
    ///
    /// # Errors
    ///
    /// [`Error`], as for [`Workflow::run`].
    pub async fn start(self) -> Result<Run, Error> {
        let workflow_id = self.request.workflow_id.clone();
        let client = self.client.clone();
        let reply = self.send(true).await?;
        run::started(run::OPERATION, client, workflow_id, reply)
    }

    /// What a resume of its run needs.
    pub(crate) fn origin(&self) -> (Client, WorkflowId, Option<Duration>) {
        let id = self.request.workflow_id.clone();
        (self.client.clone(), id, self.deadline)
    }

    /// Runs the workflow and hands over its events as they arrive; see [`RunStream`](crate::RunStream).
    pub fn stream(self) -> RunStreamCall {
        let (client, settings) = (self.client.clone(), self.stream_settings());
        let request = self.checked().map(|run| {
            let mut request = StreamWorkflow::new(run.workflow_id);
            request.parameters = run.parameters;
            request.bot_id = run.bot_id;
            request.app_id = run.app_id;
            request.ext = run.ext;
            request.workflow_version = run.workflow_version;
            request.connector_id = run.connector_id;
            request
        });
        RunStreamCall::start(client, request, settings)
    }

    /// Goes on with a run that stopped for a question, here or in another process, and hands over its
    /// events. [`RunStream::resume`](crate::RunStream::resume) does it for a stream at hand, and
    /// [`Question::by_id`] takes up a question of which the ids were written down.
    pub fn resume_stream(self, question: &Question, answer: impl Into<Answer>) -> RunStreamCall {
        let settings = self.stream_settings();
        let id = self.request.workflow_id;
        let resumption = question.resumption(&answer.into());
        RunStreamCall::resume(self.client, id, resumption, settings)
    }

    /// Runs a chatflow with what the user says and hands over its events as they arrive; see
    /// [`ChatStream`](crate::ChatStream). [`Workflow::parameter`] sets further inputs of its start node.
    pub fn chat(self, text: impl Into<String>) -> ChatCall {
        let (client, settings) = (self.client.clone(), self.stream_settings());
        let request = self.checked().map(|run| {
            let mut request = RunChatflow::new(run.workflow_id, Vec::<EnterMessage>::new());
            request.parameters = run.parameters;
            request.bot_id = run.bot_id;
            request.app_id = run.app_id;
            request.ext = run.ext;
            request.workflow_version = run.workflow_version;
            request.connector_id = run.connector_id;
            request
        });
        ChatCall::new(client, request, text.into(), settings)
    }

    fn stream_settings(&self) -> StreamSettings {
        StreamSettings {
            deadline: self.deadline,
            assume_idempotent: self.assume_idempotent,
            headers: self.headers.clone(),
            ..StreamSettings::default()
        }
    }

    /// The request with all its values.
    fn checked(self) -> Result<RunWorkflow, Error> {
        let mut request = self.request;
        if request.bot_id.is_some() && request.app_id.is_some() {
            return Err(Error::build(
                "bot_id and app_id exclude each other: a workflow runs as a bot or in an app",
            ));
        }
        request = request.parameters(self.parameters.into_map()?);
        if !self.ext.is_empty() {
            request = request.ext(self.ext);
        }
        Ok(request)
    }

    async fn send(
        self,
        is_async: bool,
    ) -> Result<crate::Reply<coze_models::RunWorkflowReply>, Error> {
        let (client, deadline, idempotent) =
            (self.client.clone(), self.deadline, self.assume_idempotent);
        let headers = self.headers.clone();
        let mut request = self.checked()?;
        if is_async {
            request = request.is_async(true);
        }
        let mut call = client.call(request).assume_idempotent(idempotent);
        if let Some(limit) = deadline {
            call = call.deadline(limit);
        }
        for (name, value) in headers {
            call = call.header(name, value);
        }
        call.send().await
    }
}

/// Names help; what they stand for may be personal.
impl fmt::Debug for Workflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workflow")
            .field("id", self.id())
            .field("bot_id", &self.request.bot_id)
            .field("app_id", &self.request.app_id)
            .field("version", &self.request.workflow_version)
            .field("connector_id", &self.request.connector_id)
            .field("parameters", &self.parameters)
            .field("ext", &self.ext.keys())
            .field("deadline", &self.deadline)
            .field("assume_idempotent", &self.assume_idempotent)
            .field("headers", &Names(&self.headers))
            .finish_non_exhaustive()
    }
}
