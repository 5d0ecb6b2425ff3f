//! The client as one engine among others.

use std::time::Duration;

use coze_engine::{
    BoxFuture, Capabilities, Engine, EngineError, RunFailure, RunId, RunRequest, RunSnapshot,
    RunStatus, http::json_object,
};
use coze_models::Operation as _;
use coze_transport::scrub;
use serde_json::Value;

use crate::{GetRun, Runs, StartRun, client::Found, decode, failure::ENGINE, wait};

impl Engine for Runs {
    fn name(&self) -> &'static str {
        ENGINE
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::START
    }

    fn run(&self, request: RunRequest) -> BoxFuture<'_, Result<RunSnapshot, EngineError>> {
        Box::pin(async move {
            let (start, deadline) = start(request)?;
            let workflow = start.workflow_id.as_str().to_owned();
            let found = self.run_within(start, deadline).await?;
            Ok(snapshot(found, &workflow))
        })
    }

    fn start(&self, request: RunRequest) -> BoxFuture<'_, Result<RunId, EngineError>> {
        Box::pin(async move {
            let (start, deadline) = start(request)?;
            let workflow = start.workflow_id.as_str().to_owned();
            let run = self.start_within(start, deadline).await?;
            Ok(RunId::new(workflow, run.into_string()))
        })
    }

    fn status<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<RunSnapshot, EngineError>> {
        Box::pin(async move {
            let found = self.fetch(&run.run, None).await;
            found
                .map(|found| snapshot(found, &run.workflow))
                .map_err(|error| error.with_run(run.clone()))
        })
    }

    fn wait<'a>(
        &'a self,
        run: &'a RunId,
        deadline: Option<Duration>,
    ) -> BoxFuture<'a, Result<RunSnapshot, EngineError>> {
        Box::pin(async move {
            let found = wait::wait(self, &run.run, deadline).await;
            found
                .and_then(|found| found.succeeded(GetRun::META, &run.workflow))
                .map(|found| snapshot(found, &run.workflow))
                .map_err(|error| error.with_run(run.clone()))
        })
    }
}

/// What this dialect takes of a request. It knows no users, and those of others are nothing that a run depends on.
fn start(request: RunRequest) -> Result<(StartRun, Option<Duration>), EngineError> {
    if request.version.is_some() {
        return Err(EngineError::unsupported(ENGINE, "version"));
    }
    let start = StartRun::new(request.workflow).inputs(request.parameters);
    Ok((start, request.deadline))
}

fn snapshot(found: Found, workflow: &str) -> RunSnapshot {
    let Found {
        record,
        body,
        log_id,
        ..
    } = found;
    let status = match record.status.as_ref().map(crate::RunStatus::as_str) {
        Some("pending") => RunStatus::Pending,
        Some("running") | None => RunStatus::Running,
        Some("completed") => RunStatus::Succeeded,
        Some("failed") => RunStatus::Failed,
        Some(word) => RunStatus::Unknown(scrub(word)),
    };
    let mut run = RunSnapshot::new(status);
    run.status_word = record.status.as_ref().map(|word| scrub(word.as_str()));
    run.id = record
        .run_id
        .as_ref()
        .map(|id| RunId::new(workflow, id.as_str()));
    run.created = record.created();
    if record.is_over() {
        run.finished = record.updated();
    }
    run.elapsed = match (run.created, run.finished) {
        (Some(created), Some(finished)) => finished.duration_since(created).ok(),
        _ => None,
    };
    if run.status.is_success() {
        run.output_text = decode::outputs(&body).unwrap_or("{}").into();
        run.output = Value::Object(record.outputs.into_iter().collect());
    }
    run.failure = record.error.map(|error| RunFailure {
        code: error.code.as_deref().map(scrub),
        message: scrub(&error.message.unwrap_or_default()),
    });
    run.log_id = log_id;
    run.raw = raw(&body);
    run
}

/// The record without its output, which may be long.
fn raw(body: &[u8]) -> Value {
    let mut raw = json_object(body).unwrap_or(Value::Null);
    if let Value::Object(members) = &mut raw {
        members.remove("output");
        members.remove("outputs");
    }
    raw
}
