//! Waiting for a run to end.

mod poll;
mod progress;

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use coze_models::RunHistory;
use coze_transport::{BoxError, poll::PollPolicy};

use super::Run;
use crate::{Answer, Error, Question, RunOutput, interrupt::InterruptDriver};
use progress::Tracker;

pub use progress::{NodeProgress, Progress};

type OnRow<'r> = Box<dyn FnMut(&RunHistory) + Send + 'r>;
type OnChange<'r> = Box<dyn FnMut(Progress) + Send + 'r>;

/// A wait for a run to end; `.await` begins it.
///
/// The service is polled after 1 s and then less and less often, up to every 30 s, each time spread by a fifth so that
/// a fleet does not poll in step; a pause that the server asks for wins. Failures that pass by themselves do not end
/// the wait, unless there are ten in a row or they last five minutes, and a run that was started just now may take
/// 10 s to be visible. Dropping the wait leaves the run alone.
///
/// | the run | the wait gives |
/// |---|---|
/// | succeeded | its [`RunOutput`] |
/// | failed | [`ErrorKind::Api`](crate::ErrorKind::Api) with the code and the message of the run |
/// | was cancelled | [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled) |
/// | asks something | [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted) with [`Error::question`], unless [`Wait::answer_with`] answers |
/// | is not the one that the response is about | [`ErrorKind::WrongRun`](crate::ErrorKind::WrongRun) |
/// | had not ended by the deadline | [`ErrorKind::Timeout`](crate::ErrorKind::Timeout); it goes on |
///
/// ```
/// # use coze_workflow::{Client, HttpStack, json_reply};
/// # let coze = Client::new(HttpStack::from_fn(|_| async { json_reply(r#"{"data":[{"execute_status":"Running"}]}"#) }));
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
/// use std::time::Duration;
///
/// let run = coze.attach(("7366", "7413"));
/// let error = run
///     .wait()
///     .first_poll(Duration::from_millis(200))
///     .longest_poll(Duration::from_secs(5))
///     .max_consecutive_failures(3, Duration::from_secs(60))
///     .not_found_grace(Duration::from_secs(30))
///     .deadline(Duration::from_secs(600))
///     .await
///     .unwrap_err();
/// assert!(error.is_timeout());
/// assert_eq!(error.execute_id(), Some("7413"));
/// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a wait does nothing until it is awaited"]
pub struct Wait<'r> {
    run: Run,
    limits: PollPolicy,
    on_row: Option<OnRow<'r>>,
    on_change: Option<OnChange<'r>>,
    tracker: Tracker,
    driver: Option<InterruptDriver<'r>>,
    resumes: Option<u32>,
    /// The last status, if it is not a known one.
    unknown_status: Option<String>,
}

impl Run {
    /// Waits until the run ends.
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, json_reply};
    /// # let coze = Client::new(HttpStack::from_fn(|_| async {
    /// #     json_reply(r#"{"data":[{"execute_status":"Success","output":"{\"Output\":\"done\"}"}]}"#) }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// use std::time::Duration;
    ///
    /// let run = coze.attach(("7366", "7413"));
    /// let report: String = run.wait().deadline(Duration::from_secs(3600)).await?.output()?;
    /// assert_eq!(report, "done");
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait<'r>(&self) -> Wait<'r> {
        Wait::new(self.clone())
    }
}

impl<'r> Wait<'r> {
    fn new(run: Run) -> Self {
        Self {
            run,
            limits: PollPolicy::default(),
            on_row: None,
            on_change: None,
            tracker: Tracker::default(),
            driver: None,
            resumes: None,
            unknown_status: None,
        }
    }

