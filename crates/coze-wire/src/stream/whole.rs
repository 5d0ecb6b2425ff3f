//! Whether the last event of a body is whole.

use super::{Signal, StreamSemantics};
use crate::sse::{EventEnd, RawEvent};

/// Whether an event that the end of the body closed has all that it was to have.
///
/// Data that closes itself does. Without such data, an event that ends the stream does where its line has
/// ended; within a line it may be the beginning of something else.
pub(super) fn is_whole<E: StreamSemantics>(raw: &RawEvent<'_>) -> bool {
    let data = raw.data().unwrap_or_default();
    let data = data.trim();
    let is_word = data == "[DONE]";
    if data.starts_with(['{', '[', '"']) && !is_word {
        return serde_json::from_str::<serde::de::IgnoredAny>(data).is_ok();
    }
    if raw.end() == EventEnd::BodyWithinLine && !is_word {
        return false;
    }
    let event = E::decode(&raw.name().unwrap_or_default(), data);
    match event.as_ref().map(StreamSemantics::signal) {
        Ok(Signal::Done) => true,
        Ok(Signal::Failed(_)) => !data.is_empty(),
        _ => false,
    }
}
