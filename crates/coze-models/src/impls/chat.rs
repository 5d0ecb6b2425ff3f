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
    /// Code and text of the failure, each from the first of its two forms that has one; a chat that did not fail has
    /// neither.
    pub fn failure(&self) -> (Option<i64>, &str) {
        let last = self.last_error.as_ref();
        let codes = [self.code, last.map(|error| error.code)];
        let texts = [
            self.msg.as_deref(),
            last.and_then(|error| error.msg.as_deref()),
        ];
        (
            codes.into_iter().flatten().find(|code| *code != 0),
            texts
                .into_iter()
                .flatten()
                .find(|text| !text.is_empty())
                .unwrap_or_default(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_failure_are_found() {
        let read = |text: &str| serde_json::from_str::<Chat>(text).unwrap();
        let bare = read(r#"{"code":"720702204","msg":"gone"}"#);
        assert_eq!(bare.failure(), (Some(720_702_204), "gone"));
        let chat = read(r#"{"id":"1","last_error":{"code":5000,"msg":"no"}}"#);
        assert_eq!(chat.failure(), (Some(5000), "no"));
        let mixed = read(r#"{"code":0,"msg":"","last_error":{"code":5000,"msg":"no"}}"#);
        assert_eq!(mixed.failure(), (Some(5000), "no"));
        let textless = read(r#"{"code":4000,"last_error":{"code":0,"msg":"no"}}"#);
        assert_eq!(textless.failure(), (Some(4000), "no"));
        let none = read(r#"{"last_error":{"code":0,"msg":""}}"#);
        assert_eq!(none.failure(), (None, ""));
    }
}
