//! A stream of events, which may go on in another response after a question was answered.

use std::{
    borrow::Cow,
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
};

use coze_models::ExecuteId;
use coze_transport::{Attempts, BoxError, LogId};
use coze_wire::stream::{StreamEnd, StreamGap};
use futures_core::{FusedStream, Stream};
use sync_wrapper::SyncWrapper;

use super::{
    call::StreamCall,
    events::Events,
    kind::{Resumable, StreamKind},
    settings::StreamSettings,
};
use crate::{
    Answer, Client, Error, Question, error::ErrorContext, interrupt::InterruptDriver,
    run::interrupted,
};

/// The events of a run, a chat or another operation, as they arrive.
///
/// It is a [`Stream`], and [`try_next`](Self::try_next) does without one. It ends once, as [`end`](Self::end) tells:
/// with its last event, with a question, or with an error; after that there are no more items. A stream that breaks
/// off is an error, [`ErrorKind::Truncated`](crate::ErrorKind::Truncated). One error alone lets the stream go on:
/// [`ErrorKind::Decode`](crate::ErrorKind::Decode) for an event whose data cannot be decoded.
///
/// Dropping a stream closes its connection. The run goes on without it.
///
/// ```
/// # use coze_workflow::{Client, HttpStack, Response};
/// # let coze = Client::new(HttpStack::from_fn(|_| async {
/// #     let events = "id: 0\nevent: Message\ndata: {\"content\":\"Hi\"}\n\n";
/// #     let mut response = Response::new(coze_transport::ResponseBody::full(events.into()));
/// #     response.headers_mut().insert("content-type", "text/event-stream".parse()?);
/// #     Ok::<_, coze_workflow::BoxError>(response)
/// # }));
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// use coze_workflow::{ErrorKind, StreamEnd};
///
/// // The server closes the stream after its first message.
/// let mut events = coze.workflow("7366").stream().await?;
/// assert!(events.try_next().await?.is_some());
/// assert_eq!(events.end(), None);
/// let error = events.try_next().await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Truncated);
/// assert_eq!(events.end(), Some(StreamEnd::Truncated));
/// assert!(error.may_have_run());
/// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct EventStream<K: StreamKind> {
    client: Client,
    settings: StreamSettings,
    /// Those of the present response.
    events: Events<K::Event>,
    pub(super) state: K::State,
    /// What the present response ended with.
    question: Option<Box<Question>>,
    answering: Option<Box<Answering<K>>>,
}

/// Someone answers what the run asks.
struct Answering<K: StreamKind> {
    begin: Begin<K>,
    step: Step<K>,
    /// The present response is not that of the call that started the run.
    resumed: bool,
}

