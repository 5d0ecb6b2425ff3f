//! Following a run to its end: by its stream, and by what the server says of it where the stream does not get there.

use std::time::Duration;

use coze_engine::{EngineError, ErrorKind, Node, Outcome, Question, RunEvent, RunId};
use coze_models::StreamEvent;
use coze_transport::{scrub_id, time::Instant};
use serde_json::Value;

use crate::{
    Dify, DifyEvent, DifyNodeEvent,
    events::{DifyEvents, Received},
    form,
    launch::Launch,
    look::Wait,
    refusal::Refusal,
    snapshot::{Told, conclude, value},
};

/// How long a run is looked for whose stream was lost before it was named: it may wait for a worker.
const QUEUED: Duration = Duration::from_secs(60);

/// The same where it would have begun at once: the server responded with a failure, or in one piece.
pub(crate) const BEGUN: Duration = Duration::from_secs(10);

/// A run on its way.
pub(crate) struct Follow {
    dify: Dify,
    launch: Launch,
    /// `None` once the stream is over or lost.
    events: Option<DifyEvents>,
    /// Why the stream was lost.
    lost: Option<EngineError>,
    run: Option<RunId>,
    question: Option<Question>,
    over: bool,
}

impl Follow {
    pub(crate) async fn open(dify: &Dify, launch: Launch) -> Result<Self, EngineError> {
        let (events, lost) = match launch.stream(dify).await {
            Ok(events) => (Some(events), None),
            Err(error) if error.may_have_run() => (None, Some(error)),
            Err(error) => return Err(error),
        };
        Ok(Self {
            dify: dify.clone(),
            launch,
            events,
            lost,
            run: None,
            question: None,
            over: false,
        })
    }

    /// The next event; `None` after the last. An error is the last.
    pub(crate) async fn next(&mut self) -> Result<Option<RunEvent>, EngineError> {
        if self.over {
            return Ok(None);
        }
        let next = self.next_of_run().await;
        let ends =
            |event: &RunEvent| matches!(event, RunEvent::Finished(_) | RunEvent::Interrupted(_));
        self.over = next.as_ref().map_or(true, ends);
        next.map(Some)
    }

    async fn next_of_run(&mut self) -> Result<RunEvent, EngineError> {
        while let Some(events) = &mut self.events {
            match events.next().await {
                Ok(Some(received)) => {
                    if let Some(event) = self.take(received)? {
                        return Ok(event);
                    }
                }
                // The event that ends the stream ends this as well.
                Ok(None) => self.events = None,
                Err(error) if error.outcome() == Outcome::Accepted => {
                    // One event cannot be decoded. If it was the last, the run is looked at.
                    tracing::debug!(%error, "an event is passed over");
                }
                Err(error) => {
                    self.events = None;
                    self.lost = Some(error);
                }
            }
        }
        self.recover().await
    }

