//! What was said before a question.

use coze_wire::stream::short_name;

/// Most that is kept of it, in bytes.
pub(super) const SAID: usize = 64 * 1024;

/// The latest message, put together from its pieces: where the event of a question is empty, the question
/// itself.
#[derive(Debug, Default)]
pub(super) struct Said {
    text: Option<String>,
    /// The message the text is of.
    message: String,
}

impl Said {
    /// Adds a piece of `message`; the first piece of another message replaces what was there.
    pub(super) fn piece(&mut self, message: &str, first: bool, content: &str) {
        let message = &*short_name(message);
        if first || self.text.is_none() || self.message != message {
            message.clone_into(&mut self.message);
            self.whole(content);
        } else if let Some(text) = &mut self.text
            && text.len() + content.len() <= SAID
        {
            text.push_str(content);
        }
    }

    /// Replaces what was there.
    pub(super) fn whole(&mut self, content: &str) {
        let text = self.text.get_or_insert_default();
        text.clear();
        if content.len() <= SAID {
            text.push_str(content);
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}
