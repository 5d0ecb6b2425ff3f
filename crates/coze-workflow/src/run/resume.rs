//! Going on with a run that was not streamed.

use coze_models::{ExecuteId, ResumeWorkflow, RunWorkflowReply, WorkflowId};

use super::{Run, RunOutput, finished, started};
use crate::{Answer, Client, Error, Question, Reply, question::Resumption, settings::CallSettings};

/// What came of a resume. Whether it waits for the end follows the run that was interrupted.
///
/// ```
/// # use coze_workflow::{Client, HttpStack, Question, Resumed, json_reply};
/// # let coze = Client::new(HttpStack::from_fn(|_| async { json_reply(r#"{"execute_id":"7424"}"#) }));
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// # let question = Question::by_id("7424/2691", 2);
/// match coze.resume("7366", &question, "Lyon").await? {
///     Resumed::Finished(output) => println!("{}", output.text()),
///     // It was started in the background; `finish` would wait for it.
///     Resumed::Running(run) => assert_eq!(run.execute_id().as_str(), "7424"),
///     other => println!("{other:?}"),
/// }
/// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Resumed {
    /// The run ended; it was one of [`Workflow::run`](crate::Workflow::run).
    Finished(RunOutput),
    /// The run goes on in the background; it was one of [`Workflow::start`](crate::Workflow::start).
    Running(Run),
}

impl Resumed {
    /// The output; where the run goes on in the background, this waits as [`Run::wait`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Run::wait`].
    pub async fn finish(self) -> Result<RunOutput, Error> {
        match self {
            Self::Finished(output) => Ok(output),
            Self::Running(run) => run.wait().await,
        }
    }
}

impl Client {
    /// Answers what a run waits for, by hand; [`Workflow::answer_with`](crate::Workflow::answer_with) and
    /// [`Wait::answer_with`](crate::Wait::answer_with) do it by themselves. Runs that were streamed are resumed by a
    /// stream.
    ///
    /// The question may come from [`Error::question`], or from an [`Interrupt`](coze_models::Interrupt) or its ids that
    /// were kept. It has to be the newest one of the run. A run may be resumed three times.
    ///
    /// Source: <https://www.coze.cn/open/docs/developer_guides/resume_workflow>
    ///
    /// ```
    /// # use coze_workflow::{Answer, Client, HttpStack, Question, json_reply};
    /// # let coze = Client::new(HttpStack::from_fn(|_| async { json_reply(r#"{"data":"{\"weather\":\"rain\"}"}"#) }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let question = Question::by_id("7424/2691", 2);
    /// let resumed = coze.resume("7366", &question, Answer::text("Lyon")).await?;
    /// assert_eq!(resumed.finish().await?.output_value()["weather"], "rain");
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) when the answer does not fit, before anything is sent;
    /// [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted) with the next question when the run asks again; else
    /// [`Error`], with the question. [`EXECUTION_ENDED`](crate::models::codes::EXECUTION_ENDED) says that the run does not wait at this event any more.
    pub async fn resume(
        &self,
        workflow_id: impl Into<WorkflowId>,
        question: &Question,
        answer: impl Into<Answer>,
    ) -> Result<Resumed, Error> {
        let resumption = question.resumption(&answer.into())?;
        let settings = self.settings().clone();
        resume(self, workflow_id.into(), resumption, settings).await
    }
}

impl Run {
    /// Answers what the run waits for, by hand, as [`Client::resume`] does; then it can be waited for again.
    ///
    /// ```
    /// # use coze_workflow::{Client, ErrorKind, HttpStack, json_reply};
    /// # let coze = Client::new(HttpStack::from_fn(|request: coze_workflow::Request| async move {
    /// #     json_reply(if request.uri().path().ends_with("/resume") { r#"{"execute_id":"7413"}"# }
    /// #     else { r#"{"data":[{"execute_status":"Running","interrupt_data":{"event_id":"7413/2","type":2}}]}"# }) }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// let run = coze.attach(("7366", "7413"));
    /// let error = run.wait().await.unwrap_err();
    /// if let Some(question) = error.question() {
    ///     run.resume(question, "Lyon").await?;
    /// }
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Client::resume`].
    pub async fn resume(
        &self,
        question: &Question,
        answer: impl Into<Answer>,
    ) -> Result<Resumed, Error> {
        self.check_dialect()?;
        let question = question
            .clone()
            .seen_with(self.debug_url(), Some(self.execute_id()));
        let resumption = question.resumption(&answer.into())?;
        let (id, settings) = (self.workflow_id.clone(), self.client.settings().clone());
        resume(&self.client, id, resumption, settings).await
    }
}

/// Resumes a run that was not streamed.
pub(crate) async fn resume(
    client: &Client,
    workflow_id: WorkflowId,
    resumption: Resumption,
    settings: CallSettings,
) -> Result<Resumed, Error> {
    let question = resumption.question;
    let call = client.call(ResumeWorkflow::new(
        workflow_id.clone(),
        resumption.event_id,
        resumption.interrupt_type,
        resumption.resume_data,
    ));
    match call.settings(settings.for_resume()).send().await {
        Ok(reply) => read(client, workflow_id, reply, question.execute_id()),
        Err(error) => Err(error
            .about_run(question.execute_id())
            .with_question(question)),
    }
}

fn read(
    client: &Client,
    workflow_id: WorkflowId,
    reply: Reply<RunWorkflowReply>,
    execute_id: Option<&ExecuteId>,
) -> Result<Resumed, Error> {
    // The data of a finished run may be missing; only its execute id tells that it goes on.
    let resumed = reply.get_ref();
    if resumed.data.is_none() && resumed.interrupt_data.is_none() && resumed.execute_id.is_some() {
        let run = started(client.clone(), workflow_id, reply, None)?;
        return Ok(Resumed::Running(run));
    }
    let mut output =
        finished(workflow_id, reply, None).map_err(|error| error.about_run(execute_id))?;
    if output.context.execute_id.is_none() {
        output.context.saw_run(None::<&str>, execute_id);
    }
    Ok(Resumed::Finished(output))
}
