//! The stream of a chatflow.

use std::{
    fmt,
    future::{Future, poll_fn},
    ops::Deref,
    pin::Pin,
    task::{Context, Poll},
};

use coze_models::{ChatEvent, ChatId, ChatMessage, ConversationId, RunChatflow, Usage, WorkflowId};
use coze_transport::BoxError;
use futures_core::{FusedStream, Stream};

use super::{
    chat_call::ChatCall,
    chat_text::{ChatText, is_answer},
    collected,
    events::{Ending, EventStream},
    flow::Flow,
    said::{SAID, Said},
    settings::StreamSettings,
};
use crate::{Answer, Client, Error, Question, interrupt::InterruptDriver};

/// The events of a chat, as they arrive.
///
/// ```
/// # use coze_workflow::{Client, HttpStack, Response};
/// # let coze = Client::new(HttpStack::from_fn(|_| async {
/// #     let events = "event: conversation.chat.created\ndata: {\"id\":\"75\",\"conversation_id\":\"74\"}\n\n\
/// #         event: conversation.message.completed\ndata: {\"role\":\"assistant\",\"type\":\"answer\",\"content\":\"It rains.\"}\n\n\
/// #         event: done\ndata: {}\n\n";
/// #     let mut answer = Response::new(coze_transport::ResponseBody::full(events.into()));
/// #     answer.headers_mut().insert("content-type", "text/event-stream".parse()?);
/// #     Ok::<_, Box<dyn std::error::Error + Send + Sync>>(answer)
/// # }));
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let chat = coze.workflow("7366").app_id("7439").chat("How is the weather?").await?;
/// assert_eq!(chat.text().await?, "It rains.");
/// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It is a [`Stream`] as well. It ends once: with [`ChatEvent::Done`], whose [`ending`](Self::ending) is
/// [`Ending::Interrupted`] when the chatflow waits for an answer, or with an error. Dropping it closes its
/// connection.
///
/// What is known of the exchange, such as its log id, is told by the methods of [`EventStream`].
pub struct ChatStream {
    client: Client,
    request: Box<RunChatflow>,
    settings: StreamSettings,
    flow: Flow<ChatEvent>,
    conversation_id: Option<ConversationId>,
    chat_id: Option<ChatId>,
    usage: Option<Usage>,
    said: Said,
    /// The note of the present stream that the chatflow waits.
    notice: Option<String>,
}

impl ChatStream {
    pub(super) fn new(
        client: Client,
        request: Box<RunChatflow>,
        settings: StreamSettings,
        events: EventStream<ChatEvent>,
    ) -> Self {
        Self {
            conversation_id: request.conversation_id.clone(),
            client,
            request,
            settings,
            flow: Flow::new(events),
            chat_id: None,
            usage: None,
            said: Said::default(),
            notice: None,
        }
    }

    /// The next event; `None` after the last.
    ///
    /// It may be cancelled at any time without losing an event.
    ///
    /// # Errors
    ///
    /// [`Error`]. It ends the stream, except for an event that cannot be decoded
    /// ([`ErrorKind::Decode`](crate::ErrorKind::Decode)), after which [`ChatStream::ending`] is `None`.
    pub async fn try_next(&mut self) -> Result<Option<ChatEvent>, Error> {
        poll_fn(|cx| self.poll_event(cx)).await.transpose()
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<ChatEvent, Error>>> {
        let Self {
            client,
            request,
            settings,
            flow,
            conversation_id,
            ..
        } = self;
        let polled = flow.poll_event(cx, |mut driver, interrupted| {
            let (client, settings) = (client.clone(), settings.clone().for_resume());
            let (request, conversation_id) = (request.clone(), conversation_id.clone());
            let resume = move |text| {
                let request = resumed_request(&request, conversation_id.as_ref());
                let call = ChatCall::new(client.clone(), request, text, settings.clone());
                async move { call.open().await.map(|(events, _)| events) }
            };
            Box::pin(async move {
                let fit = |question: &Question, answer: &Answer| answer.resume_data(question);
                let events = driver.drive(Err(interrupted), fit, resume).await;
                (driver, events)
            })
        });
        if let Poll::Ready(Some(Ok(event))) = &polled {
            self.note(event);
        }
        polled
    }

    fn note(&mut self, event: &ChatEvent) {
        match event {
            ChatEvent::ChatCreated(chat)
            | ChatEvent::ChatInProgress(chat)
            | ChatEvent::ChatCompleted(chat)
            | ChatEvent::ChatRequiresAction(chat) => {
                if is_id(chat.id.as_deref()) {
                    self.chat_id.clone_from(&chat.id);
                }
                if is_id(chat.conversation_id.as_deref()) {
                    self.conversation_id.clone_from(&chat.conversation_id);
                }
                if chat.usage.is_some() {
                    self.usage.clone_from(&chat.usage);
                }
            }
            ChatEvent::MessageDelta(message) | ChatEvent::MessageCompleted(message) => {
                self.hear(message, matches!(event, ChatEvent::MessageCompleted(_)));
                if self.chat_id.is_none() && is_id(message.chat_id.as_deref()) {
                    self.chat_id.clone_from(&message.chat_id);
                }
                if self.conversation_id.is_none() && is_id(message.conversation_id.as_deref()) {
                    self.conversation_id.clone_from(&message.conversation_id);
                }
            }
            ChatEvent::Done(_) if self.flow.stream().ending() == Some(Ending::Interrupted) => {
                let notice = self.notice.take();
                // The next question is not this one again.
                let said = std::mem::take(&mut self.said);
                self.flow.question = Some(Question::from_chat(said.text(), notice.as_deref()));
            }
            _ => {}
        }
    }

    /// Keeps what may be a question, or the note that there is one.
    fn hear(&mut self, message: &ChatMessage, whole: bool) {
        if is_answer(message) {
            if whole {
                self.said.whole(&message.content);
            } else {
                let id = message.id.as_deref().unwrap_or_default();
                self.said.piece(id, false, &message.content);
            }
        } else if whole && message.content.len() <= SAID && message.content.contains("interrupt") {
            self.notice = Some(message.content.clone());
        }
    }

    /// The answer of the assistant, to the end of the chat. Of several, each stands on lines of its own.
    ///
    /// Where the chatflow stops to ask, its question is such an answer: see [`ChatStream::ending`]. At most
    /// 32 MiB are collected; read the events one by one where there may be more.
    ///
    /// # Errors
    ///
    /// [`Error`]; [`ErrorKind::Decode`](crate::ErrorKind::Decode) if there are more than 32 MiB.
    pub async fn text(mut self) -> Result<String, Error> {
        self.read_text().await
    }

    /// As [`ChatStream::text`], and keeps the stream, to [`resume`](Self::resume) it or to look at it.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn read_text(&mut self) -> Result<String, Error> {
        let mut text = ChatText::default();
        while let Some(event) = self.try_next().await? {
            text.push(&event);
            collected::check(text.size(), self)?;
        }
        Ok(text.into_string())
    }

