//! A workflow whose questions are answered as they come.

use std::{fmt, future::Future};

use coze_transport::BoxError;

use crate::{
    Answer, Error, Question, Resumed, RunOutput, Wait, Workflow,
    error::ErrorContext,
    interrupt::InterruptDriver,
    run::{interrupted, resume},
};

type Waiting = Box<dyn for<'r> FnOnce(Wait<'r>) -> Wait<'r> + Send>;

/// A workflow with a closure that answers its questions; made by [`Workflow::answer_with`].
#[must_use = "a workflow does nothing until it is run"]
pub struct WithAnswers<'a> {
    workflow: Workflow,
    driver: InterruptDriver<'a>,
    waiting: Option<Waiting>,
}

impl Workflow {
    /// Answers the questions of [`Workflow::run`] with `answer`, until the run ends.
    ///
    /// Each answer is checked against its question and resumes the run at its newest event, at most three times,
    /// see [`WithAnswers::resumes`]. When `answer` fails or declines, the call ends with
    /// [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted), and [`Error::question`] tells what the run still waits for.
    /// For background runs there is [`Wait::answer_with`](crate::Wait::answer_with).
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, json_reply};
    /// # let coze = Client::new(HttpStack::from_fn(|request: coze_workflow::Request| async move {
    /// #     json_reply(if request.uri().path().ends_with("/resume") { r#"{"data":"{\"weather\":\"rain\"}"}"# }
    /// #     else { r#"{"interrupt_data":{"event_id":"7424/2691","type":2,"data":"{\"content_type\":\"text\",\"content\":\"Which city?\"}"}}"# }) }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// use coze_workflow::Answer;
    ///
    /// let run = coze
    ///     .workflow("7366")
    ///     .answer_with(|question| async move {
    ///         assert_eq!(question.text(), "Which city?");
    ///         Ok(Answer::text("Lyon"))
    ///     })
    ///     .run()
    ///     .await?;
    /// assert_eq!(run.output_value()["weather"], "rain");
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn answer_with<'a, F, Fut>(self, answer: F) -> WithAnswers<'a>
    where
        F: FnMut(Question) -> Fut + Send + 'a,
        Fut: Future<Output = Result<Answer, BoxError>> + Send + 'a,
    {
        WithAnswers {
            workflow: self,
            driver: InterruptDriver::new(answer),
            waiting: None,
        }
    }
}

impl WithAnswers<'_> {
    /// How many answers are given at most. Default: 3, which is what the service documents for streams.
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, json_reply};
    /// # let coze = Client::new(HttpStack::from_fn(|_| async { json_reply(r#"{"interrupt_data":{"event_id":"7424/1","type":2}}"#) }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let asking = coze.workflow("7366").answer_with(|_| async { Ok("Lyon".into()) });
    /// let error = asking.resumes(1).run().await.unwrap_err();
    /// assert!(error.is_interrupted());
    /// assert!(error.question().is_some());
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn resumes(mut self, most: u32) -> Self {
        self.driver.most = most;
        self
    }

    /// How to wait where the run goes on in the background after an answer. Default: as [`Run::wait`](crate::Run::wait)
    /// does.
    ///
    /// ```
    /// # use coze_workflow::{Client, Error};
    /// # async fn f(coze: Client) -> Result<(), Error> {
    /// use std::time::Duration;
    ///
    /// let answering = coze.workflow("7366").answer_with(|_| async { Ok("Lyon".into()) });
    /// let run = answering.wait(|wait| wait.deadline(Duration::from_secs(3600))).run().await?;
    /// # Ok(()) }
    /// ```
    pub fn wait(
        mut self,
        settings: impl for<'r> FnOnce(Wait<'r>) -> Wait<'r> + Send + 'static,
    ) -> Self {
        self.waiting = Some(Box::new(settings));
        self
    }

    /// Runs the workflow, answers its questions, and returns its output.
    ///
    /// Where the run goes on in the background after an answer, this waits as [`Run::wait`](crate::Run::wait) does,
    /// and answers what it asks then.
    ///
    /// [`Workflow::deadline`] bounds each call by itself. The time that answers take is not bounded here.
    ///
    /// # Errors
    ///
    /// Those of [`Workflow::run`]; [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted) when the closure failed
    /// (its error is the source), declined, gave an answer that does not fit, or the run asks once more than allowed.
    pub async fn run(self) -> Result<RunOutput, Error> {
        let first = self.workflow.clone().run().await;
        self.go_on(first.map(Resumed::Finished)).await
    }

    /// Takes up a run that stopped for this question, here or in another process: answers it and what follows, and
    /// returns the output.
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, json_reply};
    /// # let coze = Client::new(HttpStack::from_fn(|_| async { json_reply(r#"{"data":"{\"weather\":\"rain\"}"}"#) }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// use coze_workflow::Question;
    ///
    /// let question = Question::by_id("7424/2691", 2);
    /// let answering = coze.workflow("7366").answer_with(|_| async { Ok("Lyon".into()) });
    /// assert_eq!(answering.resume(&question).await?.output_value()["weather"], "rain");
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`WithAnswers::run`].
    pub async fn resume(self, question: &Question) -> Result<RunOutput, Error> {
        let asked = interrupted(ErrorContext::default().accepted()).with_question(question.clone());
        self.go_on(Err(asked)).await
    }

    /// Answers what interrupted the run, until it ends.
    async fn go_on(self, first: Result<Resumed, Error>) -> Result<RunOutput, Error> {
        let Self {
            workflow,
            mut driver,
            waiting,
        } = self;
        let resume = |with| {
            let (id, settings) = (workflow.id().clone(), workflow.settings().clone());
            let resumed = resume(workflow.client(), id, with, settings);
            async move { resumed.await.map_err(Error::after_start) }
        };
        match driver.drive(first, Question::resumption, resume).await? {
            Resumed::Finished(output) => Ok(output),
            Resumed::Running(run) => {
                let wait = match waiting {
                    Some(settings) => settings(run.wait()),
                    None => run.wait(),
                };
                let output = wait.poll(Some(&mut driver)).await;
                output.map_err(Error::after_start)
            }
        }
    }
}

impl fmt::Debug for WithAnswers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithAnswers")
            .field("workflow", &self.workflow)
            .field("driver", &self.driver)
            .finish_non_exhaustive()
    }
}
