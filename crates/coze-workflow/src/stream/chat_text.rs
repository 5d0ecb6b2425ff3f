//! The text of a chat's answers, from pieces and whole messages.

use coze_models::{ChatEvent, ChatMessage, MessageId, MessageType};

use super::collected::PART;

/// Puts answers together: of each message its whole text if it came, and its pieces if not.
#[derive(Debug, Default)]
pub(super) struct ChatText {
    answers: Vec<Answer>,
    size: usize,
}

#[derive(Debug)]
struct Answer {
    id: Option<MessageId>,
    text: String,
    whole: bool,
}

impl ChatText {
    pub(super) fn push(&mut self, event: &ChatEvent) {
        let (message, whole) = match event {
            ChatEvent::MessageDelta(message) => (message, false),
            ChatEvent::MessageCompleted(message) => (message, true),
            _ => return,
        };
        if !is_answer(message) {
            return;
        }
        let open = |answer: &&mut Answer| !answer.whole && answer.id == message.id;
        match self.answers.iter_mut().rev().find(open) {
            Some(answer) if whole => {
                self.size -= answer.text.len();
                answer.text.clone_from(&message.content);
                answer.whole = true;
            }
            Some(answer) => answer.text.push_str(&message.content),
            None => {
                self.size += PART + message.id.as_deref().map_or(0, str::len);
                self.answers.push(Answer {
                    id: message.id.clone(),
                    text: message.content.clone(),
                    whole,
                });
            }
        }
        self.size += message.content.len();
    }

    /// What it takes, in bytes.
    pub(super) const fn size(&self) -> usize {
        self.size
    }

    pub(super) fn into_string(self) -> String {
        let texts: Vec<String> = self
            .answers
            .into_iter()
            .map(|answer| answer.text)
            .filter(|text| !text.is_empty())
            .collect();
        texts.join("\n")
    }
}

/// Whether a message is meant for the user. Pieces may lack their type.
pub(super) fn is_answer(message: &ChatMessage) -> bool {
    match &message.r#type {
        None | Some(MessageType::Answer) => true,
        Some(other) => other.as_str().is_empty(),
    }
}
