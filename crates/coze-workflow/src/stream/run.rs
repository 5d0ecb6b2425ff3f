//! The stream of a run.

use std::{
    fmt,
    future::{Future, IntoFuture, poll_fn},
    ops::Deref,
    pin::Pin,
    task::{Context, Poll},
};

use coze_models::{
    Interrupt, InterruptType, StreamResumeWorkflow, StreamWorkflow, WorkflowEvent, WorkflowId,
};
use coze_wire::OutputOrigin;
use futures_core::{FusedStream, Stream};

use super::{
    events::{Ending, EventStream},
    flow::Flow,
    nodes::NodeTexts,
    settings::{StreamSettings, stream_settings},
};
use crate::{Client, Error, ErrorKind, RunOutput};

/// A run whose events are to be streamed; `.await` starts it.
///
/// Made by [`Workflow::stream`](crate::Workflow::stream) and
/// [`Workflow::resume_stream`](crate::Workflow::resume_stream).
#[derive(Debug)]
#[must_use = "a stream does nothing until it is awaited"]
pub struct RunStreamCall {
    client: Client,
    /// Bad input is told when the stream is opened.
    request: Result<Request, Error>,
    settings: StreamSettings,
}

#[derive(Debug)]
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

    /// Goes on after `interrupt` with `answer`.
    pub(crate) fn resume(
        client: Client,
        workflow_id: WorkflowId,
        interrupt: &Interrupt,
        answer: String,
        settings: StreamSettings,
    ) -> Self {
        let request = match &interrupt.event_id {
            Some(event_id) => {
                // A question that does not say what kind it is asks for words.
                let kind = interrupt.r#type.clone().unwrap_or(InterruptType::Question);
                let request =
                    StreamResumeWorkflow::new(workflow_id, event_id.clone(), kind, answer);
                Ok(Request::Resume(Box::new(request)))
            }
            None => Err(Error::build(
                "the interrupt has no event id, so it cannot be answered",
            )),
        };
        Self {
            client,
            request,
            settings,
        }
    }

    stream_settings!();

    async fn events(self) -> Result<EventStream<WorkflowEvent>, Error> {
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
        let workflow_id = match &self.request {
            Ok(Request::Start(request)) => request.workflow_id.clone(),
            Ok(Request::Resume(request)) => request.workflow_id.clone(),
            Err(_) => WorkflowId::from(""),
        };
        Ok(RunStream {
            client,
            workflow_id,
            settings,
            flow: Flow::new(self.events().await?),
            interrupt: None,
        })
    }
}

