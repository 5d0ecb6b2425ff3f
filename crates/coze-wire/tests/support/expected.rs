//! Events that a body must give in every cut.

use coze_wire::sse::{
    EventDecoder,
    EventEnd::{self, BlankLine},
};

use super::cuts;

/// Id, name, data and end of an event.
pub(crate) type Expected<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>, EventEnd);

pub(crate) const fn data(data: &str) -> Expected<'_> {
    (None, None, Some(data), BlankLine)
}

pub(crate) const fn named<'a>(name: &'a str, data: &'a str) -> Expected<'a> {
    (None, Some(name), Some(data), BlankLine)
}

pub(crate) const fn with_id<'a>(id: &'a str, data: &'a str) -> Expected<'a> {
    (Some(id), None, Some(data), BlankLine)
}

#[track_caller]
pub(crate) fn check(rule: &str, body: impl AsRef<[u8]>, expected: &[Expected<'_>]) {
    let (events, error) = cuts::decode_cut_everywhere(EventDecoder::new, body.as_ref());
    let events: Vec<Expected<'_>> = events
        .iter()
        .map(|e| (e.id.as_deref(), e.name.as_deref(), e.data.as_deref(), e.end))
        .collect();
    assert_eq!(events, expected, "{rule}");
    assert_eq!(error, None, "{rule}");
}
