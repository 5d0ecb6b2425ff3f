//! The events of a workflow.

use alloc::{borrow::Cow, boxed::Box};

use coze_models::{WorkflowEvent, WorkflowMessage};

use super::{
    NodePiece, Signal, StreamFailure, StreamSemantics,
    number::number,
    signal::{execute_id_of, execute_id_of_event},
};

impl StreamSemantics for WorkflowEvent {
    const FIRST_IDS: &'static [u64] = &[0];

    #[inline]
    fn signal(&self) -> Signal {
        match self {
            Self::Ping => Signal::Ping,
            Self::Done(_) => Signal::Done,
            Self::Interrupt(_) => Signal::Interrupted,
            Self::Error(error) => Signal::Failed(Box::new(StreamFailure::new(
                error.error_code,
                error.error_message.clone().unwrap_or_default(),
                error.debug_url.clone(),
            ))),
            _ => Signal::Event,
        }
    }

    #[inline]
    fn piece(&self) -> Option<NodePiece<'_>> {
        let Self::Message(message) = self else {
            return None;
        };
        let seq = number(message.node_seq_id.as_deref()?.as_bytes())?;
        let (node, unique) = node_of(message);
        let round = message.loop_index.or(message.batch_index);
        Some(NodePiece {
            node,
            unique,
            round,
            seq,
            finished: message.node_is_finish,
        })
    }

    #[inline]
    fn debug_url(&self) -> Option<&str> {
        match self {
            Self::Done(done) => done.debug_url.as_deref(),
            Self::Error(error) => error.debug_url.as_deref(),
            Self::Interrupt(interrupt) => interrupt.debug_url.as_deref(),
            _ => None,
        }
        .filter(|url| !url.is_empty())
    }

    #[inline]
    fn execute_id(&self) -> Option<Cow<'_, str>> {
        if let Some(id) = self.debug_url().and_then(execute_id_of) {
            return Some(Cow::Borrowed(id));
        }
        let Self::Interrupt(interrupt) = self else {
            return None;
        };
        let event_id = interrupt.interrupt_data.as_ref()?.event_id.as_ref()?;
        execute_id_of_event(event_id.as_str()).map(Cow::Borrowed)
    }
}

/// The node a message is of, by the most exact name it has, and whether that names one execution of it.
fn node_of(message: &WorkflowMessage) -> (&str, bool) {
    if let Some(uuid) = &message.node_execute_uuid {
        (uuid.as_str(), true)
    } else if let Some(id) = &message.node_id {
        (id.as_str(), false)
    } else {
        (message.node_title.as_deref().unwrap_or_default(), false)
    }
}
