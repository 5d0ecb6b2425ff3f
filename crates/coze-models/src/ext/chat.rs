//! Chats: short ways to messages, and what a failure says.

use crate::{Chat, EnterMessage, MessageContentType, MessageRole, MessageType};
use alloc::string::String;

impl EnterMessage {
    /// A text the user says.
    pub fn user(text: impl Into<String>) -> Self {
        Self::new(MessageRole::User)
            .r#type(MessageType::Question)
            .content(text)
            .content_type(MessageContentType::Text)
    }

    /// A text the agent said.
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::new(MessageRole::Assistant)
            .r#type(MessageType::Answer)
            .content(text)
            .content_type(MessageContentType::Text)
    }
}

impl Chat {
    /// Code and text of the failure, whichever of its two forms was sent; `None` when there is none.
    pub fn failure(&self) -> Option<(i64, &str)> {
        if let Some(code) = self.code.filter(|code| *code != 0) {
            return Some((code, self.msg.as_deref().unwrap_or_default()));
        }
        let error = self.last_error.as_ref().filter(|error| error.code != 0)?;
        Some((error.code, error.msg.as_deref().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_failure_are_found() {
        let read = |text: &str| serde_json::from_str::<Chat>(text).unwrap();
        let bare = read(r#"{"code":"720702204","msg":"gone"}"#);
        assert_eq!(bare.failure(), Some((720_702_204, "gone")));
        let chat = read(r#"{"id":"1","last_error":{"code":5000,"msg":"no"}}"#);
        assert_eq!(chat.failure(), Some((5000, "no")));
        assert_eq!(
            read(r#"{"last_error":{"code":0,"msg":""}}"#).failure(),
            None
        );
    }
}
