//! A run that was started, and waiting for it to end.

use std::{future::ready, time::Duration};

use coze_models::{ExecuteId, GetNodeOutput, NodeExecuteId, RunHistory, WorkflowId};

use super::{
    Call,
    driver::Driver,
    macros::{accessors, setters},
};
use crate::{Answer, DetachedRun, Error, Progress, Question, Reply, RunOutput};

/// A run that was started in the background. The blocking form of [`Run`](crate::Run).
#[derive(Clone, Debug)]
pub struct Run {
    inner: crate::Run,
    driver: Driver,
}

impl Run {
    pub(super) const fn new(inner: crate::Run, driver: Driver) -> Self {
        Self { inner, driver }
    }

    accessors! {
        /// The workflow that runs.
        workflow_id() -> &WorkflowId;
        /// The run.
        execute_id() -> &ExecuteId;
        /// The server's id of the exchange that started the run; none after
        /// [`Client::attach`](super::Client::attach).
        log_id() -> Option<&str>;
        /// The page that shows the run's nodes; none after [`Client::attach`](super::Client::attach).
        debug_url() -> Option<&str>;
        /// The run as text, to be taken up again by [`Client::attach_text`](super::Client::attach_text), in another
        /// process if need be.
        detach() -> DetachedRun;
    }

    /// Asks once how the run stands; `None` while the service does not show it yet.
    ///
    /// # Errors
    ///
    /// [`Error`] when the call fails; a run that failed is an `Ok` with that status.
    pub fn status(&self) -> Result<Option<Reply<RunHistory>>, Error> {
        self.driver.block_on(self.inner.status())
    }

    /// Asks once and returns the output if the run has ended, `None` while it goes on.
    ///
    /// # Errors
    ///
    /// As for [`Wait::block`], where the run has ended otherwise than well.
    pub fn try_output(&self) -> Result<Option<RunOutput>, Error> {
        self.driver.block_on(self.inner.try_output())
    }

    /// What one execution of an output node printed; [`Call::block`] asks.
    pub fn node_output(&self, node_execute_uuid: impl Into<NodeExecuteId>) -> Call<GetNodeOutput> {
        let call = self.inner.node_output(node_execute_uuid);
        Call::new(call, self.driver.clone())
    }

    /// Waits until the run ends: [`Wait::block`].
    ///
    /// ```
    /// # use coze_workflow::{HttpStack, blocking::Client, json_reply};
    /// # let coze = Client::new(HttpStack::from_fn(|_| async {
    /// #     json_reply(r#"{"data":[{"execute_status":"Success","output":"{\"Output\":\"done\"}"}]}"#) }));
    /// use std::{future::ready, time::Duration};
    ///
    /// let run = coze.attach("7366", "7413");
    /// # let pause = Duration::from_millis(10);
    /// let wait = run.wait().deadline(Duration::from_secs(3600)).progress(|change| println!("{change:?}"));
    /// # let wait = wait.first_poll(pause);
    /// assert_eq!(wait.block()?.text(), "done");
    /// # Ok::<(), coze_workflow::Error>(())
    /// ```
    pub fn wait(&self) -> Wait<'_> {
        Wait {
            inner: self.inner.wait(),
            driver: self.driver.clone(),
        }
    }

    /// Answers what the run waits for, by hand; then it can be waited for again.
    ///
    /// # Errors
    ///
    /// Those of [`Run::resume`](crate::Run::resume).
    pub fn resume(&self, question: &Question, answer: impl Into<Answer>) -> Result<Resumed, Error> {
        let resumed = self.driver.block_on(self.inner.resume(question, answer))?;
        Ok(Resumed::new(resumed, &self.driver))
    }
}

/// What came of a resume. The blocking form of [`Resumed`](crate::Resumed).
#[derive(Clone, Debug)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "made once a resume, and moved out at once"
)]
pub enum Resumed {
    /// The run ended; it was one of [`Workflow::run`](super::Workflow::run).
    Finished(RunOutput),
    /// The run goes on in the background; it was one of [`Workflow::start`](super::Workflow::start).
    Running(Run),
}

impl Resumed {
    pub(super) fn new(resumed: crate::Resumed, driver: &Driver) -> Self {
        match resumed {
            crate::Resumed::Finished(output) => Self::Finished(output),
            crate::Resumed::Running(run) => Self::Running(Run::new(run, driver.clone())),
        }
    }

    /// The output; where the run goes on in the background, this waits as [`Run::wait`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Wait::block`].
    pub fn finish(self) -> Result<RunOutput, Error> {
        match self {
            Self::Finished(output) => Ok(output),
            Self::Running(run) => run.wait().block(),
        }
    }
}

/// A wait for a run to end; [`block`](Self::block) begins it. The blocking form of [`Wait`](crate::Wait), where it is told
/// how often the service is asked and how a wait ends.
#[derive(Debug)]
#[must_use = "a wait does nothing until `block` is called"]
pub struct Wait<'r> {
    inner: crate::Wait<'r>,
    driver: Driver,
}

impl<'r> Wait<'r> {
    setters! { Wait:
        /// Gives up after this long; the run goes on. A closure that is answering is not broken off, but its answer
        /// comes too late. Default: 24 hours and 10 minutes.
        deadline(limit: Duration);
        /// The pause before the first question. Each later one is half as long again. Default: 1 s.
        first_poll(pause: Duration);
        /// The longest pause between two questions. Default: 30 s.
        longest_poll(pause: Duration);
        /// How many failures in a row, and for how long, are put up with when they may pass by themselves.
        /// Default: until there are 10, or 5 minutes.
        tolerate(failures: u32, lasting: Duration);
        /// How long, from here on, the service may not know the run yet. Default: 10 s.
        visible_within(limit: Duration);
        /// Calls `progress` with each change of the run, once each and in order.
        progress(progress: impl FnMut(Progress) + Send + 'r);
        /// Calls `progress` with each answer of the service about the run, whether anything changed or not.
        on_progress(progress: impl FnMut(&RunHistory) + Send + 'r);
        /// How many answers [`Wait::answer_with`] gives at most. Default: 3.
        resumes(most: u32);
    }

    /// Answers the questions of the run with `answer`, until it ends. The closure is called in the thread that
    /// waits.
    ///
    /// As [`Wait::answer_with`](crate::Wait::answer_with); [`Answer::decline`] ends it.
    pub fn answer_with<F, A>(self, mut answer: F) -> Self
    where
        F: FnMut(Question) -> A + Send + 'r,
        A: Into<Answer>,
    {
        Self {
            inner: self
                .inner
                .answer_with(move |question| ready(Ok(answer(question).into()))),
            ..self
        }
    }

    /// Waits until the run ends.
    ///
    /// # Errors
    ///
    /// [`Error`], as the table at [`Wait`](crate::Wait) tells.
    pub fn block(self) -> Result<RunOutput, Error> {
        self.driver.block_on(self.inner)
    }
}
