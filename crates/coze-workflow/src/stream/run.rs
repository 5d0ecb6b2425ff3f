//! The stream of a run.

use coze_models::{
    Operation as _, StreamResumeWorkflow, StreamWorkflow, WorkflowEvent, WorkflowId,
};
use coze_wire::{OutputOrigin, stream::StreamEnd};

use super::{
    EventStream, StreamCall, collected,
    events::Events,
    kind::{Resumable, Resume, StreamKind},
    nodes::NodeTexts,
    said::Said,
    settings::StreamSettings,
};
use crate::{
    Client, Error, ErrorKind, Question, RunOutput, inputs, question::Resumption,
    settings::CallSettings,
};

/// Events of a run, as the [kind](StreamKind) of a stream.
#[derive(Debug)]
pub enum RunEvents {}

/// The events of a run, as they arrive.
///
/// ```
/// # use coze_workflow::{Client, HttpStack, Response};
/// # let coze = Client::new(HttpStack::from_fn(|_| async {
/// #     let events = "id: 0\nevent: Message\ndata: {\"content\":\"Hi\"}\n\nid: 1\nevent: Done\ndata: {}\n\n";
/// #     let mut response = Response::new(coze_transport::ResponseBody::full(events.into()));
/// #     response.headers_mut().insert("content-type", "text/event-stream".parse()?);
/// #     Ok::<_, coze_workflow::BoxError>(response)
/// # }));
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// use coze_workflow::{StreamEnd, models::WorkflowEvent};
///
/// let mut events = coze.workflow("7366").parameter("city", "Lyon").stream().await?;
/// let mut text = String::new();
/// while let Some(event) = events.try_next().await? {
///     if let WorkflowEvent::Message(message) = event {
///         text.push_str(&message.content);
///     }
/// }
/// assert_eq!(text, "Hi");
/// assert_eq!(events.end(), Some(StreamEnd::Done));
/// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It is a [`Stream`](futures_core::Stream) as well. It ends once: with [`WorkflowEvent::Done`], with
/// [`WorkflowEvent::Interrupt`] when the run waits for an answer, or with an error. A stream that breaks
/// off is an error, [`ErrorKind::Truncated`]. Dropping it closes its connection; the run goes on.
///
/// What is known of the exchange, such as its log id, is told by the methods of [`EventStream`].
pub type RunStream = EventStream<RunEvents>;

/// A run whose events are to be streamed; `.await` starts it, or goes on with it.
///
/// Made by [`Workflow::stream`](crate::Workflow::stream) and
/// [`Workflow::resume_stream`](crate::Workflow::resume_stream).
pub type RunStreamCall = StreamCall<RunEvents>;

/// What opens a stream of a run.
pub enum RunRequest {
    Start(Box<StreamWorkflow>),
    Resume(Box<StreamResumeWorkflow>),
}

impl RunRequest {
    fn resume(workflow_id: WorkflowId, with: Resumption) -> Self {
        Self::Resume(Box::new(StreamResumeWorkflow::new(
            workflow_id,
            with.event_id,
            with.interrupt_type,
            with.resume_data,
        )))
    }
}

/// What is known of a run from its events.
pub struct RunState {
    workflow_id: WorkflowId,
    said: Said,
}

impl StreamKind for RunEvents {
    type Event = WorkflowEvent;
    type Request = RunRequest;
    type State = RunState;

    fn begin(request: &RunRequest) -> RunState {
        let workflow_id = match request {
            RunRequest::Start(request) => &request.workflow_id,
            RunRequest::Resume(request) => &request.workflow_id,
        };
        RunState {
            workflow_id: workflow_id.clone(),
            said: Said::default(),
        }
    }

    async fn open(
        client: &Client,
        request: RunRequest,
        settings: StreamSettings,
    ) -> Result<Events<WorkflowEvent>, Error> {
        match request {
            RunRequest::Start(request) => {
                let (id, version) = (&request.workflow_id, request.workflow_version.as_deref());
                let (meta, inputs) = (StreamWorkflow::META, &request.parameters);
                if let Some(check) =
                    inputs::check(client, &settings.call, meta, id, version, inputs)
                {
                    check.await?;
                }
                StreamWorkflow::open(client, *request, settings).await
            }
            RunRequest::Resume(request) => {
                StreamResumeWorkflow::open(client, *request, settings).await
            }
        }
    }

