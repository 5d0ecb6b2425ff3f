//! Sending what the user says to a chatflow.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
};

use coze_models::{ChatEvent, ConversationId, EnterMessage, FileId, RunChatflow};

use super::{
    chat::ChatStream,
    events::EventStream,
    parts::Input,
    settings::{StreamSettings, stream_settings},
};
use crate::{Client, Error};

/// A chat whose answer is to be streamed; `.await` sends it.
///
/// Made by [`Workflow::chat`](crate::Workflow::chat). A library chatflow needs a bot or an app to run in, one
/// of an app needs its app: set them on the [`Workflow`](crate::Workflow).
/// Wire: <https://www.coze.cn/open/docs/developer_guides/workflow_chat>.
#[must_use = "a chat does nothing until it is awaited"]
pub struct ChatCall {
    client: Client,
    /// Bad input is told when the chat is sent.
    request: Result<Box<RunChatflow>, Error>,
    input: Input,
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
            input: Input::new(text),
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
        self.input.add("file", id.into());
        self
    }

    /// Adds an uploaded image to the question.
    pub fn image(mut self, id: impl Into<FileId>) -> Self {
        self.input.add("image", id.into());
        self
    }

    fn with(mut self, change: impl FnOnce(&mut RunChatflow)) -> Self {
        if let Ok(request) = &mut self.request {
            change(request);
        }
        self
    }

    stream_settings!();

    /// Sends the chat; its events, and what was sent.
    pub(super) async fn open(self) -> Result<(EventStream<ChatEvent>, Box<RunChatflow>), Error> {
        let mut request = self.request?;
        request.additional_messages.push(self.input.message());
        let call = self.client.stream((*request).clone());
        Ok((call.settings(self.settings).send().await?, request))
    }

    async fn send(self) -> Result<ChatStream, Error> {
        let (client, settings) = (self.client.clone(), self.settings.clone());
        let (events, request) = self.open().await?;
        Ok(ChatStream::new(client, request, settings, events))
    }
}

/// What is to be sent may be personal.
impl fmt::Debug for ChatCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = self.request.as_ref();
        f.debug_struct("ChatCall")
            .field("workflow_id", &request.ok().map(|chat| &chat.workflow_id))
            .field("refused", &request.err())
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl IntoFuture for ChatCall {
    type Output = Result<ChatStream, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
