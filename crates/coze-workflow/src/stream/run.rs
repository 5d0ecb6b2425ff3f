//! The stream of a run.

use std::{
    fmt,
    future::{Future, poll_fn},
    ops::Deref,
    pin::Pin,
    task::{Context, Poll},
};

use coze_models::{WorkflowEvent, WorkflowId};
use coze_transport::BoxError;
use coze_wire::OutputOrigin;
use futures_core::{FusedStream, Stream};

use super::{
    collected,
    events::{Ending, EventStream},
    flow::Flow,
    nodes::NodeTexts,
    run_call::RunStreamCall,
    said::Said,
    settings::StreamSettings,
};
use crate::{Answer, Client, Error, ErrorKind, Question, RunOutput, interrupt::InterruptDriver};

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
    said: Said,
}

impl RunStream {
    pub(super) fn new(
        client: Client,
        workflow_id: WorkflowId,
        settings: StreamSettings,
        events: EventStream<WorkflowEvent>,
    ) -> Self {
        Self {
            client,
            workflow_id,
            settings,
            flow: Flow::new(events),
            said: Said::default(),
        }
    }

    /// The next event; `None` after the last.
    ///
    /// It may be cancelled at any time without losing an event.
    ///
    /// # Errors
    ///
    /// [`Error`]. It ends the stream, except for an event that cannot be decoded
    /// ([`ErrorKind::Decode`]), after which [`RunStream::ending`] is `None`.
    pub async fn try_next(&mut self) -> Result<Option<WorkflowEvent>, Error> {
        poll_fn(|cx| self.poll_event(cx)).await.transpose()
    }

    /// Answers the questions of the run with `answer`, and goes on in the stream of its resumed run.
    ///
    /// Events come as before, the interrupts among them; the stream ends with [`WorkflowEvent::Done`] or
    /// with an error. That is [`ErrorKind::Interrupted`] when `answer` fails, [declines](Answer::decline) or
    /// gives what does not fit the question, and when the run asks again after three answers;
    /// [`Error::question`] has what it still waits for.
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, Request, Response};
    /// # let coze = Client::new(HttpStack::from_fn(|request: Request| async move {
    /// #     let events = if request.uri().path().ends_with("stream_resume") {
    /// #         "id: 0\nevent: Message\ndata: {\"content\":\"It rains.\"}\n\nid: 1\nevent: Done\ndata: {}\n\n"
    /// #     } else {
    /// #         "id: 0\nevent: Interrupt\ndata: {\"interrupt_data\":{\"event_id\":\"7424/2691\",\"type\":2,\"data\":\"\"}}\n\n"
    /// #     };
    /// #     let mut answer = Response::new(coze_transport::ResponseBody::full(events.into()));
    /// #     answer.headers_mut().insert("content-type", "text/event-stream".parse()?);
    /// #     Ok::<_, Box<dyn std::error::Error + Send + Sync>>(answer)
    /// # }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// use coze_workflow::Answer;
    ///
    /// let events = coze.workflow("7366").stream().await?;
    /// let text = events
    ///     .answer_with(|question| async move {
    ///         println!("{}", question.text());
    ///         Ok(Answer::text("Lyon"))
    ///     })
    ///     .text()
    ///     .await?;
    /// assert_eq!(text, "It rains.");
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn answer_with<F, Fut>(mut self, answer: F) -> Self
    where
        F: FnMut(Question) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Answer, BoxError>> + Send + 'static,
    {
        self.flow.answer_with(InterruptDriver::new(answer));
        self
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<WorkflowEvent, Error>>> {
        let Self {
            client,
            workflow_id,
            settings,
            flow,
            ..
        } = self;
        let polled = flow.poll_event(cx, |mut driver, interrupted| {
            let (client, id, settings) = (client.clone(), workflow_id.clone(), settings.clone());
            let resume = move |with| {
                RunStreamCall::resume(client.clone(), id.clone(), Ok(with), settings.clone())
                    .events()
            };
            Box::pin(async move {
                let events = driver
                    .drive(Err(interrupted), Question::resumption, resume)
                    .await;
                (driver, events)
            })
        });
        if let Poll::Ready(Some(Ok(event))) = &polled {
            self.note(event);
        }
        polled
    }

    fn note(&mut self, event: &WorkflowEvent) {
        match event {
            WorkflowEvent::Message(message) => {
                let node = message.node_execute_uuid.as_deref();
                let node = node.or(message.node_id.as_deref());
                let node = node.or(message.node_title.as_deref()).unwrap_or_default();
                let first = matches!(message.node_seq_id.as_deref(), None | Some("0"));
                self.said.piece(node, first, &message.content);
            }
            WorkflowEvent::Interrupt(interrupt) => {
                // The next question is not this one again.
                let said = std::mem::take(&mut self.said);
                let question = Question::from_event(interrupt.clone(), said.text());
                self.flow.question = Some(question);
            }
            _ => {}
        }
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

    fn finished(&self) -> Result<(), Error> {
        match self.ending() {
            Some(Ending::Interrupted) => Err(self.flow.interrupted()),
            _ => Ok(()),
        }
    }

    /// What the run waits for, once the stream has ended in [`Ending::Interrupted`].
    pub fn question(&self) -> Option<&Question> {
        self.flow.question.as_ref()
    }

    /// Answers the question the stream ended with, and opens the stream that goes on from there.
    ///
    /// A run can be resumed three times. Bad input is told when it is awaited:
    /// [`ErrorKind::Build`] if the stream did not end with a question, or the answer does not fit it.
    pub fn resume(&self, answer: impl Into<Answer>) -> RunStreamCall {
        let resumption = match self.question() {
            Some(question) => question.resumption(&answer.into()),
            None => Err(Error::build("the stream did not end with a question")),
        };
        RunStreamCall::resume(
            self.client.clone(),
            self.workflow_id.clone(),
            resumption,
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