    fn note(state: &mut RunState, event: &WorkflowEvent, _: Option<StreamEnd>) -> Option<Question> {
        match event {
            WorkflowEvent::Message(message) => {
                let node = message.node_execute_uuid.as_deref();
                let node = node.or(message.node_id.as_deref());
                let node = node.or(message.node_title.as_deref()).unwrap_or_default();
                let first = matches!(message.node_seq_id.as_deref(), None | Some("0"));
                state.said.piece(node, first, &message.content);
                None
            }
            WorkflowEvent::Interrupt(interrupt) => {
                // The next question is not this one again.
                let said = std::mem::take(&mut state.said);
                Some(Question::from_event((**interrupt).clone(), said.text()))
            }
            _ => None,
        }
    }
}

impl Resumable for RunEvents {
    fn resume(state: &RunState) -> Resume<RunRequest> {
        let workflow_id = state.workflow_id.clone();
        Box::new(move |question, answer| {
            let with = question.resumption(answer)?;
            Ok(RunRequest::resume(workflow_id.clone(), with))
        })
    }
}

impl RunStreamCall {
    pub(crate) fn start(
        client: Client,
        request: Result<StreamWorkflow, Error>,
        settings: CallSettings,
    ) -> Self {
        let request = request.map(|request| RunRequest::Start(Box::new(request)));
        Self::new(client, request, settings.into())
    }

    /// Goes on with a run that was interrupted.
    pub(crate) fn go_on(
        client: Client,
        workflow_id: WorkflowId,
        resumption: Result<Resumption, Error>,
        settings: CallSettings,
    ) -> Self {
        let request = resumption.map(|with| RunRequest::resume(workflow_id, with));
        Self::new(client, request, settings.for_resume().into())
    }
}

impl RunStream {
    /// The workflow that runs.
    pub const fn workflow_id(&self) -> &WorkflowId {
        &self.state.workflow_id
    }

    /// The contents of all messages in the order in which they came, of whatever node.
    ///
    /// An end node that returns variables says them as JSON text; [`RunStream::nodes`] keeps the nodes
    /// apart. At most 32 MiB are collected; read the events one by one where there may be more.
    ///
    /// # Errors
    ///
    /// [`Error`]; [`ErrorKind::Interrupted`] if the run stops to wait for an answer, and
    /// [`ErrorKind::Decode`] if it says more than 32 MiB.
    pub async fn text(mut self) -> Result<String, Error> {
        let mut text = String::new();
        while let Some(event) = self.try_next().await? {
            if let WorkflowEvent::Message(message) = event {
                collected::check(text.len() + message.content.len(), &self)?;
                text.push_str(&message.content);
            }
        }
        self.finished()?;
        Ok(text)
    }

    /// What each node said.
    ///
    /// # Errors
    ///
    /// As for [`RunStream::text`].
    pub async fn nodes(mut self) -> Result<NodeTexts, Error> {
        self.collect().await
    }

    /// What the end node returned.
    ///
    /// # Errors
    ///
    /// As for [`RunStream::text`], and [`ErrorKind::Decode`] if the end node said nothing.
    pub async fn output(mut self) -> Result<RunOutput, Error> {
        let nodes = self.collect().await?;
        self.output_of(&nodes).ok_or_else(|| {
            let message = "the stream brought no output";
            let context = self.context().clone().accepted();
            Error::new(ErrorKind::Decode, message).with_context(context)
        })
    }

    /// Refuses to collect this many bytes of the stream.
    pub(crate) fn check_collected(&self, size: usize) -> Result<(), Error> {
        collected::check(size, self)
    }

    /// What the end node returned, if it said anything.
    pub(crate) fn output_of(&self, nodes: &NodeTexts) -> Option<RunOutput> {
        Some(RunOutput {
            workflow_id: self.state.workflow_id.clone(),
            raw: nodes.end()?.text.clone(),
            origin: OutputOrigin::Run,
            usage: None,
            context: Box::new(self.context().clone().accepted()),
            fetched: None,
        })
    }

    async fn collect(&mut self) -> Result<NodeTexts, Error> {
        let mut nodes = NodeTexts::new();
        while let Some(event) = self.try_next().await? {
            nodes.push(&event);
            collected::check(nodes.size(), self)?;
        }
        self.finished()?;
        Ok(nodes)
    }
}
