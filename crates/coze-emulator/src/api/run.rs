//! `POST /v1/workflow/run` and `POST /v1/workflows/resume`: runs that are waited for, or work in the background.

use std::sync::Arc;

use axum::{extract::Request, response::Response};
use coze_models::codes::PAID_PLAN_REQUIRED;

use super::{
    resume::Resume,
    start::{RunRequest, launch},
};
use crate::{
    render::Outcome,
    request::{Context, Problem, body},
    runs::{Mode, Run},
};

pub(super) async fn run(context: Context, request: Request) -> Response {
    let outcome = started(&context, request).await;
    context.render().run(&context, outcome)
}

pub(super) async fn resume(context: Context, request: Request) -> Response {
    let outcome = resumed(&context, request).await;
    context.render().run(&context, outcome)
}

async fn started(context: &Context, request: Request) -> Result<Outcome, Problem> {
    let request: RunRequest = body::object(request).await?;
    let mode = match request.is_async {
        Some(true) => Mode::Async,
        _ => Mode::Sync,
    };
    let run = request.prepare(context, mode)?;
    if mode == Mode::Async && !context.core.limits.paid_plan {
        let message = "asynchronous runs need a paid plan";
        return Err(Problem::code(PAID_PLAN_REQUIRED, message));
    }
    launch(context, &run);
    Ok(outcome(run).await)
}

async fn resumed(context: &Context, request: Request) -> Result<Outcome, Problem> {
    let resume = Resume::read(context, request).await?;
    if resume.run.mode == Mode::Stream {
        return Err(Problem::value(
            "the run was started by a stream and is resumed with POST /v1/workflow/stream_resume",
        ));
    }
    resume.send(context, context.core.limits.resumes, false)?;
    Ok(outcome(resume.run).await)
}

/// Waits until a run stops, unless it works in the background.
async fn outcome(run: Arc<Run>) -> Outcome {
    if run.mode == Mode::Async {
        return Outcome::Begun(run);
    }
    run.stopped().await;
    Outcome::Stopped(run)
}
