//! The stream of a chatflow.

use coze_models::{
    ChatEvent, ChatId, ChatMessage, ConversationId, EnterMessage, FileId, MessageType, RunChatflow,
    Usage, WorkflowId,
};
use coze_wire::stream::StreamEnd;

use super::{
    EventStream, StreamCall,
    chat_text::{ChatText, is_answer},
    collected,
    events::Events,
    kind::{Resumable, Resume, StreamKind},
    parts::Input,
    said::{SAID, Said},
    settings::StreamSettings,
};
use crate::{Client, Error, Question, question::AnswerError, settings::CallSettings};

/// Events of a chat, as the [kind](StreamKind) of a stream.
#[derive(Debug)]
pub enum ChatEvents {}

/// The events of a chat, as they arrive.
///
/// ```
/// # use coze_workflow::{Client, HttpStack, Response};
/// # let coze = Client::new(HttpStack::from_fn(|_| async {
/// #     let events = "event: conversation.chat.created\ndata: {\"id\":\"75\",\"conversation_id\":\"74\"}\n\n\
/// #         event: conversation.message.completed\ndata: {\"role\":\"assistant\",\"type\":\"answer\",\"content\":\"It rains.\"}\n\n\
/// #         event: done\ndata: {}\n\n";
/// #     let mut response = Response::new(coze_transport::ResponseBody::full(events.into()));
/// #     response.headers_mut().insert("content-type", "text/event-stream".parse()?);
/// #     Ok::<_, coze_workflow::BoxError>(response)
/// # }));
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let chat = coze.workflow("7366").app_id("7439").chat("How is the weather?").await?;
/// assert_eq!(chat.text().await?, "It rains.");
/// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It is a [`Stream`](futures_core::Stream) as well. It ends once: with [`ChatEvent::Done`], whose [`end`](EventStream::end) is
/// [`StreamEnd::Interrupted`] when the chatflow waits for an answer, or with an error. Dropping it closes its
/// connection.
///
/// What is known of the exchange, such as its log id, is told by the methods of [`EventStream`].
pub type ChatStream = EventStream<ChatEvents>;

/// A chat whose answer is to be streamed; `.await` sends it.
///
/// Made by [`Workflow::chat`](crate::Workflow::chat). A library chatflow needs a bot or an app to run in, one
/// of an app needs its app: set them on the [`Workflow`](crate::Workflow).
/// Wire: <https://www.coze.cn/open/docs/developer_guides/workflow_chat>.
pub type ChatCall = StreamCall<ChatEvents>;

/// Most suggestions that are kept, and the longest of them, in bytes. The service gives three.
const SUGGESTIONS: usize = 16;
const SUGGESTION: usize = 1024;

/// What opens a stream of a chat.
pub struct ChatRequest {
    /// Its messages are those before the user's.
    chat: Box<RunChatflow>,
    input: Input,
}

/// What is known of a chat from its events.
pub struct ChatState {
    /// What a resume repeats.
    chat: Box<RunChatflow>,
    conversation_id: Option<ConversationId>,
    chat_id: Option<ChatId>,
    usage: Option<Usage>,
    said: Said,
    /// The note of the present response that the chatflow waits.
    notice: Option<String>,
    /// What the user may say next.
    suggestions: Vec<String>,
}

impl StreamKind for ChatEvents {
    type Event = ChatEvent;
    type Request = ChatRequest;
    type State = ChatState;

    fn begin(request: &ChatRequest) -> ChatState {
        let mut chat = request.chat.clone();
        chat.additional_messages.clear();
        ChatState {
            conversation_id: chat.conversation_id.clone(),
            chat,
            chat_id: None,
            usage: None,
            said: Said::default(),
            notice: None,
            suggestions: Vec::new(),
        }
    }

    async fn open(
        client: &Client,
        request: ChatRequest,
        settings: StreamSettings,
    ) -> Result<Events<ChatEvent>, Error> {
        let mut chat = request.chat;
        chat.additional_messages.push(request.input.message());
        RunChatflow::open(client, *chat, settings).await
    }

    fn note(state: &mut ChatState, event: &ChatEvent, end: Option<StreamEnd>) -> Option<Question> {
        state.note(event);
        (end == Some(StreamEnd::Interrupted)).then(|| {
            let notice = state.notice.take();
            // The next question is not this one again.
            let said = std::mem::take(&mut state.said);
            Question::from_chat(said.text(), notice.as_deref())
        })
    }
}

impl ChatState {
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
        } else if whole && message.r#type == Some(MessageType::FollowUp) {
            let kept = self.suggestions.len() < SUGGESTIONS && message.content.len() <= SUGGESTION;
            if kept && !message.content.is_empty() {
                self.suggestions.push(message.content.clone());
            }
        } else if whole && message.content.len() <= SAID && message.content.contains("interrupt") {
            self.notice = Some(message.content.clone());
        }
    }
}

