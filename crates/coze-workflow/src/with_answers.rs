//! A workflow whose questions are answered as they come.

use std::{fmt, future::Future};

use coze_transport::BoxError;

use crate::{
    Answer, Error, Question, Resumed, RunOutput, Workflow, interrupt::InterruptDriver,
    resume::resume,
};

/// A workflow with a closure that answers its questions; made by [`Workflow::answer_with`].
#[must_use = "a workflow does nothing until it is run"]
pub struct WithAnswers<'a> {
    workflow: Workflow,
    driver: InterruptDriver<'a>,
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

    /// Runs the workflow, answers its questions, and returns its output.
    ///
    /// Where the run goes on in the background after an answer, this waits as [`Run::wait`](crate::Run::wait) does,
    /// and answers what it asks then.
    ///
    /// [`Workflow::deadline`] bounds each call by itself. The time that answers take is not bounded here; the service
    /// keeps a run waiting for up to 24 hours.
    ///
    /// # Errors
    ///
    /// Those of [`Workflow::run`]; [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted) when the closure failed
    /// (its error is the source), declined, gave an answer that does not fit, or the run asks once more than allowed.
    pub async fn run(self) -> Result<RunOutput, Error> {
        let Self {
            workflow,
            mut driver,
        } = self;
        let (client, workflow_id, limit) = workflow.origin();
        let first = workflow.run().await.map(Resumed::Finished);
        let resume = |with| {
            let resumed = resume(&client, workflow_id.clone(), with, limit);
            async move { resumed.await.map_err(Error::after_start) }
        };
        match driver.drive(first, Question::resumption, resume).await? {
            Resumed::Finished(output) => Ok(output),
            Resumed::Running(run) => {
                let output = run.wait().poll(Some(&mut driver)).await;
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
            .finish()
    }
}
