//! `POST /v1/workflows/resume` and what it shares with the streamed form.

use std::sync::Arc;

use axum::{extract::Request, response::Response};
use serde::Deserialize;

use super::{
    body,
    context::{Context, Members},
    failure::{self, Failure},
    run, start,
};
use crate::runs::{Mode, Run};

/// The body; all four fields are required.
#[derive(Debug, Deserialize)]
pub(super) struct ResumeRequest {
    workflow_id: Option<String>,
    event_id: Option<String>,
    interrupt_type: Option<i64>,
    resume_data: Option<String>,
}

/// A checked request.
pub(super) struct Resume {
    pub(super) run: Arc<Run>,
    pub(super) event_id: String,
    pub(super) interrupt_type: i64,
    pub(super) answer: String,
}

impl Resume {
    /// Finds the run that a request wants to go on with.
    pub(super) async fn read(context: &Context, request: Request) -> Result<Self, Failure> {
        let request: ResumeRequest = body::object(&body::read(request).await?)?;
        let workflow_id = start::required("workflow_id", request.workflow_id.as_deref())?;
        let event_id = start::required("event_id", request.event_id.as_deref())?;
        let missing = |field| Failure::bad_request(format!("Missing required parameter '{field}'"));
        let interrupt_type = request
            .interrupt_type
            .ok_or_else(|| missing("interrupt_type"))?;
        let answer = request.resume_data.ok_or_else(|| missing("resume_data"))?;
        let workflow = context.published(workflow_id)?;
        let execute_id = event_id
            .split_once('/')
            .map_or(event_id, |(execute_id, _)| execute_id);
        let run = context.run_of(workflow, execute_id).ok_or_else(|| {
            Failure::new(
                failure::EXECUTION_NOT_FOUND,
                format!("event '{event_id}' belongs to no execution of workflow '{workflow_id}'"),
            )
        })?;
        Ok(Self {
            event_id: event_id.to_owned(),
            run,
            interrupt_type,
            answer,
        })
    }
}

pub(super) async fn resume(context: Context, request: Request) -> Response {
    context.reply(answer(&context, request).await)
}

async fn answer(context: &Context, request: Request) -> Result<Members, Failure> {
    let resume = Resume::read(context, request).await?;
    let run = resume.run;
    if run.mode == Mode::Stream {
        return Err(Failure::bad_request(
            "the run was started by a stream and is resumed with POST /v1/workflow/stream_resume",
        ));
    }
    let now = context.core.clock.seconds();
    run.resume(
        &resume.event_id,
        resume.interrupt_type,
        resume.answer,
        context.core.limits.resumes,
        false,
        now,
    )?;
    if run.mode == Mode::Async {
        return Ok(run::begun(context, &run));
    }
    run::wait(context, &run).await
}
