//! The body of the calls that answer an interrupt.

use std::sync::Arc;

use axum::extract::Request;
use serde::Deserialize;
use tokio::sync::mpsc;

use crate::{
    request::{Context, Kind, Problem, body},
    runs::{Event, ResumeError, Run},
};

#[derive(Debug, Deserialize)]
struct ResumeRequest {
    workflow_id: Option<String>,
    event_id: Option<String>,
    interrupt_type: Option<i64>,
    resume_data: Option<String>,
}

/// A checked request.
pub(super) struct Resume {
    pub(super) run: Arc<Run>,
    event_id: String,
    interrupt_type: i64,
    answer: String,
}

impl Resume {
    /// Finds the run that a request wants to go on with.
    pub(super) async fn read(context: &Context, request: Request) -> Result<Self, Problem> {
        let request: ResumeRequest = body::object(request).await?;
        let missing = |name| Problem {
            kind: Kind::Body,
            ..Problem::missing(name)
        };
        let workflow_id = request.workflow_id.ok_or_else(|| missing("workflow_id"))?;
        let event_id = request.event_id.ok_or_else(|| missing("event_id"))?;
        let answer = request.resume_data.ok_or_else(|| missing("resume_data"))?;
        let kind = match request.interrupt_type {
            // The self-hosted server does not look at it.
            _ if context.is_studio() => None,
            None => return Err(missing("interrupt_type")),
            kind => kind,
        };
        let workflow = context.published(&workflow_id)?;
        let execute_id = event_id
            .split_once('/')
            .map_or(event_id.as_str(), |(execute_id, _)| execute_id);
        let run = context.run_of(workflow, execute_id).ok_or_else(|| {
            let message =
                format!("event '{event_id}' belongs to no execution of workflow '{workflow_id}'");
            Problem::new(Kind::UnknownRun, message)
        })?;
        let kind = kind.or_else(|| run.with_record(|record| Some(record.interrupt.as_ref()?.kind)));
        Ok(Self {
            event_id,
            run,
            interrupt_type: kind.unwrap_or_default(),
            answer,
        })
    }

    /// Goes on with the run, up to `most` times. With `listen` the events up to the next stop come back.
    pub(super) fn send(
        &self,
        context: &Context,
        most: Option<u32>,
        listen: bool,
    ) -> Result<Option<mpsc::Receiver<Event>>, Problem> {
        context.note.ran(&self.run.execute_id);
        let now = context.core.clock.seconds();
        let answer = self.answer.clone();
        self.run
            .resume(
                &self.event_id,
                self.interrupt_type,
                answer,
                most,
                listen,
                now,
            )
            .map_err(Problem::from)
    }
}

impl From<ResumeError> for Problem {
    fn from(error: ResumeError) -> Self {
        match error {
            ResumeError::Over => Self::new(
                Kind::NotWaiting,
                "the execution is over and cannot be resumed",
            ),
            ResumeError::NotWaiting => Self::new(
                Kind::NotWaiting,
                "the execution does not wait at this event; resume with the event id of its newest interrupt",
            ),
            ResumeError::WrongType(expected) => Self::value(format!(
                "'interrupt_type' must be {expected} for this event"
            )),
            ResumeError::TooOften => {
                Self::value("the execution was resumed as often as is allowed")
            }
        }
    }
}
