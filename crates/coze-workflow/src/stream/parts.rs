//! What the user says in a chat: text, and files beside it.

use coze_models::{EnterMessage, FileId, MessageContentType, MessageRole, MessageType};
use serde::Serialize;

#[derive(Clone)]
pub(super) struct Input {
    text: String,
    files: Vec<Part>,
}

/// A part of a message of several parts.
#[derive(Clone, Serialize)]
struct Part {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_id: Option<FileId>,
}

impl Input {
    pub(super) const fn new(text: String) -> Self {
        Self {
            text,
            files: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, r#type: &'static str, file: FileId) {
        self.files.push(Part {
            r#type,
            text: None,
            file_id: Some(file),
        });
    }

    /// The message of the user: plain text, or with files the JSON text of a list of parts.
    pub(super) fn message(self) -> EnterMessage {
        let message = EnterMessage::new(MessageRole::User).r#type(MessageType::Question);
        if self.files.is_empty() {
            return message
                .content(self.text)
                .content_type(MessageContentType::Text);
        }
        let text = Part {
            r#type: "text",
            text: Some(self.text).filter(|text| !text.is_empty()),
            file_id: None,
        };
        let text = Some(text).filter(|part| part.text.is_some());
        let parts: Vec<Part> = text.into_iter().chain(self.files).collect();
        // Texts can always be written as JSON.
        let content = serde_json::to_string(&parts).unwrap_or_default();
        message
            .content(content)
            .content_type(MessageContentType::ObjectString)
    }
}
