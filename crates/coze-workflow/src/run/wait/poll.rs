//! The loop of a wait.

use coze_models::{ExecuteStatus, JsonText, RunHistory, codes};
use coze_transport::{
    poll::{Failures, Pace},
    scrub,
};

use super::Wait;
use crate::{
    Error, ErrorKind, Question, Reply, Resumed, RunOutput, error::ErrorContext,
    interrupt::InterruptDriver, run::resume, settings::CallSettings,
};

impl Wait<'_> {
    /// Polls until the run ends; `driver` answers what it asks.
    pub(crate) async fn poll(
        mut self,
        mut driver: Option<&mut InterruptDriver<'_>>,
    ) -> Result<RunOutput, Error> {
        let run = self.run.clone();
        let mut pace = Pace::new(&self.limits);
        if let Some(driver) = &mut driver {
            driver.end = pace.end().map(|end| (end, self.limits.deadline));
        }
        let mut failures = Failures::default();
        let mut last_failure = None;
        let mut hint = None;
        loop {
            if !pace.sleep(hint.take()).await {
                return Err(self.unfinished(last_failure));
            }
            match run.poll(pace.left()).await {
                Ok(reply) => {
                    if reply.get_ref().is_none() && pace.elapsed() >= self.limits.not_found_grace {
                        return Err(self.unknown(&reply));
                    }
                    let Some(row) = reply.and_then(|row| row) else {
                        continue;
                    };
                    failures.clear();
                    last_failure = None;
                    hint = row.retry_after();
                    self.tell(row.get_ref());
                    self.note_status(row.get_ref());
                    let row = if !is_answered(row.get_ref(), driver.as_deref()) {
                        row
                    } else if is_over(row.get_ref()) {
                        row.map(|mut row| {
                            row.interrupt_data = None;
                            row
                        })
                    } else {
                        continue;
                    };
                    let Some(end) = run.conclude(row, pace.left()).await else {
                        continue;
                    };
                    let Some(driver) = &mut driver else {
                        return end;
                    };
                    let end = end.map(Resumed::Finished);
                    let resume = |with| {
                        let settings = CallSettings {
                            deadline_cap: pace.left(),
                            ..run.client.settings().clone()
                        };
                        resume(&run.client, run.workflow_id.clone(), with, settings)
                    };
                    match driver.drive(end, Question::resumption, resume).await? {
                        Resumed::Finished(output) => return Ok(output),
                        Resumed::Running(_) => {
                            pace.restart();
                            hint = None;
                        }
                    }
                }
                Err(error) if error.code() == Some(codes::EXECUTION_NOT_FOUND) => {
                    if pace.elapsed() >= self.limits.not_found_grace {
                        return Err(self.about_run(error));
                    }
                }
                Err(error) if error.is_retryable() => {
                    if pace.is_over() {
                        return Err(self.unfinished(Some(error)));
                    }
                    if let Some(count) = failures.one_more(&self.limits) {
                        return Err(self.gave_up(count, error));
                    }
                    hint = error.retry_after();
                    last_failure = Some(error);
                }
                Err(error) => return Err(self.about_run(error)),
            }
        }
    }

    fn tell(&mut self, row: &RunHistory) {
        if let Some(on_row) = &mut self.on_row {
            on_row(row);
        }
        if let Some(on_change) = &mut self.on_change {
            self.tracker.changes(row).into_iter().for_each(on_change);
        }
    }

    /// Remembers a status that is not known. It may be that of a run that goes on, so the wait does as well.
    fn note_status(&mut self, row: &RunHistory) {
        let unknown = match &row.execute_status {
            Some(status @ ExecuteStatus::Unrecognized(_)) => Some(scrub(status.as_str())),
            _ => None,
        };
        if let Some(status) = unknown.as_ref().filter(|_| unknown != self.unknown_status) {
            let execute_id = self.run.execute_id().as_str();
            tracing::warn!(execute_id, status, "the status of the run is not known");
        }
        self.unknown_status = unknown;
    }

    fn unfinished(&self, last: Option<Error>) -> Error {
        let limit = self.limits.deadline;
        let message = match &self.unknown_status {
            Some(status) => format!(
                "the run had not ended after {limit:?}: its status is `{status}`, which is not known"
            ),
            None => format!("the run had not ended after {limit:?}; it goes on"),
        };
        let context = (*self.run.context).clone();
        let error = Error::new(ErrorKind::Timeout, message).with_context(context);
        match last {
            Some(last) => error.with_source(last),
            None => error,
        }
    }

    fn gave_up(&self, count: u32, last: Error) -> Error {
        let last = self.about_run(last);
        let message = format!("{count} polls failed in a row; the run goes on");
        Error::new(last.kind(), message)
            .with_context(last.context().clone())
            .with_source(last)
    }

    fn unknown<T>(&self, reply: &Reply<T>) -> Error {
        let message = "the service does not show the run";
        let polled = reply.context().clone();
        let context = ErrorContext {
            status: polled.status,
            attempts: polled.attempts,
            log_id: polled.log_id,
            ..(*self.run.context).clone()
        };
        Error::new(ErrorKind::Api, message).with_context(context)
    }

    fn about_run(&self, error: Error) -> Error {
        error.about_run(Some(self.run.execute_id()))
    }
}

/// Whether a row still shows an event that was answered: the service has not caught up.
fn is_answered(row: &RunHistory, driver: Option<&InterruptDriver<'_>>) -> bool {
    let shown = row.interrupt_data.as_ref();
    let shown = shown.and_then(|shown| shown.event_id.as_ref());
    shown
        .zip(driver)
        .is_some_and(|(shown, driver)| driver.has_asked(shown))
}

/// Whether a row tells the end of a run although it shows an event. Which status a run has while it waits is not
/// documented, but it has no output then.
fn is_over(row: &RunHistory) -> bool {
    let output = row.output.as_ref().map(JsonText::as_str);
    row.execute_status == Some(ExecuteStatus::Success)
        && output.is_some_and(|text| !text.is_empty())
}