enum Step<K: StreamKind> {
    /// Nothing is asked.
    Idle(SyncWrapper<InterruptDriver<'static>>),
    /// A question is being answered, or the next response awaited.
    Asking(SyncWrapper<Resuming<K>>),
    /// No response followed.
    Failed,
}

/// Answers, and opens the response that goes on where another one stopped. The driver comes back for the next question.
type Resuming<K> = Pin<
    Box<
        dyn Future<
                Output = (
                    InterruptDriver<'static>,
                    Result<Events<<K as StreamKind>::Event>, Error>,
                ),
            > + Send,
    >,
>;
type Begin<K> = fn(&EventStream<K>, InterruptDriver<'static>) -> Resuming<K>;

impl<K: StreamKind> EventStream<K> {
    pub(super) const fn new(
        client: Client,
        settings: StreamSettings,
        state: K::State,
        events: Events<K::Event>,
    ) -> Self {
        Self {
            client,
            settings,
            events,
            state,
            question: None,
            answering: None,
        }
    }

    /// The next event; `None` after the last.
    ///
    /// It may be cancelled at any time without losing an event.
    ///
    /// # Errors
    ///
    /// [`Error`]. It ends the stream, except for an event that cannot be decoded
    /// ([`ErrorKind::Decode`](crate::ErrorKind::Decode)), after which [`EventStream::end`] is `None`.
    pub async fn try_next(&mut self) -> Result<Option<K::Event>, Error> {
        poll_fn(|cx| self.poll_event(cx)).await.transpose()
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<K::Event, Error>>> {
        loop {
            if let Some(answering) = &mut self.answering {
                match &mut answering.step {
                    Step::Idle(_) => {}
                    Step::Failed => return Poll::Ready(None),
                    Step::Asking(next) => {
                        let (driver, opened) = ready!(next.get_mut().as_mut().poll(cx));
                        match opened {
                            Ok(events) => {
                                self.events = events;
                                self.question = None;
                                answering.resumed = true;
                                answering.step = Step::Idle(SyncWrapper::new(driver));
                            }
                            Err(error) => {
                                answering.step = Step::Failed;
                                return Poll::Ready(Some(Err(error.after_start())));
                            }
                        }
                    }
                }
            }
            if let Some(item) = ready!(self.events.poll_event(cx)) {
                return Poll::Ready(Some(self.noted(item)));
            }
            if self.events.end() != Some(StreamEnd::Interrupted) || !self.ask() {
                return Poll::Ready(None);
            }
        }
    }

    fn noted(&mut self, item: Result<K::Event, Error>) -> Result<K::Event, Error> {
        match item {
            Ok(event) => {
                if let Some(question) = K::note(&mut self.state, &event, self.events.end()) {
                    self.question = Some(Box::new(question));
                }
                Ok(event)
            }
            Err(error) if self.answering.as_ref().is_some_and(|one| one.resumed) => {
                Err(error.after_start())
            }
            Err(error) => Err(error),
        }
    }

    /// Begins to ask for an answer, where there is someone to give it.
    fn ask(&mut self) -> bool {
        let Some(mut answering) = self.answering.take() else {
            return false;
        };
        if let Step::Idle(driver) = std::mem::replace(&mut answering.step, Step::Failed) {
            let next = (answering.begin)(self, driver.into_inner());
            answering.step = Step::Asking(SyncWrapper::new(next));
        }
        self.answering = Some(answering);
        true
    }

    /// The error of a stream that was to be read to its end and stopped for a question.
    fn interrupted(&self) -> Error {
        let error = interrupted(self.context().clone().accepted());
        match &self.question {
            Some(question) => error.with_question((**question).clone()),
            None => error,
        }
    }

    /// Refuses a stream that was to be read to its end and stopped for a question.
    pub(super) fn finished(&self) -> Result<(), Error> {
        match self.end() {
            Some(StreamEnd::Interrupted) => Err(self.interrupted()),
            _ => Ok(()),
        }
    }

    /// What is known of the exchange by now.
    pub(super) const fn context(&self) -> &ErrorContext {
        self.events.context()
    }

    /// How the stream ended; `None` while it goes on. Where [`answer_with`](Self::answer_with) answers, a question is
    /// no end.
    pub fn end(&self) -> Option<StreamEnd> {
        let end = self.events.end();
        match self.answering.as_ref().map(|answering| &answering.step) {
            None => end,
            Some(Step::Failed) => Some(StreamEnd::Failed),
            Some(Step::Asking(_)) => None,
            Some(Step::Idle(_)) => end.filter(|end| *end != StreamEnd::Interrupted),
        }
    }

    /// The server's id of the exchange.
    pub fn log_id(&self) -> Option<&str> {
        self.context().log_id.as_ref().map(LogId::as_str)
    }

    /// The attempts that opened the stream, in order.
    pub const fn attempts(&self) -> &Attempts {
        &self.context().attempts
    }

    /// The page that shows the run's nodes; as a rule the last event names it.
    pub fn debug_url(&self) -> Option<&str> {
        self.context().debug_url()
    }

    /// The run, once an event named it: as a rule the last one does, in its debug URL or its question.
    pub fn execute_id(&self) -> Option<&str> {
        self.context().execute_id().map(ExecuteId::as_str)
    }

    /// The id of the latest event that had one: on the service a number that counts the events
    /// of the stream from 0. Chats have none.
    pub fn last_event_id(&self) -> Option<Cow<'_, str>> {
        self.events.last_event_id()
    }

    /// Where events were lost or came twice; the first 64 of such places. The names in them are the server's.
    pub fn gaps(&self) -> &[StreamGap] {
        self.events.gaps()
    }
}

impl<K: Resumable> EventStream<K> {
    /// What the run waits for, once the stream has ended in [`StreamEnd::Interrupted`].
    pub fn question(&self) -> Option<&Question> {
        self.question.as_deref()
    }

    /// Answers the question the stream ended with, and opens the stream that goes on from there. A chat goes on with
    /// the same call again, with the answer as the last message of the same conversation.
    ///
    /// A run can be resumed three times. Bad input is told when it is awaited:
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) if the stream did not end with a question, the answer does not
    /// fit it, or no event named the conversation of a chat.
    pub fn resume(&self, answer: impl Into<Answer>) -> StreamCall<K> {
        let request = match &self.question {
            Some(question) => K::resume(&self.state)(question, &answer.into()).map_err(Error::from),
            None => Err(Error::build("the stream did not end with a question")),
        };
        let settings = self.settings.clone().for_resume();
        StreamCall::new(self.client.clone(), request, settings)
    }

    /// Answers the questions of the run with `answer`, and goes on in the stream of each resume.
    ///
    /// Events come as before, with the last event of each response among them; the stream ends with the last of all,
    /// or with an error. Each answer is checked against its question, and at most three are given. When `answer`
    /// fails or declines, the stream ends with [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted), and
    /// [`Error::question`] tells what the run still waits for.
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, Response};
    /// # let coze = Client::new(HttpStack::from_fn(|request: coze_workflow::Request| async move {
    /// #     let events = if request.uri().path().ends_with("/stream_resume") {
    /// #         "id: 0\nevent: Message\ndata: {\"content\":\"It rains.\"}\n\nid: 1\nevent: Done\ndata: {}\n\n"
    /// #     } else {
    /// #         "id: 0\nevent: Message\ndata: {\"content\":\"Which city?\"}\n\n\
    /// #          id: 1\nevent: Interrupt\ndata: {\"interrupt_data\":{\"event_id\":\"7424/2691\",\"type\":2,\"data\":\"\"}}\n\n"
    /// #     };
    /// #     let mut response = Response::new(coze_transport::ResponseBody::full(events.into()));
    /// #     response.headers_mut().insert("content-type", "text/event-stream".parse()?);
    /// #     Ok::<_, coze_workflow::BoxError>(response)
    /// # }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// use coze_workflow::models::WorkflowEvent;
    ///
    /// let events = coze.workflow("7366").stream().await?;
    /// let mut events = events.answer_with(|question| async move {
    ///     assert_eq!(question.text(), "Which city?");
    ///     Ok("Lyon".into())
    /// });
    /// let mut last = String::new();
    /// while let Some(event) = events.try_next().await? {
    ///     if let WorkflowEvent::Message(message) = event {
    ///         last = message.content;
    ///     }
    /// }
    /// assert_eq!(last, "It rains.");
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn answer_with<F, Fut>(mut self, answer: F) -> Self
    where
        F: FnMut(Question) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Answer, BoxError>> + Send + 'static,
    {
        self.answering = Some(Box::new(Answering {
            begin: Self::next_response,
            step: Step::Idle(SyncWrapper::new(InterruptDriver::new(answer))),
            resumed: false,
        }));
        self
    }

    /// Answers the question of the present response, and opens the next.
    fn next_response(&self, mut driver: InterruptDriver<'static>) -> Resuming<K> {
        let (client, settings) = (self.client.clone(), self.settings.clone().for_resume());
        let fit = K::resume(&self.state);
        let interrupted = self.interrupted();
        Box::pin(async move {
            let resume = |request| K::open(&client, request, settings.clone());
            let events = driver.drive(Err(interrupted), fit, resume).await;
            (driver, events)
        })
    }
}

impl<K: StreamKind> Stream for EventStream<K> {
    type Item = Result<K::Event, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_event(cx)
    }
}

impl<K: StreamKind> FusedStream for EventStream<K> {
    fn is_terminated(&self) -> bool {
        self.end().is_some()
    }
}

impl<K: StreamKind> Unpin for EventStream<K> {}

impl<K: StreamKind> fmt::Debug for EventStream<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("operation", &self.context().operation)
            .field("log_id", &self.log_id())
            .field("end", &self.end())
            .finish_non_exhaustive()
    }
}
