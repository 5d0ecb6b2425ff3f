//! What can be set on a stream before it is opened.

use crate::settings::CallSettings;

/// Settings of a stream, kept for its resume.
#[derive(Clone, Debug, Default)]
pub struct StreamSettings {
    pub(super) call: CallSettings,
    pub(super) reading: Reading,
}

impl StreamSettings {
    pub(super) fn for_resume(self) -> Self {
        Self {
            call: self.call.for_resume(),
            ..self
        }
    }
}

impl From<CallSettings> for StreamSettings {
    fn from(call: CallSettings) -> Self {
        Self {
            call,
            reading: Reading::default(),
        }
    }
}

/// How the events are read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reading {
    pub(super) pings: bool,
    pub(super) strict: bool,
    pub(super) event_limit: Option<usize>,
}
