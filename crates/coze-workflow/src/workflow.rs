//! A workflow with the values it is to be run with.

use std::{collections::BTreeMap, fmt, future::Future, sync::Arc};

use coze_models::{
    AppId, BotId, ConnectorId, EnterMessage, Operation as _, RunChatflow, RunWorkflow,
    RunWorkflowReply, StreamWorkflow, WorkflowId,
};
use coze_transport::BoxError;
use serde::Serialize;

use crate::{
    Accepted, Answer, ChatCall, Client, Error, Parameters, Question, Reply, Run, RunOutput,
    RunStreamCall,
    call::Exchange,
    hooks::Hooks,
    inputs, run,
    settings::{CallSettings, call_settings},
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
    settings: CallSettings,
}

impl Client {
    /// A workflow, to be run with parameters.
    pub fn workflow(&self, id: impl Into<WorkflowId>) -> Workflow {
        Workflow {
            client: self.clone(),
            request: RunWorkflow::new(id),
            parameters: Parameters::new(),
            ext: BTreeMap::new(),
            settings: self.settings().clone(),
        }
    }
}

impl Workflow {
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
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) unless `values` is a struct or a map with text keys,
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

    call_settings!(
        settings,
        deadline = "Default: 11 minutes. A resume is a call of its own; the time in which a question is answered does not count.",
        head_timeout =
            "Default: 30 s for a stream, else 100 s, where the server gives up after 90."
    );

    /// Says that a second run with the same parameters does no harm; see
    /// [`Call::assume_idempotent`](crate::Call::assume_idempotent).
    pub fn assume_idempotent(mut self, yes: bool) -> Self {
        self.settings.assume_idempotent = yes;
        self
    }

    /// Runs the workflow and waits for its output.
    ///
    /// The gateway gives up on a run that has not ended after 90 s; longer ones are for
    /// [`Workflow::start`].
    ///
    /// # Errors
    ///
    /// [`Error`]; where [`Error::may_have_run`] is true the run may have been started.
    pub async fn run(self) -> Result<RunOutput, Error> {
        let hooks = self.hooks();
        let (workflow_id, reply) = self.send(false).await?;
        run::finished(workflow_id, reply, hooks.as_deref())
    }

    /// Starts the workflow in the background, for up to 24 hours. Needs a paid plan.
    ///
    /// # Errors
    ///
    /// [`Error`], as for [`Workflow::run`].
    pub async fn start(self) -> Result<Run, Error> {
        let (client, hooks) = (self.client.clone(), self.hooks());
        let (workflow_id, reply) = self.send(true).await?;
        run::started(client, workflow_id, reply, hooks.as_deref())
    }

    /// Calls `hook` right before the request that starts the run is sent, once for all its attempts, and waits for it.
    /// Where it fails, nothing is sent. With [`on_accepted`](Self::on_accepted), a journal can tell runs that were
    /// certainly not started from those that may have been: see `docs/guide/recipes.md`.
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, json_reply};
    /// # let coze = Client::new(HttpStack::from_fn(|_| async { json_reply(r#"{"execute_id":"7413"}"#) }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let workflow = coze
    ///     .workflow("7366")
    ///     .before_send(|| async { Ok(println!("about to start")) }) // written to disk, in earnest
    ///     .on_accepted(|run| println!("started: {:?}", run.execute_id));
    /// let run = workflow.start().await?;
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn before_send<F, Fut>(mut self, hook: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        let hooks = self.settings.hooks.get_or_insert_default();
        hooks.before_send = Some(Arc::new(move || Box::pin(hook())));
        self
    }

    /// Calls `hook` right after the service has accepted the request that starts the run: with the response of
    /// [`run`](Self::run) and [`start`](Self::start), and with the head of a stream.
    pub fn on_accepted(mut self, hook: impl Fn(&Accepted<'_>) + Send + Sync + 'static) -> Self {
        let hooks = self.settings.hooks.get_or_insert_default();
        hooks.on_accepted = Some(Arc::new(hook));
        self
    }

    fn hooks(&self) -> Option<Box<Hooks>> {
        self.settings.hooks.clone()
    }

    pub(crate) fn with_settings(mut self, change: impl FnOnce(&mut CallSettings)) -> Self {
        change(&mut self.settings);
        self
    }

    pub(crate) const fn settings(&self) -> &CallSettings {
        &self.settings
    }

    /// Runs the workflow and hands over its events as they arrive; see [`RunStream`](crate::RunStream).
    pub fn stream(self) -> RunStreamCall {
        let (client, settings) = (self.client.clone(), self.settings.clone());
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
    /// events. [`EventStream::resume`](crate::EventStream::resume) does it for a stream at hand, and
    /// [`Question::by_id`] takes up a question of which the ids were written down.
    pub fn resume_stream(self, question: &Question, answer: impl Into<Answer>) -> RunStreamCall {
        let id = self.request.workflow_id;
        let resumption = question.resumption(&answer.into()).map_err(Error::from);
        RunStreamCall::go_on(self.client, id, resumption, self.settings)
    }

    /// Runs a chatflow with what the user says and hands over its events as they arrive; see
    /// [`ChatStream`](crate::ChatStream). [`Workflow::parameter`] sets further inputs of its start node.
    pub fn chat(self, text: impl Into<String>) -> ChatCall {
        let (client, settings) = (self.client.clone(), self.settings.clone());
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
        ChatCall::start(client, request, text.into(), settings)
    }

    /// The request with all its values.
    fn checked(self) -> Result<RunWorkflow, Error> {
        let mut request = self.request;
        if request.bot_id.is_some() && request.app_id.is_some() {
            return Err(Error::build(
                "bot_id and app_id exclude each other: a workflow runs as a bot or in an app",
            ));
        }
        request.parameters = self.parameters.into_map()?;
        request.ext = self.ext;
        Ok(request)
    }

    /// Sends the request; the workflow it was for, and what came back. It is made here and not by the future, which is
    /// moved about and should be small.
    fn send(
        mut self,
        is_async: bool,
    ) -> impl Future<Output = Result<(WorkflowId, Reply<RunWorkflowReply>), Error>> + Send {
        self.request.is_async = is_async.then_some(true);
        let (client, settings) = (self.client.clone(), std::mem::take(&mut self.settings));
        let mut check = None;
        let sent = self.checked().map(|request| {
            let (id, version) = (&request.workflow_id, request.workflow_version.as_deref());
            let (meta, inputs) = (RunWorkflow::META, &request.parameters);
            check = inputs::check(&client, &settings, meta, id, version, inputs);
            let exchange = Exchange::new(&client, &request, settings, None);
            (request.workflow_id, exchange)
        });
        async move {
            let (workflow_id, exchange) = sent?;
            if let Some(check) = check {
                check.await?;
            }
            let reply = exchange.await?.reply::<RunWorkflow>().await?;
            Ok((workflow_id, reply))
        }
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
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
