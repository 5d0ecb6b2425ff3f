//! The client as an engine, beside those of other servers: Coze and Coze Studio by the one interface.
//!
//! ```
//! # use coze_workflow::{Client, HttpStack, json_reply};
//! # let coze = Client::new(HttpStack::from_fn(|_| async { json_reply(r#"{"data":"{\"greeting\":\"Hello, Ada!\"}"}"#) }));
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! use std::sync::Arc;
//! use coze_workflow::engine::{Engine, RunRequest};
//!
//! let engine: Arc<dyn Engine> = Arc::new(coze);
//! let run = engine.run(RunRequest::new("7366").parameter("name", "Ada")).await?;
//! assert_eq!(run.output["greeting"], "Hello, Ada!");
//! // What only the client has:
//! let coze = engine.downcast_ref::<Client>().unwrap();
//! # assert_eq!(coze.dialect(), coze_workflow::Dialect::Cloud);
//! # Ok::<(), coze_workflow::EngineError>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The types are those of the crate `coze-engine`, which knows neither the client nor the engines beside it.

mod error;
mod events;
mod question;
mod schema;
mod snapshot;

use std::time::Duration;

pub use coze_engine::*;

use crate::{Client, Dialect, Error, FileSource, Run, Workflow};
use events::Events;

impl Engine for Client {
    fn name(&self) -> &'static str {
        self.dialect().name()
    }

    fn capabilities(&self) -> Capabilities {
        let both = Capabilities::START
            | Capabilities::STREAM
            | Capabilities::RESUME
            | Capabilities::UPLOAD;
        match self.dialect() {
            Dialect::Cloud => both | Capabilities::SCHEMA | Capabilities::VERSION,
            Dialect::Studio => both,
        }
    }

    fn run(&self, request: RunRequest) -> BoxFuture<'_, Result<RunSnapshot, EngineError>> {
        Box::pin(async move {
            let id = request.workflow.clone();
            let run = async {
                let output = self.requested(request)?.run().await?;
                output.check_whole()?;
                Ok(snapshot::of_output(&output))
            };
            run.await.map_err(|error| self.failed(&id, error))
        })
    }

    fn start(&self, request: RunRequest) -> BoxFuture<'_, Result<RunId, EngineError>> {
        Box::pin(async move {
            let id = request.workflow.clone();
            let run = async { self.requested(request)?.start().await };
            let run = run.await.map_err(|error| self.failed(&id, error))?;
            Ok(RunId::new(id, run.execute_id().as_str()))
        })
    }

    fn status<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<RunSnapshot, EngineError>> {
        Box::pin(async move {
            let status = self.attached(run).status().await;
            let reply = status.map_err(|error| self.failed(&run.workflow, error))?;
            let log_id = reply.log_id().map(str::to_owned);
            match reply.get_ref() {
                Some(row) => Ok(snapshot::of_row(self.dialect(), run, row, log_id)),
                None => Err(error::not_found(self.name(), run, &reply)),
            }
        })
    }

    fn wait<'a>(
        &'a self,
        run: &'a RunId,
        deadline: Option<Duration>,
    ) -> BoxFuture<'a, Result<RunSnapshot, EngineError>> {
        Box::pin(async move {
            let mut row = None;
            let wait = self.attached(run).wait().on_progress(|seen| {
                // Its output comes with the end of the wait.
                let mut seen = seen.clone();
                seen.output = None;
                row = Some(seen);
            });
            let wait = match deadline {
                Some(limit) => wait.deadline(limit),
                None => wait,
            };
            let output = wait.await.and_then(|output| {
                output.check_whole()?;
                Ok(output)
            });
            let output = output.map_err(|error| self.failed(&run.workflow, error))?;
            let ended = snapshot::of_output(&output);
            Ok(match row {
                Some(row) => snapshot::with_row(ended, &row),
                None => ended,
            })
        })
    }

    fn stream(&self, request: RunRequest) -> BoxFuture<'_, Result<RunStream, EngineError>> {
        Box::pin(async move {
            let id = request.workflow.clone();
            let events = async { self.requested(request)?.stream().await };
            let events = events.await.map_err(|error| self.failed(&id, error))?;
            Ok(RunStream::new(Events::new(self.dialect(), id, events)))
        })
    }

    fn resume<'a>(
        &'a self,
        run: &'a RunId,
        question: &'a Question,
        answer: Answer,
    ) -> BoxFuture<'a, Result<RunSnapshot, EngineError>> {
        Box::pin(async move {
            let resumed = async {
                let (asked, streamed) = question::read(run, question)?;
                let (id, answer) = (run.workflow.as_str(), question::answer(answer)?);
                // A run that was streamed goes on in a stream, and on a self-hosted server any run does.
                let output = if streamed || self.dialect() == Dialect::Studio {
                    let events = self.workflow(id).resume_stream(&asked, answer).await?;
                    events.output().await
                } else {
                    self.resume(id, &asked, answer).await?.finish().await
                };
                let output = output.map_err(Error::after_start)?;
                output.check_whole()?;
                let mut ended = snapshot::of_output(&output);
                ended.id = Some(run.clone());
                Ok(ended)
            };
            resumed
                .await
                .map_err(|error: Error| self.failed(&run.workflow, error))
        })
    }

    fn upload(&self, file: UploadFile) -> BoxFuture<'_, Result<FileRef, EngineError>> {
        Box::pin(async move {
            let mut upload = Client::upload(self, FileSource::bytes(file.name, file.content));
            if let Some(content_type) = file.content_type {
                upload = upload.content_type(content_type);
            }
            let uploaded = async {
                let file = upload.await?.into_inner();
                let (id, url) = (file.id.clone(), file.url.clone());
                let value = self.dialect().file_value(file.id, file.url);
                let value = value.map_err(Error::build)?;
                let mut reference = FileRef::new(id.map(|id| id.to_string()), value);
                reference.url = url;
                Ok(reference)
            };
            uploaded.await.map_err(|error| self.failed("", error))
        })
    }

    fn inputs<'a>(
        &'a self,
        workflow: &'a str,
    ) -> BoxFuture<'a, Result<Option<InputSchema>, EngineError>> {
        Box::pin(async move {
            if !self.capabilities().contains(Capabilities::SCHEMA) {
                return Ok(None);
            }
            let info = self.workflow(workflow).info().await;
            let info = info.map_err(|error| self.failed(workflow, error))?;
            Ok(schema::of(info.get_ref()))
        })
    }
}

impl Client {
    /// The workflow with all that is wanted of it.
    fn requested(&self, request: RunRequest) -> Result<Workflow, Error> {
        let mut workflow = self.workflow(request.workflow.as_str());
        workflow = workflow.parameters(&request.parameters)?;
        if let Some(user) = request.user {
            workflow = workflow.ext("user_id", user);
        }
        if let Some(version) = request.version {
            workflow = workflow.version(version);
        }
        Ok(match request.deadline {
            Some(limit) => workflow.deadline(limit),
            None => workflow,
        })
    }

    fn attached(&self, run: &RunId) -> Run {
        self.attach((run.workflow.as_str(), run.run.as_str()))
    }

    fn failed(&self, workflow: &str, error: Error) -> EngineError {
        error::of(self.dialect(), workflow, error)
    }
}
