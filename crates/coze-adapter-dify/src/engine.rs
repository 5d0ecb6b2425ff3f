//! Dify as an [`Engine`].

use std::time::Duration;

use coze_engine::{
    Answer, BoxFuture, Cancelled, Capabilities, Engine, EngineError, ErrorKind, FileRef,
    InputSchema, Outcome, Question, RunEvent, RunId, RunRequest, RunSnapshot, RunStatus, RunStream,
    UploadFile,
};
use coze_models::Operation;
use coze_transport::{
    poll::{Pace, PollPolicy},
    time::Instant,
};
use futures_util::stream;

use crate::{
    Dify, StopDifyTask, StreamDifyWorkflow, SubmitDifyForm,
    error::{NAME, context},
    exchange::{self, Limits},
    follow::{BEGUN, Follow, found},
    form,
    launch::Launch,
    look::Wait,
    snapshot::{Told, conclude},
};

/// How long a run that was answered may still be told to wait.
const ANSWERED: Duration = Duration::from_secs(10);

/// How long the effect of a stop is looked for.
const STOPPING: Duration = Duration::from_secs(2);

impl Engine for Dify {
    fn name(&self) -> &'static str {
        NAME
    }

    fn capabilities(&self) -> Capabilities {
        [
            Capabilities::STREAM,
            Capabilities::RESUME,
            Capabilities::CANCEL,
            Capabilities::UPLOAD,
            Capabilities::SCHEMA,
            Capabilities::VERSION,
        ]
        .into_iter()
        .fold(Capabilities::START, Capabilities::and)
    }

    fn run(&self, request: RunRequest) -> BoxFuture<'_, Result<RunSnapshot, EngineError>> {
        Box::pin(async move {
            let launch = Launch::new(self, request)?;
            if self.0.settings.blocking {
                return self.run_in_one(launch).await;
            }
            let mut follow = Follow::open(self, launch).await?;
            let mut run = None;
            while let Some(event) = follow.next().await? {
                match event {
                    RunEvent::Started(id) => run = Some(id),
                    RunEvent::Finished(snapshot) => return Ok(*snapshot),
                    RunEvent::Interrupted(question) => {
                        let mut snapshot = RunSnapshot::new(RunStatus::Interrupted);
                        snapshot.id = run;
                        let call = context(StreamDifyWorkflow::META);
                        return conclude(snapshot, Some(*question), &call);
                    }
                    _ => {}
                }
            }
            Err(unended())
        })
    }

    /// The run is begun as a stream, which is left once it has named the run: the run goes on.
    fn start(&self, request: RunRequest) -> BoxFuture<'_, Result<RunId, EngineError>> {
        Box::pin(async move {
            let mut follow = Follow::open(self, Launch::new(self, request)?).await?;
            while let Some(event) = follow.next().await? {
                if let RunEvent::Started(run) = event {
                    return Ok(run);
                }
            }
            Err(unended())
        })
    }

    fn status<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<RunSnapshot, EngineError>> {
        Box::pin(self.look(run, Limits::default()))
    }

    fn wait<'a>(
        &'a self,
        run: &'a RunId,
        deadline: Option<Duration>,
    ) -> BoxFuture<'a, Result<RunSnapshot, EngineError>> {
        Box::pin(async move {
            let deadline = deadline.unwrap_or(self.0.settings.deadline);
            let wait = Wait {
                dify: self,
                run,
                ends: Instant::now().checked_add(deadline),
                seen: false,
                answered_until: None,
            };
            conclude(wait.poll().await?, None, &context(crate::GetDifyRun::META))
        })
    }

    fn stream(&self, request: RunRequest) -> BoxFuture<'_, Result<RunStream, EngineError>> {
        Box::pin(async move {
            let follow = Follow::open(self, Launch::new(self, request)?).await?;
            Ok(RunStream::new(stream::unfold(
                follow,
                |mut follow| async move { Some((follow.next().await.transpose()?, follow)) },
            )))
        })
    }

    /// What follows the answer is in no stream, so the run is polled for.
    fn resume<'a>(
        &'a self,
        run: &'a RunId,
        question: &'a Question,
        answer: Answer,
    ) -> BoxFuture<'a, Result<RunSnapshot, EngineError>> {
        Box::pin(async move {
            let form = form::submission(question, answer)?;
            let sent = exchange::reply(&self.0, &form, Limits::default()).await;
            sent.map_err(|error| error.with_run(run.clone()))?;
            let now = Instant::now();
            let wait = Wait {
                dify: self,
                run,
                ends: now.checked_add(self.0.settings.deadline),
                seen: true,
                answered_until: Some(now + ANSWERED),
            };
            conclude(
                wait.after_start().await?,
                None,
                &context(SubmitDifyForm::META),
            )
        })
    }

    /// The server takes a stop of any id. Whether it had an effect is looked for; what is `running` then may be
    /// stopped none the less, and counts as stopped 5 s later.
    fn cancel<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<Cancelled, EngineError>> {
        Box::pin(async move {
            let Some(task) = &run.task else {
                let message = "the id names no task, by which the server stops a run: keep the id that `start` or a \
                               stream gave";
                return Err(context(StopDifyTask::META).error(
                    ErrorKind::Build,
                    message,
                    Outcome::NotAccepted,
                ));
            };
            let user = run.user.as_deref().unwrap_or(&self.0.settings.user);
            let stop = StopDifyTask::new(task.as_str(), user);
            let sent = exchange::reply(&self.0, &stop, Limits::default()).await;
            sent.map_err(|error| error.with_run(run.clone()))?;
            self.0.stopped.note(&run.run);
            let mut policy = PollPolicy::default();
            policy.deadline = STOPPING;
            policy.first_poll = Duration::from_millis(300);
            let mut pace = Pace::new(&policy);
            while pace.sleep(None).await {
                let limits = Limits {
                    deadline: pace.left(),
                    attempts: Some(1),
                };
                match self.look(run, limits).await {
                    Ok(snapshot) if snapshot.status == RunStatus::Stopped => {
                        return Ok(Cancelled::Confirmed);
                    }
                    Ok(snapshot) if snapshot.status == RunStatus::Running => {}
                    _ => break,
                }
            }
            Ok(Cancelled::Requested)
        })
    }

    fn upload(&self, file: UploadFile) -> BoxFuture<'_, Result<FileRef, EngineError>> {
        Box::pin(self.send_file(file))
    }

    /// Of the app that the key belongs to, as it is published now, whatever version is named.
    fn inputs<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<InputSchema>, EngineError>> {
        Box::pin(async move { self.schema(Limits::default()).await.map(Some) })
    }
}

