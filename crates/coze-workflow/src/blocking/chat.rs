//! The stream of a chatflow.

use std::{future::ready, iter::FusedIterator};

use coze_models::{ChatEvent, ChatId, ConversationId, EnterMessage, FileId, Usage, WorkflowId};

use super::{
    driver::{Driver, Puller},
    macros::{accessors, setters, stream_facts, stream_setters},
};
use crate::{Answer, Error, Question};

/// A chat whose answer is to be streamed; [`block`](Self::block) sends it. The blocking form of
/// [`ChatCall`](crate::ChatCall).
#[derive(Debug)]
#[must_use = "a chat does nothing until `block` is called"]
pub struct ChatCall {
    inner: crate::ChatCall,
    driver: Driver,
}

impl ChatCall {
    pub(super) const fn new(inner: crate::ChatCall, driver: Driver) -> Self {
        Self { inner, driver }
    }

    setters! { ChatCall:
        /// The conversation to write to; its creator must own the token. Default: a new one.
        conversation_id(id: impl Into<ConversationId>);
        /// Adds an earlier message, before the question. There may be 49 of them.
        message(message: impl Into<EnterMessage>);
        /// Adds earlier messages, before the question.
        history(messages: impl IntoIterator<Item = impl Into<EnterMessage>>);
        /// Adds an uploaded file to the question.
        file(id: impl Into<FileId>);
        /// Adds an uploaded image to the question.
        image(id: impl Into<FileId>);
    }

    stream_setters!(ChatCall);

    /// Sends the chat and opens the stream of its answer.
    ///
    /// # Errors
    ///
    /// [`Error`]; where [`Error::may_have_run`] is true the chatflow may have been started.
    pub fn block(self) -> Result<ChatStream, Error> {
        let inner = self.driver.block_on(self.inner)?;
        Ok(ChatStream {
            inner,
            puller: Puller::new(self.driver),
        })
    }
}

/// The events of a chat, as they arrive: an iterator. The blocking form of [`ChatStream`](crate::ChatStream), where it is
/// told how a stream ends.
///
/// ```
/// # use coze_workflow::{HttpStack, Response, blocking::Client};
/// # let coze = Client::new(HttpStack::from_fn(|_| async {
/// #     let events = "event: conversation.chat.created\ndata: {\"id\":\"75\",\"conversation_id\":\"74\"}\n\n\
/// #         event: conversation.message.completed\ndata: {\"role\":\"assistant\",\"type\":\"answer\",\"content\":\"It rains.\"}\n\n\
/// #         event: done\ndata: {}\n\n";
/// #     let mut answer = Response::new(coze_transport::ResponseBody::full(events.into()));
/// #     answer.headers_mut().insert("content-type", "text/event-stream".parse()?);
/// #     Ok::<_, Box<dyn std::error::Error + Send + Sync>>(answer)
/// # }));
/// let chat = coze.workflow("7366").app_id("7439").chat("How is the weather?").block()?;
/// assert_eq!(chat.text()?, "It rains.");
/// # Ok::<(), coze_workflow::Error>(())
/// ```
#[derive(Debug)]
pub struct ChatStream {
    inner: crate::ChatStream,
    puller: Puller,
}

impl ChatStream {
    /// The answer of the assistant, to the end of the chat. Of several, each stands on lines of its own.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub fn text(self) -> Result<String, Error> {
        self.puller.driver().block_on(self.inner.text())
    }

    /// As [`ChatStream::text`], and keeps the stream, to [`resume`](Self::resume) it or to look at it.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub fn read_text(&mut self) -> Result<String, Error> {
        self.puller.driver().block_on(self.inner.read_text())
    }

    /// Answers the questions of the chatflow with `answer`, and goes on in the stream of the next call. The closure
    /// is called in the thread that reads the stream.
    ///
    /// As [`ChatStream::answer_with`](crate::ChatStream::answer_with); [`Answer::decline`] ends it.
    #[must_use]
    pub fn answer_with<F, A>(self, mut answer: F) -> Self
    where
        F: FnMut(Question) -> A + Send + 'static,
        A: Into<Answer>,
    {
        Self {
            inner: self
                .inner
                .answer_with(move |question| ready(Ok(answer(question).into()))),
            ..self
        }
    }

    /// Answers what the chatflow waits for: the same call again, with the answer as the last message of the same
    /// conversation.
    ///
    /// As [`ChatStream::resume`](crate::ChatStream::resume).
    pub fn resume(&self, answer: impl Into<Answer>) -> ChatCall {
        ChatCall::new(self.inner.resume(answer), self.puller.driver().clone())
    }

    accessors! {
        /// What the chatflow waits for, once the stream has ended in
        /// [`Ending::Interrupted`](crate::Ending::Interrupted).
        question() -> Option<&Question>;
        /// The chatflow that runs.
        workflow_id() -> &WorkflowId;
        /// The conversation: the one that was asked for, or the new one, once an event named it.
        conversation_id() -> Option<&ConversationId>;
        /// The chat, once an event named it.
        chat_id() -> Option<&ChatId>;
        /// The tokens that were used, as the latest event told; final when the chat is completed.
        usage() -> Option<&Usage>;
    }

    stream_facts!();
}

impl Iterator for ChatStream {
    type Item = Result<ChatEvent, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.puller.next(self.inner.try_next())
    }
}

impl FusedIterator for ChatStream {}
