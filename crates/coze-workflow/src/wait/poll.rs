//! The loop of a wait.

use coze_models::{EventId, ExecuteStatus, JsonText, RunHistory, codes};
use coze_transport::scrub;
use tokio::time::timeout_at;

use super::{
    Wait,
    pace::{Failures, Pace},
};
use crate::{
    Error, Resumed, RunOutput,
    error::{ErrorKind, Facts},
    interrupt::resume,
};

/// What came of an answer.
enum Next {
    /// The run goes on.
    Running,
    Ended(Box<RunOutput>),
}

impl Wait<'_> {
    pub(super) async fn poll(mut self) -> Result<RunOutput, Error> {
        if let (Some(answerer), Some(most)) = (&mut self.answerer, self.resumes) {
            answerer.set_most(most);
        }
        let run = self.run;
        let mut pace = Pace::new(&self.limits);
        let mut failures = Failures::default();
        let mut last_failure = None;
        let mut answered = Vec::new();
        let mut hint = None;
        loop {
            if !pace.sleep(hint.take()).await {
                return Err(self.unfinished(last_failure));
            }
            match run.status_within(pace.left()).await {
                Ok(Some(row)) => {
                    failures.clear();
                    last_failure = None;
                    hint = row.retry_after();
                    self.tell(&row);
                    self.note_status(&row);
                    let row = if !is_answered(&row, &answered) {
                        row
                    } else if is_over(&row) {
                        row.map(|mut row| {
                            row.interrupt_data = None;
                            row
                        })
                    } else {
                        continue;
                    };
                    match run.conclude(row, pace.left()).await {
                        None => {}
                        Some(Err(error)) if error.is_interrupted() && self.answerer.is_some() => {
                            match self.go_on(error, &pace, &mut answered).await? {
                                Next::Running => {}
                                Next::Ended(output) => return Ok(*output),
                            }
                            pace.restart();
                            hint = None;
                        }
                        Some(end) => return end,
                    }
                }
                Ok(None) if pace.elapsed() < self.limits.invisible => {}
                Ok(None) => return Err(self.unknown()),
                Err(error) if error.code() == Some(codes::EXECUTION_NOT_FOUND) => {
                    if pace.elapsed() >= self.limits.invisible {
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

    /// Answers, and answers again what the resume itself asks. What is `answered` must not be a second time.
    async fn go_on(
        &mut self,
        mut interrupted: Error,
        pace: &Pace,
        answered: &mut Vec<EventId>,
    ) -> Result<Next, Error> {
        let run = self.run;
        let limit = self.limits.deadline;
        loop {
            let Some(answerer) = &mut self.answerer else {
                return Err(interrupted);
            };
            let question = interrupted.question().cloned();
            let answering = answerer.resumption(interrupted);
            let resumption = match pace.end() {
                None => answering.await,
                Some(end) => timeout_at(end, answering).await.unwrap_or_else(|_| {
                    let message = format!(
                        "the question was not answered within {limit:?}; the run waits for it"
                    );
                    let error = Error::new(ErrorKind::Timeout, message).with_facts(run.facts());
                    Err(match question {
                        Some(question) => error.with_question(question),
                        None => error,
                    })
                }),
            }?;
            answered.push(resumption.event_id.clone());
            let workflow_id = run.workflow_id().clone();
            match resume(run.client(), workflow_id, resumption, pace.left()).await {
                Ok(Resumed::Finished(output)) => return Ok(Next::Ended(Box::new(output))),
                Ok(_) => return Ok(Next::Running),
                Err(error) if error.is_interrupted() => interrupted = error,
                Err(error) => return Err(error),
            }
        }
    }

    fn unfinished(&self, last: Option<Error>) -> Error {
        let limit = self.limits.deadline;
        let message = match &self.unknown_status {
            Some(status) => format!(
                "the run had not ended after {limit:?}: its status is `{status}`, which is not known"
            ),
            None => format!("the run had not ended after {limit:?}; it goes on"),
        };
        let error = Error::new(ErrorKind::Timeout, message).with_facts(self.facts());
        match last {
            Some(last) => error.with_source(last),
            None => error,
        }
    }

    fn gave_up(&self, count: u32, last: Error) -> Error {
        let last = self.about_run(last);
        let message = format!("{count} polls failed in a row; the run goes on");
        Error::new(last.kind(), message)
            .with_facts(last.facts().clone())
            .with_source(last)
    }

    fn unknown(&self) -> Error {
        let message = "the service does not show the run";
        Error::new(ErrorKind::Api, message).with_facts(self.facts())
    }

    fn about_run(&self, error: Error) -> Error {
        error.about_run(Some(self.run.execute_id()))
    }

    fn facts(&self) -> Facts {
        self.run.facts()
    }
}

/// Whether a row still shows an event that was answered: the service has not caught up.
fn is_answered(row: &RunHistory, answered: &[EventId]) -> bool {
    let shown = row.interrupt_data.as_ref();
    let shown = shown.and_then(|shown| shown.event_id.as_ref());
    shown.is_some_and(|shown| answered.contains(shown))
}

/// Whether a row tells the end of a run although it shows an event. Which status a run has while it waits is not
/// documented, but it has no output then.
fn is_over(row: &RunHistory) -> bool {
    let output = row.output.as_ref().map(JsonText::as_str);
    row.execute_status == Some(ExecuteStatus::Success)
        && output.is_some_and(|text| !text.is_empty())
}