impl Dify {
    /// Makes a run and waits for it in one response; if that is lost, looks for the run.
    async fn run_in_one(&self, launch: Launch) -> Result<RunSnapshot, EngineError> {
        let begun = match launch.block(self).await {
            Ok(reply) => {
                let (value, context) = (reply.value, reply.context);
                let result = value.data.unwrap_or_default();
                let run = value.workflow_run_id.or_else(|| result.id.clone());
                let task = value.task_id.map(Into::into);
                let id = run.map(|run| launch.id(run, task));
                let raw = str::from_utf8(&reply.raw).unwrap_or_default();
                let stopped = id.as_ref().is_some_and(|id| self.0.stopped.has(&id.run));
                let run = Told::of_result(id.clone(), &result, raw).snapshot(stopped);
                match id {
                    // Something on the way does not wait as long as the run takes.
                    Some(id) if run.status == RunStatus::Running => Ok(id),
                    _ => return conclude(run, None, &context),
                }
            }
            Err(error) if error.may_have_run() => Err(error),
            Err(error) => return Err(error),
        };
        let run = match begun {
            Ok(run) => run,
            Err(lost) => found(self, &launch, Some(lost), BEGUN).await?,
        };
        let wait = Wait {
            dify: self,
            run: &run,
            ends: Some(launch.ends),
            seen: true,
            answered_until: None,
        };
        conclude(wait.after_start().await?, None, &launch.context())
    }
}

/// The promise of a stream that it ends with a last event is kept, so this is not seen.
fn unended() -> EngineError {
    let message = "the stream ended without its last event";
    context(StreamDifyWorkflow::META).error(ErrorKind::Truncated, message, Outcome::Unknown)
}
