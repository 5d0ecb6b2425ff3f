//! `POST /v1/workflow/run`: a run that is waited for, or one in the background.

use axum::{extract::Request, response::Response};
use http::StatusCode;
use serde_json::json;

use super::{
    body,
    context::{Context, Members},
    failure::{self, Failure},
    start::RunRequest,
};
use crate::runs::{Mode, Run};

pub(super) async fn run(context: Context, request: Request) -> Response {
    context.reply(answer(&context, request).await)
}

async fn answer(context: &Context, request: Request) -> Result<Members, Failure> {
    let request: RunRequest = body::object(&body::read(request).await?)?;
    if request.is_async != Some(true) {
        let run = request.prepare(context, Mode::Sync)?;
        context.launch(&run);
        return wait(context, &run).await;
    }
    let run = request.prepare(context, Mode::Async)?;
    if !context.core.limits.paid_plan {
        return Err(Failure::new(
            failure::PAID_PLAN_REQUIRED,
            "asynchronous runs need a paid plan",
        ));
    }
    context.launch(&run);
    Ok(begun(context, &run))
}

/// Waits until a run stops.
pub(super) async fn wait(context: &Context, run: &Run) -> Result<Members, Failure> {
    run.stopped().await;
    context.stopped(run).map_err(|failure| {
        // The documentation names this HTTP status for runs that take too long.
        let timed_out = run.with_record(|record| record.timed_out);
        if timed_out {
            failure.with_status(StatusCode::GATEWAY_TIMEOUT)
        } else {
            failure
        }
    })
}

/// What a caller gets who does not wait.
pub(super) fn begun(context: &Context, run: &Run) -> Members {
    let mut members = Members::new();
    members.insert("execute_id".into(), json!(run.execute_id));
    members.insert("debug_url".into(), json!(context.debug_url(run)));
    members
}
