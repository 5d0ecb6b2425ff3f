//! What a reader has to know of an event.

use alloc::{borrow::Cow, boxed::Box};

use coze_models::StreamEvent;

use super::{NodePiece, StreamFailure};

/// What an event means for the stream it is in.
#[derive(Debug)]
#[non_exhaustive]
pub enum Signal {
    /// One of many.
    Event,
    /// A sign of life, and nothing else.
    Ping,
    /// The run waits for an answer; the stream still has its last event to come.
    Waiting,
    /// The last event of a run that waits for an answer.
    Interrupted,
    /// The last event.
    Done,
    /// The last event, and the account of a failure.
    Failed(Box<StreamFailure>),
}

/// The events of a stream that an [`EventReader`](super::EventReader) can judge.
///
/// All methods have a default, so that the events of another API need an empty implementation only.
///
/// ```
/// use coze_models::{EventError, StreamEvent};
/// use coze_wire::stream::{EventReader, StreamSemantics, StreamEnd};
///
/// /// Lines of a log, to the line `end`.
/// struct Line(String);
///
/// impl StreamEvent for Line {
///     fn decode(_: &str, data: &str) -> Result<Self, EventError> {
///         Ok(Self(data.to_owned()))
///     }
///     fn name(&self) -> &str {
///         "line"
///     }
///     fn is_terminal(&self) -> bool {
///         self.0 == "end"
///     }
///     fn data(&self) -> Result<String, serde_json::Error> {
///         Ok(self.0.clone())
///     }
/// }
///
/// impl StreamSemantics for Line {}
///
/// let mut reader = EventReader::<Line>::new();
/// reader.push("data: one\n\ndata: end\n\n".into());
/// assert_eq!(reader.pull().unwrap()?.0, "one");
/// assert_eq!(reader.pull().unwrap()?.0, "end");
/// assert_eq!(reader.end(), Some(StreamEnd::Done));
/// # Ok::<(), coze_wire::stream::StreamError>(())
/// ```
pub trait StreamSemantics: StreamEvent {
    /// The ids the first event may have. Without any, ids are not looked at.
    const FIRST_IDS: &'static [u64] = &[];

    /// What the event means for its stream. Default: the events that
    /// [are terminal](StreamEvent::is_terminal) are [`Signal::Done`].
    fn signal(&self) -> Signal {
        if self.is_terminal() {
            Signal::Done
        } else {
            Signal::Event
        }
    }

    /// Which piece of which node it is. Default: none.
    fn piece(&self) -> Option<NodePiece<'_>> {
        None
    }

    /// The page that shows the run, where the event names it. Default: none.
    fn debug_url(&self) -> Option<&str> {
        None
    }

    /// The run, where the event names it. Default: from [`StreamSemantics::debug_url`].
    fn execute_id(&self) -> Option<Cow<'_, str>> {
        execute_id_of(self.debug_url()?).map(Cow::Borrowed)
    }
}

/// The run that a debug URL is about.
pub(super) fn execute_id_of(debug_url: &str) -> Option<&str> {
    let (_, query) = debug_url.split_once('?')?;
    let query = query.split('#').next()?;
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix("execute_id="))
        .filter(|id| !id.is_empty())
}

/// The run that an interrupt is about: by its id, `<execute id>/<number>` on all known servers.
pub(super) fn execute_id_of_event(event_id: &str) -> Option<&str> {
    let (run, _) = event_id.split_once('/')?;
    let digits = !run.is_empty() && run.bytes().all(|byte| byte.is_ascii_digit());
    digits.then_some(run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_is_found_in_the_debug_url() {
        for (url, id) in [
            ("https://h/work_flow?execute_id=74", Some("74")),
            (
                "https://h/w?space_id=1&execute_id=74&execute_mode=2",
                Some("74"),
            ),
            ("https://h/w?execute_id=#x", None),
            ("https://h/w?sub_execute_id=1", None),
            ("https://h/execute_id=74", None),
        ] {
            assert_eq!(execute_id_of(url), id, "{url}");
        }
    }

    #[test]
    fn the_run_is_found_in_the_event_id_only_where_it_is_one() {
        assert_eq!(execute_id_of_event("7404/2769"), Some("7404"));
        for other in ["7404", "event1", "e/1", "/1"] {
            assert_eq!(execute_id_of_event(other), None);
        }
    }
}