impl Resumable for ChatEvents {
    /// The call again, in the same conversation, without the messages it has.
    fn resume(state: &ChatState) -> Resume<ChatRequest> {
        let (mut chat, conversation_id) = (state.chat.clone(), state.conversation_id.clone());
        let is_known = conversation_id.is_some();
        chat.conversation_id = conversation_id;
        Box::new(move |question, answer| {
            if !is_known {
                return Err(AnswerError::new(
                    "no event named the conversation, so the chat cannot be resumed",
                ));
            }
            Ok(ChatRequest {
                chat: chat.clone(),
                input: Input::new(answer.resume_data(question)?),
            })
        })
    }
}

impl ChatCall {
    pub(crate) fn start(
        client: Client,
        request: Result<RunChatflow, Error>,
        text: String,
        settings: CallSettings,
    ) -> Self {
        let request = request.map(|chat| ChatRequest {
            chat: Box::new(chat),
            input: Input::new(text),
        });
        Self::new(client, request, settings.into())
    }

    /// The conversation to write to; its creator must own the token. Default: a new one.
    pub fn conversation_id(self, id: impl Into<ConversationId>) -> Self {
        self.with(|request| request.chat.conversation_id = Some(id.into()))
    }

    /// Adds an earlier message, before the user's. There may be 49 of them.
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
        self.with(|request| request.chat.additional_messages.push(message.into()))
    }

    /// Adds earlier messages, before the user's.
    pub fn history(self, messages: impl IntoIterator<Item = impl Into<EnterMessage>>) -> Self {
        let messages = messages.into_iter().map(Into::into);
        self.with(|request| request.chat.additional_messages.extend(messages))
    }

    /// Adds an uploaded file to the message.
    pub fn file(self, id: impl Into<FileId>) -> Self {
        self.with(|request| request.input.add("file", id.into()))
    }

    /// Adds an uploaded image to the message.
    pub fn image(self, id: impl Into<FileId>) -> Self {
        self.with(|request| request.input.add("image", id.into()))
    }

    fn with(mut self, change: impl FnOnce(&mut ChatRequest)) -> Self {
        if let Ok(request) = &mut self.request {
            change(request);
        }
        self
    }
}

impl ChatStream {
    /// The answer of the assistant, to the end of the chat. Of several, each stands on lines of its own.
    ///
    /// Where the chatflow stops to ask, its question is such an answer: see [`EventStream::end`]. At most
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

    /// The chatflow that runs.
    pub const fn workflow_id(&self) -> &WorkflowId {
        &self.state.chat.workflow_id
    }

    /// The conversation: the one that was asked for, or the new one, once an event named it.
    pub const fn conversation_id(&self) -> Option<&ConversationId> {
        self.state.conversation_id.as_ref()
    }

    /// The chat, once an event named it.
    pub const fn chat_id(&self) -> Option<&ChatId> {
        self.state.chat_id.as_ref()
    }

    /// What the user may say next, as far as the events that were read suggest it: messages of the type `follow_up`,
    /// which come before the chat is completed. At most 16, of at most 1 KiB each.
    /// Source: <https://www.coze.cn/open/docs/developer_guides/workflow_chat>
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, Response};
    /// # let coze = Client::new(HttpStack::from_fn(|_| async {
    /// #     let events = "event: conversation.message.completed\ndata: {\"type\":\"answer\",\"content\":\"It rains.\"}\n\n\
    /// #         event: conversation.message.completed\ndata: {\"type\":\"follow_up\",\"content\":\"And tomorrow?\"}\n\n\
    /// #         event: done\ndata: {}\n\n";
    /// #     let mut response = Response::new(coze_transport::ResponseBody::full(events.into()));
    /// #     response.headers_mut().insert("content-type", "text/event-stream".parse()?);
    /// #     Ok::<_, coze_workflow::BoxError>(response)
    /// # }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let mut chat = coze.workflow("7366").app_id("7439").chat("How is the weather?").await?;
    /// assert_eq!(chat.read_text().await?, "It rains.");
    /// assert_eq!(chat.suggestions(), ["And tomorrow?"]);
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn suggestions(&self) -> &[String] {
        &self.state.suggestions
    }

    /// The tokens that were used, as the latest event told; final when the chat is completed.
    pub const fn usage(&self) -> Option<&Usage> {
        self.state.usage.as_ref()
    }
}

/// Whether an id can be one: the service takes none that is longer.
fn is_id(id: Option<&str>) -> bool {
    id.is_some_and(|id| id.len() <= 256)
}
