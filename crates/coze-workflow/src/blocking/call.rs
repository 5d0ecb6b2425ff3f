//! Calls of single operations.

use std::{fmt, iter::FusedIterator, time::Duration};

use coze_models::{BotId, ConnectorId, CreateConversation, EnterMessage, Operation};
use coze_wire::stream::Signals;
use http::{HeaderName, HeaderValue};

use super::{
    driver::{Driver, Puller},
    macros::{setters, stream_facts, stream_setters},
};
use crate::{Error, Reply};

/// A call that is not sent yet; [`block`](Self::block) sends it. The blocking form of [`Call`](crate::Call).
#[must_use = "a call does nothing until `block` is called"]
pub struct Call<O> {
    inner: crate::Call<O>,
    driver: Driver,
}

impl<O: Operation> Call<O> {
    pub(super) const fn new(inner: crate::Call<O>, driver: Driver) -> Self {
        Self { inner, driver }
    }

    setters! { Call:
        /// Bounds the call: all attempts, the waits between them, and the body. Default: 60 s; 11 minutes for
        /// a call that runs a workflow.
        deadline(limit: Duration);
        /// Bounds the wait for the head of an answer. Default: 15 s; 30 s for a stream; 100 s for any other call
        /// that runs a workflow.
        head_timeout(limit: Duration);
        /// Bounds the silence within a streamed answer. No effect on any other.
        idle_timeout(limit: Duration);
        /// Adds a header. Those that carry credentials, frame the message or describe its body cannot be set.
        header(name: HeaderName, value: HeaderValue);
        /// Says that a second start of the same run does no harm, so that a call whose outcome is unknown is tried
        /// again.
        assume_idempotent(yes: bool);
    }

    /// Reads the answer as a stream of events; for operations that answer with one.
    pub fn stream(self) -> StreamCall<O> {
        StreamCall::new(self.inner.stream(), self.driver)
    }

    /// Sends the call and waits for its answer.
    ///
    /// # Errors
    ///
    /// [`Error`]; where [`Error::may_have_run`] is true a run may have been started.
    pub fn block(self) -> Result<Reply<O::Reply>, Error> {
        self.driver.block_on(self.inner.send())
    }
}

impl Call<CreateConversation> {
    setters! { Call:
        /// The agent that the conversation belongs to. Default: none.
        bot_id(id: impl Into<BotId>);
        /// Its name, 100 characters at most. Default: none.
        name(name: impl Into<String>);
        /// The messages it begins with. Default: none.
        messages(messages: impl IntoIterator<Item = EnterMessage>);
        /// Data of the caller's own, 16 pairs at most. Default: none.
        meta_data(pairs: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>);
        /// The channel it is in. Default: `1024`, the API.
        connector_id(id: impl Into<ConnectorId>);
    }
}

/// A stream that is not opened yet; [`block`](Self::block) opens it. The blocking form of
/// [`StreamCall`](crate::StreamCall).
#[must_use = "a stream does nothing until `block` is called"]
pub struct StreamCall<O> {
    inner: crate::StreamCall<O>,
    driver: Driver,
}

impl<O: Operation> StreamCall<O> {
    pub(super) const fn new(inner: crate::StreamCall<O>, driver: Driver) -> Self {
        Self { inner, driver }
    }

    stream_setters!(StreamCall);
}

impl<O> StreamCall<O>
where
    O: Operation + Send + Sync + 'static,
    O::Reply: Signals,
{
    /// Opens the stream.
    ///
    /// # Errors
    ///
    /// [`Error`] when the server refuses, or answers with no stream.
    pub fn block(self) -> Result<EventStream<O::Reply>, Error> {
        let inner = self.driver.block_on(self.inner)?;
        Ok(EventStream {
            inner,
            puller: Puller::new(self.driver),
        })
    }
}

/// The events of one answer, as they arrive: an iterator. The blocking form of
/// [`EventStream`](crate::EventStream), where it is told how a stream ends.
#[derive(Debug)]
pub struct EventStream<E> {
    inner: crate::EventStream<E>,
    puller: Puller,
}

impl<E: Signals> EventStream<E> {
    stream_facts!();
}

impl<E: Signals> Iterator for EventStream<E> {
    type Item = Result<E, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.puller.next(self.inner.try_next())
    }
}

impl<E: Signals> FusedIterator for EventStream<E> {}

impl<O: Operation> fmt::Debug for Call<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<O: Operation> fmt::Debug for StreamCall<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