impl IntoFuture for RunStreamCall {
    type Output = Result<RunStream, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// The events of a run, as they arrive.
///
/// ```
/// # use coze_workflow::{Client, HttpStack, Response};
/// # let coze = Client::new(HttpStack::from_fn(|_| async {
/// #     let events = "id: 0\nevent: Message\ndata: {\"content\":\"Hi\"}\n\nid: 1\nevent: Done\ndata: {}\n\n";
/// #     let mut answer = Response::new(coze_transport::ResponseBody::full(events.into()));
/// #     answer.headers_mut().insert("content-type", "text/event-stream".parse()?);
/// #     Ok::<_, Box<dyn std::error::Error + Send + Sync>>(answer)
/// # }));
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// use coze_workflow::{Ending, models::WorkflowEvent};
///
/// let mut events = coze.workflow("7366").parameter("city", "Lyon").stream().await?;
/// let mut text = String::new();
/// while let Some(event) = events.try_next().await? {
///     if let WorkflowEvent::Message(message) = event {
///         text.push_str(&message.content);
///     }
/// }
/// assert_eq!(text, "Hi");
/// assert_eq!(events.ending(), Some(Ending::Done));
/// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It is a [`Stream`] as well. It ends once: with [`WorkflowEvent::Done`], with
/// [`WorkflowEvent::Interrupt`] when the run waits for an answer, or with an error. A stream that breaks
/// off is an error, [`ErrorKind::Truncated`]. Dropping it closes its connection; the run goes on.
///
/// What is known of the exchange, such as its log id, is told by the methods of [`EventStream`].
pub struct RunStream {
    client: Client,
    workflow_id: WorkflowId,
    settings: StreamSettings,
    flow: Flow<WorkflowEvent>,
    interrupt: Option<Interrupt>,
}

impl RunStream {
    /// The next event; `None` after the last.
    ///
    /// It may be cancelled at any time without losing an event.
    ///
    /// # Errors
    ///
    /// [`Error`]. It ends the stream, except for an event that is not understood
    /// ([`ErrorKind::Decode`]), after which [`RunStream::ending`] is `None`.
    pub async fn try_next(&mut self) -> Result<Option<WorkflowEvent>, Error> {
        poll_fn(|cx| self.poll_event(cx)).await.transpose()
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<WorkflowEvent, Error>>> {
        let polled = self.flow.poll_event(cx, |_| None);
        if let Poll::Ready(Some(Ok(WorkflowEvent::Interrupt(event)))) = &polled {
            self.interrupt.clone_from(&event.interrupt_data);
        }
        polled
    }

    /// The contents of all messages in the order in which they came, of whatever node.
    ///
    /// An end node that returns variables says them as JSON text; [`RunStream::nodes`] keeps the nodes
    /// apart.
    ///
    /// # Errors
    ///
    /// [`Error`]; [`ErrorKind::Interrupted`] if the run stops to wait for an answer.
    pub async fn text(mut self) -> Result<String, Error> {
        let mut text = String::new();
        while let Some(event) = self.try_next().await? {
            if let WorkflowEvent::Message(message) = event {
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
        let mut facts = self.facts();
        facts.outcome = Some(coze_transport::Outcome::Accepted);
        let Some(end) = nodes.end() else {
            let message = "the stream brought no output";
            return Err(Error::new(ErrorKind::Decode, message).with_facts(facts));
        };
        Ok(RunOutput {
            workflow_id: self.workflow_id.clone(),
            execute_id: self.execute_id().map(Into::into),
            raw: end.text.clone(),
            origin: OutputOrigin::Run,
            usage: None,
            facts,
        })
    }

    async fn collect(&mut self) -> Result<NodeTexts, Error> {
        let mut nodes = NodeTexts::new();
        while let Some(event) = self.try_next().await? {
            nodes.push(&event);
        }
        self.finished()?;
        Ok(nodes)
    }

    fn finished(&self) -> Result<(), Error> {
        match self.ending() {
            Some(Ending::Interrupted) => Err(self.interrupted(self.interrupt.clone())),
            _ => Ok(()),
        }
    }

    /// What the run waits for, once the stream has ended in [`Ending::Interrupted`].
    pub fn interrupt(&self) -> Option<&Interrupt> {
        self.interrupt.as_ref()
    }

    /// Answers the question the stream ended with, and opens the stream that goes on from there.
    ///
    /// `answer` is what the node that asks expects: words for a question, the text of one of its options,
    /// JSON text for an input node or a file. A run can be resumed three times.
    ///
    /// # Errors
    ///
    /// When it is awaited, [`ErrorKind::Build`] if the stream did not end with a question.
    pub fn resume(&self, answer: impl Into<String>) -> RunStreamCall {
        let none = Interrupt::default();
        let interrupt = self.interrupt.as_ref().unwrap_or(&none);
        RunStreamCall::resume(
            self.client.clone(),
            self.workflow_id.clone(),
            interrupt,
            answer.into(),
            self.settings.clone(),
        )
    }

    /// The workflow that runs.
    pub fn workflow_id(&self) -> &WorkflowId {
        &self.workflow_id
    }

    /// How the stream ended; `None` while it goes on.
    pub fn ending(&self) -> Option<Ending> {
        self.flow.ending()
    }
}

impl Deref for RunStream {
    type Target = EventStream<WorkflowEvent>;

    fn deref(&self) -> &Self::Target {
        self.flow.stream()
    }
}

impl Stream for RunStream {
    type Item = Result<WorkflowEvent, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_event(cx)
    }
}

impl FusedStream for RunStream {
    fn is_terminated(&self) -> bool {
        self.ending().is_some()
    }
}

impl fmt::Debug for RunStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunStream")
            .field("workflow_id", &self.workflow_id)
            .field("log_id", &self.log_id())
            .field("ending", &self.ending())
            .finish_non_exhaustive()
    }
}