    /// Answers the questions of the chatflow with `answer`, and goes on in the stream of the next call.
    ///
    /// Events come as before, one [`ChatEvent::Done`] for each call; the stream ends with the last of them
    /// or with an error, as told at [`RunStream::answer_with`](crate::RunStream::answer_with).
    #[must_use]
    pub fn answer_with<F, Fut>(mut self, answer: F) -> Self
    where
        F: FnMut(Question) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Answer, BoxError>> + Send + 'static,
    {
        self.flow.answer_with(InterruptDriver::new(answer));
        self
    }

    /// What the chatflow waits for, once the stream has ended in [`Ending::Interrupted`].
    pub fn question(&self) -> Option<&Question> {
        self.flow.question.as_ref()
    }

    /// Answers what the chatflow waits for: the same call again, with the answer as the last message of
    /// the same conversation.
    ///
    /// Bad input is told when it is awaited: [`ErrorKind::Build`](crate::ErrorKind::Build) if no event named
    /// the conversation, or the answer does not fit the question.
    pub fn resume(&self, answer: impl Into<Answer>) -> ChatCall {
        let request = resumed_request(&self.request, self.conversation_id.as_ref());
        let none = Question::from_chat(None, None);
        let question = self.question().unwrap_or(&none);
        let (request, text) = match (request, answer.into().resume_data(question)) {
            (Ok(request), Ok(text)) => (Ok(request), text),
            (Err(error), _) | (_, Err(error)) => (Err(error), String::new()),
        };
        let settings = self.settings.clone().for_resume();
        ChatCall::new(self.client.clone(), request, text, settings)
    }

    /// The chatflow that runs.
    pub fn workflow_id(&self) -> &WorkflowId {
        &self.request.workflow_id
    }

    /// The conversation: the one that was asked for, or the new one, once an event named it.
    pub fn conversation_id(&self) -> Option<&ConversationId> {
        self.conversation_id.as_ref()
    }

    /// The chat, once an event named it.
    pub fn chat_id(&self) -> Option<&ChatId> {
        self.chat_id.as_ref()
    }

    /// The tokens that were used, as the latest event told; final when the chat is completed.
    pub fn usage(&self) -> Option<&Usage> {
        self.usage.as_ref()
    }

    /// How the stream ended; `None` while it goes on.
    pub fn ending(&self) -> Option<Ending> {
        self.flow.ending()
    }
}

/// Whether an id can be one: the service takes none that is longer.
fn is_id(id: Option<&str>) -> bool {
    id.is_some_and(|id| id.len() <= 256)
}

/// The call again, in the same conversation, without the messages it has.
fn resumed_request(
    request: &RunChatflow,
    conversation: Option<&ConversationId>,
) -> Result<RunChatflow, Error> {
    let Some(id) = conversation else {
        return Err(Error::build(
            "no event named the conversation, so the chat cannot be resumed",
        ));
    };
    let mut request = request.clone();
    request.conversation_id = Some(id.clone());
    request.additional_messages.clear();
    Ok(request)
}

impl Deref for ChatStream {
    type Target = EventStream<ChatEvent>;

    fn deref(&self) -> &Self::Target {
        self.flow.stream()
    }
}

impl Stream for ChatStream {
    type Item = Result<ChatEvent, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_event(cx)
    }
}

impl FusedStream for ChatStream {
    fn is_terminated(&self) -> bool {
        self.ending().is_some()
    }
}

impl fmt::Debug for ChatStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatStream")
            .field("workflow_id", self.workflow_id())
            .field("conversation_id", &self.conversation_id)
            .field("chat_id", &self.chat_id)
            .field("log_id", &self.log_id())
            .field("ending", &self.ending())
            .finish_non_exhaustive()
    }
}
