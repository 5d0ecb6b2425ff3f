//! Waiting for a run to end.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
    time::Duration,
};

use coze_models::RunHistory;
use tokio::time::Instant;

use crate::{
    Error, Reply, Run, RunOutput,
    error::{ErrorKind, Facts},
};

/// The first pause between two questions.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A background run may take 24 hours; a little more lets the service end it.
const DEADLINE: Duration = Duration::from_secs(24 * 60 * 60 + 10 * 60);
/// How long after the start an unknown execute id only means "not visible yet".
const INVISIBLE: Duration = Duration::from_secs(10);
/// Passing failures end the wait when there are this many in a row …
const FAILURES: u32 = 10;
/// … or when they last this long.
const FAILING: Duration = Duration::from_secs(5 * 60);
/// The service's code for an execute id it does not know.
const NO_SUCH_RUN: i64 = 4314;

type Progress<'r> = Box<dyn FnMut(&RunHistory) + Send + 'r>;

/// A wait for a run to end; `.await` begins it.
///
/// The service is asked after 1 s and then less and less often, up to every 30 s. Failures that pass
/// by themselves do not end the wait, unless there are ten in a row or they last five minutes.
/// Dropping the wait leaves the run alone.
#[must_use = "a wait does nothing until it is awaited"]
pub struct Wait<'r> {
    run: &'r Run,
    deadline: Duration,
    progress: Option<Progress<'r>>,
}

impl<'r> Wait<'r> {
    pub(crate) fn new(run: &'r Run) -> Self {
        Self {
            run,
            deadline: DEADLINE,
            progress: None,
        }
    }

    /// Gives up after this long; the run goes on. Default: 24 hours and 10 minutes.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = limit;
        self
    }

    /// Calls `progress` with each state of the run that the service shows.
    pub fn on_progress(mut self, progress: impl FnMut(&RunHistory) + Send + 'r) -> Self {
        self.progress = Some(Box::new(progress));
        self
    }

    async fn poll(mut self) -> Result<RunOutput, Error> {
        let begin = Instant::now();
        // A deadline beyond the clock's range is none.
        let end = begin.checked_add(self.deadline);
        let mut pause = FIRST_PAUSE;
        let mut failures = 0;
        let mut failing_since = None;
        loop {
            if !sleep_within(jittered(pause), end).await {
                return Err(self.unfinished());
            }
            pause = pause.mul_f64(1.5).min(LONGEST_PAUSE);
            match ask(self.run, end).await {
                Ok(Some(row)) => {
                    failures = 0;
                    failing_since = None;
                    if let Some(progress) = &mut self.progress {
                        progress(&row);
                    }
                    if let Some(end) = self.run.ended(row) {
                        return end;
                    }
                }
                Ok(None) if begin.elapsed() < INVISIBLE => {}
                Ok(None) => return Err(self.unknown()),
                Err(error) if error.code() == Some(NO_SUCH_RUN) && begin.elapsed() < INVISIBLE => {}
                Err(error) if error.is_retryable() && error.code() != Some(NO_SUCH_RUN) => {
                    failures += 1;
                    let since = *failing_since.get_or_insert_with(Instant::now);
                    if end.is_some_and(|end| Instant::now() >= end) {
                        return Err(self.unfinished());
                    }
                    if failures >= FAILURES || since.elapsed() >= FAILING {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn unfinished(&self) -> Error {
        let limit = self.deadline;
        let message = format!("the run had not ended after {limit:?}; it goes on");
        Error::new(ErrorKind::Timeout, message).with_facts(self.facts())
    }

    fn unknown(&self) -> Error {
        let message = "the service does not show the run";
        Error::new(ErrorKind::Api, message).with_facts(self.facts())
    }

    fn facts(&self) -> Facts {
        self.run.facts()
    }
}

async fn ask(run: &Run, end: Option<Instant>) -> Result<Option<Reply<RunHistory>>, Error> {
    let left = end.map(|end| end.saturating_duration_since(Instant::now()));
    run.status_within(left).await
}

/// Sleeps, unless that would reach past `end`: then it sleeps until `end` and says `false`.
#[expect(
    clippy::disallowed_methods,
    reason = "the polling module; the wait is bounded by its deadline"
)]
async fn sleep_within(pause: Duration, end: Option<Instant>) -> bool {
    let left = end.map_or(pause, |end| end.saturating_duration_since(Instant::now()));
    tokio::time::sleep(pause.min(left)).await;
    pause < left || end.is_none()
}

/// Spreads a pause by a fifth to either side, so that a fleet does not ask in step.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.8 + 0.4 * fastrand::f64())
}

impl fmt::Debug for Wait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wait")
            .field("run", self.run)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl<'r> IntoFuture for Wait<'r> {
    type Output = Result<RunOutput, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'r>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.poll())
    }
}