    /// Gives up after this long, the time for answers included; the run goes on. Default: 24 hours and 10 minutes.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.limits.deadline = limit;
        self
    }

    /// The pause before the first poll. Each later one is half as long again. Default: 1 s.
    pub fn first_poll(mut self, pause: Duration) -> Self {
        self.limits.first_poll = pause;
        self
    }

    /// The longest pause between two polls. Default: 30 s.
    pub fn longest_poll(mut self, pause: Duration) -> Self {
        self.limits.longest_poll = pause;
        self
    }

    /// The wait ends after this many failed polls in a row, or once they have lasted this long. Only failures that may
    /// pass by themselves are counted; any other ends the wait at once. Default: 10, and 5 minutes.
    pub fn max_consecutive_failures(mut self, failures: u32, lasting: Duration) -> Self {
        self.limits.failures = failures;
        self.limits.failing = lasting;
        self
    }

    /// How long, from here on, the service may not know the run yet. Default: 10 s.
    pub fn not_found_grace(mut self, limit: Duration) -> Self {
        self.limits.not_found_grace = limit;
        self
    }

    /// Calls `progress` with each change of the run: its status, and which output nodes began and ended, once each
    /// and in order.
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, json_reply};
    /// # let coze = Client::new(HttpStack::from_fn(|_| async {
    /// #     json_reply(r#"{"data":[{"execute_status":"Success","output":"{\"Output\":\"done\"}",
    /// #         "node_execute_status":{"Report":{"is_finish":true}}}]}"#) }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// use coze_workflow::Progress;
    ///
    /// let run = coze.attach(("7366", "7413"));
    /// let mut finished = Vec::new();
    /// run.wait()
    ///     .progress(|change| match change {
    ///         Progress::NodeFinished(node) => finished.push(node.title),
    ///         other => println!("{other:?}"),
    ///     })
    ///     .await?;
    /// assert_eq!(finished, ["Report"]);
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn progress(mut self, progress: impl FnMut(Progress) + Send + 'r) -> Self {
        self.on_change = Some(Box::new(progress));
        self
    }

    /// Calls `progress` with each row of the history that a poll brings, whether anything changed or not.
    pub fn on_progress(mut self, progress: impl FnMut(&RunHistory) + Send + 'r) -> Self {
        self.on_row = Some(Box::new(progress));
        self
    }

    /// Answers the questions of the run with `answer`, until it ends.
    ///
    /// Each answer is checked against its question and resumes the run at its newest event, at most three times, see
    /// [`Wait::resumes`]. When `answer` fails or declines, the wait ends with
    /// [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted), and [`Error::question`] tells what the run still waits for.
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, json_reply};
    /// # let asked = std::sync::Mutex::new(0);
    /// # let asked: &'static _ = Box::leak(Box::new(asked));
    /// # let coze = Client::new(HttpStack::from_fn(move |request: coze_workflow::Request| async move {
    /// #     let mut asked = asked.lock().unwrap();
    /// #     if request.uri().path().ends_with("/resume") { *asked += 1; return json_reply(r#"{"execute_id":"7413"}"#); }
    /// #     json_reply(if *asked == 0 { r#"{"data":[{"execute_status":"Running","interrupt_data":{"event_id":"7413/2","type":2,
    /// #         "data":"{\"content_type\":\"text\",\"content\":\"Which city?\"}"}}]}"# }
    /// #     else { r#"{"data":[{"execute_status":"Success","output":"{\"Output\":\"rain\"}"}]}"# }) }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
    /// use coze_workflow::Answer;
    ///
    /// let run = coze.attach(("7366", "7413"));
    /// let output = run
    ///     .wait()
    ///     .answer_with(|question| async move {
    ///         assert_eq!(question.text(), "Which city?");
    ///         Ok(Answer::text("Lyon"))
    ///     })
    ///     .await?;
    /// assert_eq!(output.text(), "rain");
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn answer_with<F, Fut>(mut self, answer: F) -> Self
    where
        F: FnMut(Question) -> Fut + Send + 'r,
        Fut: Future<Output = Result<Answer, BoxError>> + Send + 'r,
    {
        self.driver = Some(InterruptDriver::new(answer));
        self
    }

    /// How many answers [`Wait::answer_with`] gives at most. Default: 3, which is what the service documents for streams.
    pub fn resumes(mut self, most: u32) -> Self {
        self.resumes = Some(most);
        self
    }
}

impl fmt::Debug for Wait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("run", &self.run)
            .field("limits", &self.limits)
            .field("driver", &self.driver)
            .finish_non_exhaustive()
    }
}

impl<'r> IntoFuture for Wait<'r> {
    type Output = Result<RunOutput, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'r>>;

    fn into_future(mut self) -> Self::IntoFuture {
        let mut driver = self.driver.take();
        if let (Some(driver), Some(most)) = (&mut driver, self.resumes) {
            driver.most = most;
        }
        Box::pin(async move { self.poll(driver.as_mut()).await })
    }
}
