//! Opening the stream of a run.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
};

use coze_models::{StreamResumeWorkflow, StreamWorkflow, WorkflowEvent, WorkflowId};

use super::{
    events::EventStream,
    run::RunStream,
    settings::{StreamSettings, stream_settings},
};
use crate::{Client, Error, interrupt::Resumption};

/// A run whose events are to be streamed; `.await` starts it.
///
/// Made by [`Workflow::stream`](crate::Workflow::stream) and
/// [`Workflow::resume_stream`](crate::Workflow::resume_stream).
///
/// ```
/// # use coze_workflow::{Client, Error};
/// # async fn f(coze: Client) -> Result<(), Error> {
/// use std::time::Duration;
///
/// let run = coze.workflow("7366").parameter("city", "Lyon");
/// let events = run
///     .stream()
///     .deadline(Duration::from_secs(120))
///     .idle_timeout(Duration::from_secs(20))
///     .strict_gaps(true)
///     .await?;
/// # Ok(()) }
/// ```
#[must_use = "a stream does nothing until it is awaited"]
pub struct RunStreamCall {
    client: Client,
    /// Bad input is told when the stream is opened.
    request: Result<Request, Error>,
    settings: StreamSettings,
}

enum Request {
    Start(Box<StreamWorkflow>),
    Resume(Box<StreamResumeWorkflow>),
}

impl RunStreamCall {
    pub(crate) fn start(
        client: Client,
        request: Result<StreamWorkflow, Error>,
        settings: StreamSettings,
    ) -> Self {
        Self {
            client,
            request: request.map(|request| Request::Start(Box::new(request))),
            settings,
        }
    }

    /// Goes on with a run that was interrupted.
    pub(crate) fn resume(
        client: Client,
        workflow_id: WorkflowId,
        resumption: Result<Resumption, Error>,
        settings: StreamSettings,
    ) -> Self {
        let settings = settings.for_resume();
        let request = resumption.map(|with| {
            Request::Resume(Box::new(StreamResumeWorkflow::new(
                workflow_id,
                with.event_id,
                with.interrupt_type,
                with.resume_data,
            )))
        });
        Self {
            client,
            request,
            settings,
        }
    }

    stream_settings!();

    fn workflow_id(&self) -> Option<&WorkflowId> {
        Some(match self.request.as_ref().ok()? {
            Request::Start(request) => &request.workflow_id,
            Request::Resume(request) => &request.workflow_id,
        })
    }

    pub(super) async fn events(self) -> Result<EventStream<WorkflowEvent>, Error> {
        let Self {
            client,
            request,
            settings,
        } = self;
        match request? {
            Request::Start(request) => client.stream(*request).settings(settings).send().await,
            Request::Resume(request) => client.stream(*request).settings(settings).send().await,
        }
    }

    async fn send(self) -> Result<RunStream, Error> {
        let client = self.client.clone();
        let settings = self.settings.clone();
        let workflow_id = self.workflow_id().cloned();
        let workflow_id = workflow_id.unwrap_or_else(|| WorkflowId::from(""));
        let events = self.events().await?;
        Ok(RunStream::new(client, workflow_id, settings, events))
    }
}

/// What is to be sent may be personal.
impl fmt::Debug for RunStreamCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunStreamCall")
            .field("workflow_id", &self.workflow_id())
            .field("refused", &self.request.as_ref().err())
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl IntoFuture for RunStreamCall {
    type Output = Result<RunStream, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
