//! The events of a chatflow.

use alloc::{
    borrow::{Cow, ToOwned},
    boxed::Box,
    string::String,
};

use coze_models::{ChatEvent, ChatMessage, MessageType};

use super::{Signal, StreamFailure, StreamSemantics, signal::execute_id_of};

impl StreamSemantics for ChatEvent {
    // The cloud sends none; a self-hosted server counts from 1.
    const FIRST_IDS: &'static [u64] = &[0, 1];

    fn signal(&self) -> Signal {
        match self {
            Self::ChatRequiresAction(_) => Signal::Waiting,
            Self::MessageCompleted(message) if is_interrupt(message) => Signal::Waiting,
            Self::Done(_) => Signal::Done,
            Self::ChatFailed(chat) => {
                let (code, text) = chat.failure();
                Signal::Failed(Box::new(StreamFailure::new(code, text.to_owned(), None)))
            }
            Self::Error(error) => Signal::Failed(Box::new(StreamFailure::new(
                error.code,
                error.msg.clone().unwrap_or_default(),
                error.debug_url.clone(),
            ))),
            _ => Signal::Event,
        }
    }

    fn debug_url(&self) -> Option<&str> {
        match self {
            Self::Done(done) => done.debug_url.as_deref(),
            Self::Error(error) => error.debug_url.as_deref(),
            _ => None,
        }
        .filter(|url| !url.is_empty())
    }

    fn execute_id(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::ChatCreated(chat)
            | Self::ChatInProgress(chat)
            | Self::ChatCompleted(chat)
            | Self::ChatRequiresAction(chat)
            | Self::ChatFailed(chat) => Some(Cow::Borrowed(chat.execute_id.as_ref()?.as_str())),
            _ => execute_id_of(self.debug_url()?).map(Cow::Borrowed),
        }
    }
}

/// The note with which the cloud says that a chatflow waits, as a rule in place of `requires_action`.
fn is_interrupt(message: &ChatMessage) -> bool {
    #[derive(serde::Deserialize)]
    struct Note {
        msg_type: Option<String>,
    }
    message.r#type == Some(MessageType::Verbose)
        && message.content.contains("interrupt")
        && serde_json::from_str::<Note>(&message.content)
            .is_ok_and(|note| note.msg_type.as_deref() == Some("interrupt"))
}
