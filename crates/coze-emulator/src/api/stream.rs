//! `POST /v1/workflow/stream_run` and `POST /v1/workflow/stream_resume`.

use axum::{extract::Request, response::Response};

use super::{
    resume::Resume,
    start::{RunRequest, launch},
};
use crate::{
    render::Listened,
    request::{Context, Problem, body},
    runs::Mode,
};

pub(super) async fn stream_run(context: Context, request: Request) -> Response {
    let started = started(&context, request).await;
    context.render().stream(&context, started)
}

pub(super) async fn stream_resume(context: Context, request: Request) -> Response {
    let resumed = resumed(&context, request).await;
    context.render().stream(&context, resumed)
}

async fn started(context: &Context, request: Request) -> Result<Listened, Problem> {
    let request: RunRequest = body::object(request).await?;
    let run = request.prepare(context, Mode::Stream)?;
    let events = run.listen();
    launch(context, &run);
    Ok((run, events))
}

async fn resumed(context: &Context, request: Request) -> Result<Listened, Problem> {
    let resume = Resume::read(context, request).await?;
    let most = if context.is_studio() {
        None
    } else if resume.run.mode == Mode::Stream {
        Some(context.core.limits.stream_resumes)
    } else {
        return Err(Problem::value(
            "the run was not started by a stream and is resumed with POST /v1/workflows/resume",
        ));
    };
    let events = resume.send(context, most, true)?;
    // A listener was asked for, so there is one.
    let events = events.unwrap_or_else(|| resume.run.listen());
    Ok((resume.run, events))
}
