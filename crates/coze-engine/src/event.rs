//! The events of a run.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
use serde_json::Value;

use crate::{EngineError, Question, RunId, RunSnapshot};

/// An event of a run.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RunEvent {
    /// The run has an id. Engines that tell it late or never send no such event first, or none.
    Started(RunId),
    /// A node began.
    NodeStarted(Node),
    /// A node ended.
    NodeFinished(Node),
    /// A piece of text that a node says.
    Text {
        /// The node, where the engine tells it.
        node: Option<Node>,
        /// The piece.
        text: String,
    },
    /// The run waits for an answer. The stream ends with it.
    Interrupted(Box<Question>),
    /// The run succeeded, wholly or partly. The stream ends with it.
    Finished(Box<RunSnapshot>),
    /// An event that has no counterpart here.
    Other {
        /// Its name on the wire.
        name: String,
        /// Its data.
        data: Value,
    },
}

/// A node of a workflow.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Node {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How it ended, in the engine's word; none while it runs.
    pub status: Option<String>,
    /// All that the engine tells of it.
    pub raw: Value,
}

impl Node {
    /// A node by its id and title.
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            ..Self::default()
        }
    }
}

/// The events of a run, as they arrive.
///
/// It ends once: with [`RunEvent::Finished`], with [`RunEvent::Interrupted`], or with an error; a run that failed or was
/// stopped is an error as well. A stream never ends in silence: one that breaks off is an error of the kind
/// [`Truncated`](crate::ErrorKind::Truncated). Dropping it closes its connection; the run goes on.
///
/// ```
/// use coze_engine::{Engine, EngineError, RunEvent, RunRequest};
///
/// async fn print(engine: &dyn Engine) -> Result<(), EngineError> {
///     let mut events = engine.stream(RunRequest::new("7366")).await?;
///     while let Some(event) = events.try_next().await? {
///         match event {
///             RunEvent::Text { text, .. } => print!("{text}"),
///             RunEvent::Finished(run) => println!("{}", run.output),
///             RunEvent::Interrupted(question) => println!("{}", question.text),
///             _ => {}
///         }
///     }
///     Ok(())
/// }
/// ```
pub struct RunStream(Pin<Box<dyn Stream<Item = Result<RunEvent, EngineError>> + Send>>);

impl RunStream {
    /// Events from any stream, which has to keep what this type promises.
    pub fn new(events: impl Stream<Item = Result<RunEvent, EngineError>> + Send + 'static) -> Self {
        Self(Box::pin(events))
    }

    /// The next event; `None` after the last. It may be cancelled at any time without losing an event.
    ///
    /// # Errors
    ///
    /// [`EngineError`], which ends the stream.
    pub async fn try_next(&mut self) -> Result<Option<RunEvent>, EngineError> {
        poll_fn(|cx| self.0.as_mut().poll_next(cx))
            .await
            .transpose()
    }
}

impl Stream for RunStream {
    type Item = Result<RunEvent, EngineError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for RunStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunStream").finish_non_exhaustive()
    }
}
