//! A workflow with the values it is to be run with.

use std::{future::ready, time::Duration};

use coze_models::{
    AppId, BotId, CollaborationMode, ConnectorId, GetWorkflow, ListWorkflowVersions,
    SetCollaborationMode, UserId, WorkflowId,
};
use http::{HeaderName, HeaderValue};
use serde::Serialize;

use super::{
    Call, ChatCall, List, Run, RunStreamCall,
    driver::Driver,
    macros::{accessors, setters},
};
use crate::{Answer, Error, FileInput, Question, RunOutput};

/// A workflow to be run; made by [`Client::workflow`](super::Client::workflow). The blocking form of
/// [`Workflow`](crate::Workflow).
///
/// ```
/// # use coze_workflow::{HttpStack, blocking::Client, json_reply};
/// # let coze = Client::new(HttpStack::from_fn(|_| async { json_reply(r#"{"code":0,"data":"{\"degrees\":21}"}"#) }));
/// #[derive(serde::Deserialize)]
/// struct Weather { degrees: i64 }
///
/// let run = coze.workflow("7366000000000000001").parameter("city", "Lyon").run()?;
/// assert_eq!(run.output::<Weather>()?.degrees, 21);
/// # Ok::<(), coze_workflow::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a workflow does nothing until it is run or started"]
pub struct Workflow {
    inner: crate::Workflow,
    driver: Driver,
}

impl Workflow {
    pub(super) const fn new(inner: crate::Workflow, driver: Driver) -> Self {
        Self { inner, driver }
    }

    accessors! {
        /// The workflow's id.
        id() -> &WorkflowId;
    }

    setters! { Workflow:
        /// Sets one input of the start node.
        parameter(name: impl Into<String>, value: impl Serialize);
        /// Sets an input that is a file.
        file_parameter(name: impl Into<String>, file: impl Into<FileInput>);
        /// Sets an input that is a list of files.
        file_parameters(name: impl Into<String>, files: impl IntoIterator<Item = impl Into<FileInput>>);
        /// Runs the workflow as this bot. Not together with [`Workflow::app_id`].
        bot_id(id: impl Into<BotId>);
        /// The app that owns the workflow. Not together with [`Workflow::bot_id`].
        app_id(id: impl Into<AppId>);
        /// Extra context; the service knows `latitude`, `longitude` and `user_id`.
        ext(name: impl Into<String>, value: impl Into<String>);
        /// The version to run, e.g. `v0.0.5`; the latest published one by default.
        version(version: impl Into<String>);
        /// The channel to run in; `1024`, the API, by default.
        connector_id(id: impl Into<ConnectorId>);
        /// Bounds the call that runs or starts the workflow. Default: 11 minutes.
        deadline(limit: Duration);
        /// Adds a header to the call that runs, starts or streams the workflow.
        header(name: HeaderName, value: HeaderValue);
        /// Says that a second run with the same parameters does no harm.
        assume_idempotent(yes: bool);
    }

    /// Sets inputs of the start node from a struct or a map; others that were set stay.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) if `values` is no struct or map with text keys,
    /// or holds a number that JSON does not have (NaN, infinity).
    pub fn parameters<T: Serialize + ?Sized>(self, values: &T) -> Result<Self, Error> {
        Ok(Self {
            inner: self.inner.parameters(values)?,
            ..self
        })
    }

    /// Runs the workflow and waits for its output, up to 90 s; longer ones are for [`Workflow::start`].
    ///
    /// # Errors
    ///
    /// [`Error`]; where [`Error::may_have_run`] is true the run may have been started.
    pub fn run(self) -> Result<RunOutput, Error> {
        self.driver.block_on(self.inner.run())
    }

    /// Starts the workflow in the background, for up to 24 hours. Needs a paid plan.
    ///
    /// # Errors
    ///
    /// [`Error`], as for [`Workflow::run`].
    pub fn start(self) -> Result<Run, Error> {
        let run = self.driver.block_on(self.inner.start())?;
        Ok(Run::new(run, self.driver))
    }

    /// Runs the workflow and hands over its events as they arrive; see [`RunStream`](super::RunStream).
    pub fn stream(self) -> RunStreamCall {
        RunStreamCall::new(self.inner.stream(), self.driver)
    }

