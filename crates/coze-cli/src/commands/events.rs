//! The events of a stream, printed as they arrive.

use coze_workflow::{Error, EventStream, Resumable};

use crate::{
    args::Format,
    ask::Answers,
    contract,
    failure::Failure,
    output::{self, WriteError},
    render::NodeText,
    session::Session,
};

/// Prints the events of a stream to its end. `text` prints one for people, and `seen` is called with the stream after
/// each, before a question is asked.
pub(super) async fn print<K>(
    session: &Session,
    answers: &Answers,
    events: &mut EventStream<K>,
    mut text: impl FnMut(&K::Event, &mut NodeText) -> Result<(), WriteError>,
    seen: impl Fn(&EventStream<K>),
) -> Result<(), Failure>
where
    K: Resumable<Event: contract::Kind>,
{
    let mut nodes = NodeText::new(session);
    let mut lost = None;
    loop {
        let event = match events.try_next().await {
            Ok(Some(event)) => event,
            Ok(None) => break,
            Err(error) if events.end().is_some() => {
                nodes.end()?;
                return answers.settle(Err(error));
            }
            Err(error) => {
                undecodable(session, events, &error)?;
                if has_text(&error) {
                    lost.get_or_insert(error);
                }
                continue;
            }
        };
        seen(events);
        // With a question the response is over, though the stream may go on.
        let is_last = events.end().is_some() || events.question().is_some();
        if session.output == Format::Text {
            text(&event, &mut nodes)?;
            if is_last {
                nodes.end()?;
            }
            continue;
        }
        let mut object = contract::event(&event, events.last_event_id().as_deref());
        if is_last {
            object = contract::last(object, events, events.question());
        }
        output::json(&object)?;
    }
    nodes.end()?;
    // The end is told, and that there is text which was not printed.
    lost.map_or(Ok(()), |error| Err(error.into()))
}

/// One event cannot be decoded, and the stream goes on.
fn undecodable<K: Resumable>(
    session: &Session,
    events: &EventStream<K>,
    error: &Error,
) -> Result<(), WriteError> {
    match session.output {
        Format::Json => {
            let id = events.last_event_id();
            output::json(&contract::undecodable(error, id.as_deref()))
        }
        Format::Text => {
            output::note(&error.to_string());
            Ok(())
        }
    }
}

/// Whether the event that cannot be decoded may have had text of the output.
fn has_text(error: &Error) -> bool {
    let name = error.event_name().unwrap_or_default();
    name == "Message" || name.starts_with("conversation.message.")
}
