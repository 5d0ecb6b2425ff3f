//! The wait for a run to end: its POST where there is a receiver, and polls.

use std::{pin::pin, time::Duration};

use coze_engine::{EngineError, ErrorKind, Outcome, http::CallContext};
use coze_models::Operation as _;
use coze_transport::{
    poll::{Failures, Pace, PollPolicy},
    scrub,
};
use futures_util::future::{Either, select};

use crate::{GetRun, RunRecord, RunStatus, Runs, client::Found, failure::ENGINE, receiver};

/// The first poll of a run whose end is posted.
pub(crate) const RESERVE: Duration = Duration::from_secs(10);

/// Waits until a run is over.
pub(crate) async fn wait(
    runs: &Runs,
    run: &str,
    deadline: Option<Duration>,
) -> Result<Found, EngineError> {
    let mut policy = runs.0.polling;
    policy.deadline = deadline.unwrap_or(policy.deadline);
    let mut waiting = Waiting {
        runs,
        run,
        pace: Pace::new(&policy),
        policy,
        failures: Failures::default(),
        last_failure: None,
        hint: None,
        unknown: None,
        is_due: false,
    };
    let Some(receiver) = runs.receiver() else {
        return waiting.poll().await;
    };
    let mut posted = receiver.expect(run);
    let body = match select(pin!(posted.arrived()), pin!(waiting.poll())).await {
        Either::Right((result, _)) => return result,
        Either::Left((body, _)) => body,
    };
    if let Some(record) = receiver::record(&body) {
        return Ok(record);
    }
    // It says that the run is over and not how.
    waiting.is_due = true;
    waiting.poll().await
}

struct Waiting<'w> {
    runs: &'w Runs,
    run: &'w str,
    policy: PollPolicy,
    pace: Pace,
    failures: Failures,
    last_failure: Option<EngineError>,
    hint: Option<Duration>,
    /// The last status, if it is not a known one.
    unknown: Option<String>,
    /// The next poll does not wait.
    is_due: bool,
}

impl Waiting<'_> {
    /// Polls until the run is over. Dropping it between two polls loses nothing.
    async fn poll(&mut self) -> Result<Found, EngineError> {
        loop {
            let is_due = std::mem::take(&mut self.is_due);
            if !is_due && !self.pace.sleep(self.hint.take()).await {
                return Err(self.unfinished());
            }
            match self.runs.fetch(self.run, self.pace.left()).await {
                Ok(found) => {
                    self.failures.clear();
                    self.last_failure = None;
                    self.hint = found.retry_after;
                    if found.record.is_over() {
                        return Ok(found);
                    }
                    self.note_status(&found.record);
                }
                Err(error) if error.is_not_found() => {
                    if self.pace.elapsed() >= self.policy.not_found_grace {
                        return Err(error);
                    }
                }
                Err(error) if error.is_retryable() => {
                    self.hint = error.retry_after();
                    let count = self.failures.one_more(&self.policy);
                    self.last_failure = Some(error);
                    if self.pace.is_over() {
                        return Err(self.unfinished());
                    }
                    if let Some(count) = count {
                        return Err(self.gave_up(count));
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Remembers a status that is not known. It may be that of a run that goes on, so the wait does as well.
    fn note_status(&mut self, record: &RunRecord) {
        let unknown = match &record.status {
            Some(status @ RunStatus::Unrecognized(_)) => Some(scrub(status.as_str())),
            _ => None,
        };
        if let Some(status) = unknown.as_ref().filter(|_| unknown != self.unknown) {
            let run = self.run;
            tracing::warn!(run, status, "the status of the run is not known");
        }
        self.unknown = unknown;
    }

    fn unfinished(&mut self) -> EngineError {
        let limit = self.policy.deadline;
        let message = match &self.unknown {
            Some(status) => format!(
                "the run had not ended after {limit:?}: its status is `{status}`, which is not known"
            ),
            None => format!("the run had not ended after {limit:?}"),
        };
        self.error(ErrorKind::Timeout, message)
    }

    fn gave_up(&mut self, count: u32) -> EngineError {
        let kind = self
            .last_failure
            .as_ref()
            .map_or(ErrorKind::Transport, EngineError::kind);
        self.error(kind, format!("{count} polls failed in a row"))
    }

    fn error(&mut self, kind: ErrorKind, message: String) -> EngineError {
        let mut context = CallContext::new(ENGINE, GetRun::META);
        context.about(coze_engine::RunId::new("", self.run));
        let error = context.error(kind, message, Outcome::Accepted);
        let error = error.starting_run(Outcome::Accepted);
        let error = error.with_hint("the run may go on: wait for it again by its id");
        match self.last_failure.take() {
            Some(last) => error.with_source(last),
            None => error,
        }
    }
}