    /// What an event says to the caller.
    fn take(&mut self, received: Received) -> Result<Option<RunEvent>, EngineError> {
        let Received { event, data } = received;
        if self.is_of_another(&event) {
            self.events = None;
            let message = "an event of the stream is about another run";
            let context = self.launch.context();
            self.lost = Some(context.error(ErrorKind::WrongRun, message, Outcome::Unknown));
            return Ok(None);
        }
        Ok(Some(match event {
            DifyEvent::Ping => return Ok(None),
            DifyEvent::WorkflowStarted(started) => {
                let Some(id) = started.workflow_run_id.filter(|_| self.run.is_none()) else {
                    return Ok(None);
                };
                let run = self.launch.id(id, started.task_id.map(Into::into));
                if let Some(events) = &mut self.events {
                    events.about(run.clone());
                }
                self.run = Some(run.clone());
                RunEvent::Started(run)
            }
            DifyEvent::NodeStarted(node) => RunEvent::NodeStarted(node_of(&node)),
            DifyEvent::NodeFinished(node) => RunEvent::NodeFinished(node_of(&node)),
            DifyEvent::TextChunk(chunk) => {
                let chunk = chunk.data.unwrap_or_default();
                let node = chunk.from_variable_selector.into_iter().next();
                RunEvent::Text {
                    node: node.map(|id| Node::new(id, "")),
                    text: chunk.text.unwrap_or_default(),
                }
            }
            DifyEvent::HumanInputRequired(form) => {
                self.question = form.data.as_ref().map(form::question);
                return Ok(None);
            }
            DifyEvent::WorkflowPaused(paused) => {
                let first = || paused.data.as_ref()?.reasons.first().map(form::question);
                let question = self.question.take().or_else(first);
                RunEvent::Interrupted(Box::new(question.unwrap_or_default()))
            }
            DifyEvent::WorkflowFinished(finished) => {
                let (result, task) = (finished.data.unwrap_or_default(), finished.task_id);
                let named = finished.workflow_run_id;
                let named = named.map(|id| self.launch.id(id, task.map(Into::into)));
                let id = self.run.clone().or(named);
                let raw = data.unwrap_or_default();
                let stopped = &self.dify.0.stopped;
                let stopped = id.as_ref().is_some_and(|id| stopped.has(&id.run));
                let run = Told::of_result(id, &result, &raw).snapshot(stopped);
                let run = conclude(run, None, &self.launch.context())?;
                RunEvent::Finished(Box::new(run))
            }
            DifyEvent::Unknown(unknown) if unknown.name == "error" => {
                let context = self.events.as_ref().map(DifyEvents::context);
                let context = context.cloned().unwrap_or_else(|| self.launch.context());
                let data = unknown.data.as_bytes();
                let other = || {
                    let message = format!("the stream ended with an error: {}", unknown.data);
                    context.error(ErrorKind::Api, message, Outcome::Unknown)
                };
                let refusal = Refusal::of_success(data);
                let error = refusal.map(|refusal| refusal.error(&context, data));
                return Err(error.unwrap_or_else(other));
            }
            DifyEvent::Unknown(unknown) => RunEvent::Other {
                data: serde_json::from_str(&unknown.data)
                    .unwrap_or_else(|_| Value::String(unknown.data.clone())),
                name: unknown.name,
            },
            other => RunEvent::Other {
                name: other.name().to_owned(),
                data: other
                    .data()
                    .ok()
                    .and_then(|data| serde_json::from_str(&data).ok())
                    .unwrap_or_default(),
            },
        }))
    }

    /// Whether an event tells of a run that is not the one that began.
    fn is_of_another(&self, event: &DifyEvent) -> bool {
        let named = match event {
            DifyEvent::WorkflowStarted(event) => &event.workflow_run_id,
            DifyEvent::WorkflowFinished(event) => &event.workflow_run_id,
            DifyEvent::WorkflowPaused(event) => &event.workflow_run_id,
            _ => return false,
        };
        match (named, &self.run) {
            (Some(named), Some(run)) => scrub_id(named.to_string()) != run.run,
            _ => false,
        }
    }

    /// The stream is lost: finds the run, or waits for the end of one that is known.
    async fn recover(&mut self) -> Result<RunEvent, EngineError> {
        let Some(run) = &self.run else {
            let lost = self.lost.take();
            let within = match &lost {
                Some(lost) if is_response(lost.kind()) => BEGUN,
                _ => QUEUED,
            };
            let run = found(&self.dify, &self.launch, lost, within).await?;
            self.run = Some(run.clone());
            return Ok(RunEvent::Started(run));
        };
        let wait = Wait {
            dify: &self.dify,
            run,
            ends: Some(self.launch.ends),
            seen: true,
            answered_until: None,
        };
        let snapshot = wait.after_start().await?;
        let snapshot = conclude(snapshot, self.question.take(), &self.launch.context())?;
        Ok(RunEvent::Finished(Box::new(snapshot)))
    }
}

/// Whether the server responded with something else than a stream.
const fn is_response(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Api | ErrorKind::Http | ErrorKind::Decode)
}

/// The run of a request whose response was lost; the error with which it was lost where there is none.
pub(crate) async fn found(
    dify: &Dify,
    launch: &Launch,
    lost: Option<EngineError>,
    within: Duration,
) -> Result<RunId, EngineError> {
    if Instant::now() < launch.ends
        && let Some(run) = dify.find(launch, within).await
    {
        return Ok(run);
    }
    let error = lost.unwrap_or_else(|| {
        let message = "the stream ended without naming its run";
        launch
            .context()
            .error(ErrorKind::Truncated, message, Outcome::Unknown)
    });
    if error.hint().is_some() {
        return Err(error);
    }
    Err(error.with_hint(format!(
        "no run of this request was found; if it waits for a worker, the logs of the app will have it under the user \
         `{}`",
        launch.user
    )))
}

fn node_of(event: &DifyNodeEvent) -> Node {
    let Some(data) = &event.data else {
        return Node::default();
    };
    let id = data.node_id.as_ref().map(ToString::to_string);
    let title = data.title.clone().unwrap_or_default();
    let mut node = Node::new(id.unwrap_or_default(), title);
    node.status = data
        .status
        .as_ref()
        .map(|status| status.as_str().to_owned());
    node.raw = value(data);
    node
}
