//! The stream of a run.

use std::{future::ready, iter::FusedIterator};

use coze_models::{WorkflowEvent, WorkflowId};

use super::{
    driver::{Driver, Puller},
    macros::{accessors, stream_facts, stream_setters},
};
use crate::{Answer, Error, NodeTexts, Question, RunOutput};

/// A run whose events are to be streamed; [`block`](Self::block) starts it. The blocking form of
/// [`RunStreamCall`](crate::RunStreamCall).
#[derive(Debug)]
#[must_use = "a stream does nothing until `block` is called"]
pub struct RunStreamCall {
    inner: crate::RunStreamCall,
    driver: Driver,
}

impl RunStreamCall {
    pub(super) const fn new(inner: crate::RunStreamCall, driver: Driver) -> Self {
        Self { inner, driver }
    }

    stream_setters!(RunStreamCall);

    /// Starts the run and opens its stream.
    ///
    /// # Errors
    ///
    /// [`Error`]; where [`Error::may_have_run`] is true the run may have been started.
    pub fn block(self) -> Result<RunStream, Error> {
        let inner = self.driver.block_on(self.inner)?;
        Ok(RunStream {
            inner,
            puller: Puller::new(self.driver),
        })
    }
}

/// The events of a run, as they arrive: an iterator. The blocking form of [`RunStream`](crate::RunStream), where it is
/// told how a stream ends.
///
/// ```
/// # use coze_workflow::{HttpStack, Response, blocking::Client};
/// # let coze = Client::new(HttpStack::from_fn(|_| async {
/// #     let events = "id: 0\nevent: Message\ndata: {\"content\":\"Hi\"}\n\nid: 1\nevent: Done\ndata: {}\n\n";
/// #     let mut answer = Response::new(coze_transport::ResponseBody::full(events.into()));
/// #     answer.headers_mut().insert("content-type", "text/event-stream".parse()?);
/// #     Ok::<_, Box<dyn std::error::Error + Send + Sync>>(answer)
/// # }));
/// use coze_workflow::{Ending, models::WorkflowEvent};
///
/// let mut events = coze.workflow("7366").parameter("city", "Lyon").stream().block()?;
/// let mut text = String::new();
/// for event in &mut events {
///     if let WorkflowEvent::Message(message) = event? {
///         text.push_str(&message.content);
///     }
/// }
/// assert_eq!(text, "Hi");
/// assert_eq!(events.ending(), Some(Ending::Done));
/// # Ok::<(), coze_workflow::Error>(())
/// ```
///
/// Dropping it closes its connection; the run goes on.
#[derive(Debug)]
pub struct RunStream {
    inner: crate::RunStream,
    puller: Puller,
}

impl RunStream {
    /// The contents of all messages in the order in which they came, of whatever node.
    ///
    /// # Errors
    ///
    /// [`Error`]; [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted) if the run stops to wait for an answer.
    pub fn text(self) -> Result<String, Error> {
        self.puller.driver().block_on(self.inner.text())
    }

    /// What each node said.
    ///
    /// # Errors
    ///
    /// As for [`RunStream::text`].
    pub fn nodes(self) -> Result<NodeTexts, Error> {
        self.puller.driver().block_on(self.inner.nodes())
    }

    /// What the end node returned.
    ///
    /// # Errors
    ///
    /// As for [`RunStream::text`], and [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the end node said nothing.
    pub fn output(self) -> Result<RunOutput, Error> {
        self.puller.driver().block_on(self.inner.output())
    }

    /// Answers the questions of the run with `answer`, and goes on in the stream of its resumed run. The closure is
    /// called in the thread that reads the stream.
    ///
    /// As [`RunStream::answer_with`](crate::RunStream::answer_with); [`Answer::decline`] ends it.
    #[must_use]
    pub fn answer_with<F, A>(self, mut answer: F) -> Self
    where
        F: FnMut(Question) -> A + Send + 'static,
        A: Into<Answer>,
    {
        Self {
            inner: self
                .inner
                .answer_with(move |question| ready(Ok(answer(question).into()))),
            ..self
        }
    }

    /// Answers the question the stream ended with, and opens the stream that goes on from there.
    ///
    /// As [`RunStream::resume`](crate::RunStream::resume).
    pub fn resume(&self, answer: impl Into<Answer>) -> RunStreamCall {
        RunStreamCall::new(self.inner.resume(answer), self.puller.driver().clone())
    }

    accessors! {
        /// What the run waits for, once the stream has ended in [`Ending::Interrupted`](crate::Ending::Interrupted).
        question() -> Option<&Question>;
        /// The workflow that runs.
        workflow_id() -> &WorkflowId;
    }

    stream_facts!();
}

impl Iterator for RunStream {
    type Item = Result<WorkflowEvent, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.puller.next(self.inner.try_next())
    }
}

impl FusedIterator for RunStream {}
