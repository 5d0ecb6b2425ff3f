//! The stream of a chatflow.

use std::{
    fmt,
    future::{Future, IntoFuture, poll_fn},
    ops::Deref,
    pin::Pin,
    task::{Context, Poll},
};

use coze_models::{
    ChatEvent, ChatId, ConversationId, EnterMessage, FileId, RunChatflow, Usage, WorkflowId,
};
use futures_core::{FusedStream, Stream};

use super::{
    chat_text::ChatText,
    events::{Ending, EventStream},
    flow::Flow,
    parts::Question,
    settings::{StreamSettings, stream_settings},
};
use crate::{Client, Error};

/// A chat whose answer is to be streamed; `.await` sends it.
///
/// Made by [`Workflow::chat`](crate::Workflow::chat). A library chatflow needs a bot or an app to run in, one
/// of an app needs its app: set them on the [`Workflow`](crate::Workflow).
/// Wire: <https://www.coze.cn/open/docs/developer_guides/workflow_chat>.
#[derive(Debug)]
#[must_use = "a chat does nothing until it is awaited"]
pub struct ChatCall {
    client: Client,
    /// Bad input is told when the chat is sent.
    request: Result<Box<RunChatflow>, Error>,
    question: Question,
    settings: StreamSettings,
}

impl ChatCall {
    pub(crate) fn new(
        client: Client,
        request: Result<RunChatflow, Error>,
        text: String,
        settings: StreamSettings,
    ) -> Self {
        Self {
            client,
            request: request.map(Box::new),
            question: Question::new(text),
            settings,
        }
    }

    /// The conversation to write to; its creator must own the token. Default: a new one.
    pub fn conversation_id(self, id: impl Into<ConversationId>) -> Self {
        self.with(|request| request.conversation_id = Some(id.into()))
    }

    /// Adds an earlier message, before the question. There may be 49 of them.
    ///
    /// ```
    /// # use coze_workflow::Client;
    /// # use coze_workflow::models::EnterMessage;
    /// # fn f(coze: Client) -> coze_workflow::ChatCall {
    /// coze.workflow("7366").app_id("74").chat("And tomorrow?")
    ///     .message(EnterMessage::new("user").content("How is the weather?").content_type("text"))
    ///     .message(EnterMessage::new("assistant").content("It rains.").content_type("text"))
    /// # }
    /// ```
    pub fn message(self, message: impl Into<EnterMessage>) -> Self {
        self.with(|request| request.additional_messages.push(message.into()))
    }

    /// Adds earlier messages, before the question.
    pub fn history(self, messages: impl IntoIterator<Item = impl Into<EnterMessage>>) -> Self {
        let messages = messages.into_iter().map(Into::into);
        self.with(|request| request.additional_messages.extend(messages))
    }

    /// Adds an uploaded file to the question.
    pub fn file(mut self, id: impl Into<FileId>) -> Self {
        self.question.add("file", id.into());
        self
    }

    /// Adds an uploaded image to the question.
    pub fn image(mut self, id: impl Into<FileId>) -> Self {
        self.question.add("image", id.into());
        self
    }

    fn with(mut self, change: impl FnOnce(&mut RunChatflow)) -> Self {
        if let Ok(request) = &mut self.request {
            change(request);
        }
        self
    }

    stream_settings!();

    async fn send(self) -> Result<ChatStream, Error> {
        let mut request = self.request?;
        request.additional_messages.push(self.question.message());
        let call = self.client.stream((*request).clone());
        let events = call.settings(self.settings.clone()).send().await?;
        Ok(ChatStream {
            conversation_id: request.conversation_id.clone(),
            client: self.client,
            request,
            settings: self.settings,
            flow: Flow::new(events),
            chat_id: None,
            usage: None,
        })
    }
}

impl IntoFuture for ChatCall {
    type Output = Result<ChatStream, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

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
}

impl ChatStream {
    /// The next event; `None` after the last.
    ///
    /// It may be cancelled at any time without losing an event.
    ///
    /// # Errors
    ///
    /// [`Error`]. It ends the stream, except for an event that is not understood
    /// ([`ErrorKind::Decode`](crate::ErrorKind::Decode)), after which [`ChatStream::ending`] is `None`.
    pub async fn try_next(&mut self) -> Result<Option<ChatEvent>, Error> {
        poll_fn(|cx| self.poll_event(cx)).await.transpose()
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<ChatEvent, Error>>> {
        let polled = self.flow.poll_event(cx, |_| None);
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
                if chat.id.is_some() {
                    self.chat_id.clone_from(&chat.id);
                }
                if chat.conversation_id.is_some() {
                    self.conversation_id.clone_from(&chat.conversation_id);
                }
                if chat.usage.is_some() {
                    self.usage.clone_from(&chat.usage);
                }
            }
            ChatEvent::MessageDelta(message) | ChatEvent::MessageCompleted(message) => {
                if self.chat_id.is_none() {
                    self.chat_id.clone_from(&message.chat_id);
                }
                if self.conversation_id.is_none() {
                    self.conversation_id.clone_from(&message.conversation_id);
                }
            }
            _ => {}
        }
    }

    /// The answer of the assistant, to the end of the chat. Of several, each stands on lines of its own.
    ///
    /// Where the chatflow stops to ask, its question is such an answer: see [`ChatStream::ending`].
    ///
    /// # Errors
    ///
    /// [`Error`].
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
        }
        Ok(text.into_string())
    }

    /// Answers what the chatflow waits for: the same call again, with the answer as the last message of
    /// the same conversation.
    ///
    /// `answer` is words for a question, the text of one of its options, or JSON text for an input node.
    ///
    /// # Errors
    ///
    /// When it is awaited, [`ErrorKind::Build`](crate::ErrorKind::Build) if no event named the
    /// conversation.
    pub fn resume(&self, answer: impl Into<String>) -> ChatCall {
        let request = match &self.conversation_id {
            Some(id) => {
                let mut request = (*self.request).clone();
                request.conversation_id = Some(id.clone());
                request.additional_messages.clear();
                Ok(request)
            }
            None => Err(Error::build(
                "no event named the conversation, so the chat cannot be resumed",
            )),
        };
        let settings = self.settings.clone();
        ChatCall::new(self.client.clone(), request, answer.into(), settings)
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