    /// Goes on with a run that stopped for a question, here or in another process, and hands over its events.
    pub fn resume_stream(self, question: &Question, answer: impl Into<Answer>) -> RunStreamCall {
        RunStreamCall::new(self.inner.resume_stream(question, answer), self.driver)
    }

    /// Runs a chatflow with what the user says and hands over its events as they arrive; see
    /// [`ChatStream`](super::ChatStream).
    pub fn chat(self, text: impl Into<String>) -> ChatCall {
        ChatCall::new(self.inner.chat(text), self.driver)
    }

    /// Name, owner and dates of the workflow, and the shapes of its inputs and outputs; [`Call::block`] asks.
    pub fn info(&self) -> Call<GetWorkflow> {
        Call::new(self.inner.info(), self.driver.clone())
    }

    /// The versions of the workflow, newest first, published ones unless told otherwise.
    pub fn versions(&self) -> List<ListWorkflowVersions> {
        List::new(self.inner.versions(), self.driver.clone())
    }

    /// Lets one person edit the workflow, or several; [`Call::block`] switches.
    pub fn set_collaboration_mode(
        &self,
        mode: impl Into<CollaborationMode>,
    ) -> Call<SetCollaborationMode> {
        Call::new(self.inner.set_collaboration_mode(mode), self.driver.clone())
    }

    /// Lets members of the workspace edit the workflow. Returns those who could not edit it before.
    ///
    /// # Errors
    ///
    /// [`Error`] of the first call that fails; those who were added before stay.
    pub fn add_collaborators(
        &self,
        users: impl IntoIterator<Item = impl Into<UserId>>,
    ) -> Result<Vec<UserId>, Error> {
        self.driver.block_on(self.inner.add_collaborators(users))
    }

    /// Takes the right to edit the workflow from a collaborator.
    ///
    /// # Errors
    ///
    /// [`Error`], as for [`Workflow::remove_collaborator`](crate::Workflow::remove_collaborator).
    pub fn remove_collaborator(&self, user: impl Into<UserId>) -> Result<(), Error> {
        self.driver.block_on(self.inner.remove_collaborator(user))
    }

    /// Answers the questions of [`Workflow::run`] with `answer`, until the run ends. The closure is called in
    /// the thread that runs the workflow.
    ///
    /// ```
    /// # use coze_workflow::{HttpStack, blocking::Client, json_reply};
    /// # let coze = Client::new(HttpStack::from_fn(|request: coze_workflow::Request| async move {
    /// #     json_reply(if request.uri().path().ends_with("/resume") { r#"{"data":"{\"weather\":\"rain\"}"}"# }
    /// #     else { r#"{"interrupt_data":{"event_id":"7424/2691","type":2,"data":"{\"content_type\":\"text\",\"content\":\"Which city?\"}"}}"# }) }));
    /// let workflow = coze.workflow("7366");
    /// let mut asked = Vec::new();
    /// let run = workflow.answer_with(|question| { asked.push(question.text().to_owned()); "Lyon" }).run()?;
    /// assert_eq!(run.output_value()["weather"], "rain");
    /// assert_eq!(asked, ["Which city?"]);
    /// # Ok::<(), coze_workflow::Error>(())
    /// ```
    ///
    /// As [`Workflow::answer_with`](crate::Workflow::answer_with); [`Answer::decline`] ends it.
    pub fn answer_with<'a, F, A>(self, mut answer: F) -> WithAnswers<'a>
    where
        F: FnMut(Question) -> A + Send + 'a,
        A: Into<Answer>,
    {
        WithAnswers {
            inner: self
                .inner
                .answer_with(move |question| ready(Ok(answer(question).into()))),
            driver: self.driver,
        }
    }
}

/// A workflow with a closure that answers its questions; made by [`Workflow::answer_with`].
#[derive(Debug)]
#[must_use = "a workflow does nothing until it is run"]
pub struct WithAnswers<'a> {
    inner: crate::WithAnswers<'a>,
    driver: Driver,
}

impl WithAnswers<'_> {
    setters! { WithAnswers:
        /// How many answers are given at most. Default: 3.
        resumes(most: u32);
    }

    /// Runs the workflow, answers its questions, and returns its output.
    ///
    /// # Errors
    ///
    /// Those of [`WithAnswers::run`](crate::WithAnswers::run).
    pub fn run(self) -> Result<RunOutput, Error> {
        self.driver.block_on(self.inner.run())
    }
}
