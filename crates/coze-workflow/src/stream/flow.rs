//! A stream that may go on in another one after a question was answered.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use coze_wire::stream::Signals;

use super::events::{Ending, EventStream};
use crate::{Error, error::ErrorKind};

/// How often a run may be resumed. Wire: <https://www.coze.cn/open/docs/developer_guides/workflow_resume>.
pub(super) const RESUMES: u8 = 3;

/// What opens the stream that goes on where another one stopped.
pub(super) type Resuming<E> = Pin<Box<dyn Future<Output = Result<EventStream<E>, Error>> + Send>>;

/// A stream, or several of them in a row.
pub(super) struct Flow<E> {
    stream: EventStream<E>,
    next: Option<Resuming<E>>,
    /// How often the run was resumed here.
    resumed: u8,
    /// The kind of the error that ended it in between two streams.
    failed: Option<ErrorKind>,
}

impl<E: Signals> Flow<E> {
    pub(super) const fn new(stream: EventStream<E>) -> Self {
        Self {
            stream,
            next: None,
            resumed: 0,
            failed: None,
        }
    }

    /// The present stream.
    pub(super) const fn stream(&self) -> &EventStream<E> {
        &self.stream
    }

    /// The next event. Where a stream stops for a question, `resume` may say how it goes on, knowing how
    /// often it went on before.
    pub(super) fn poll_event(
        &mut self,
        cx: &mut Context<'_>,
        mut resume: impl FnMut(&EventStream<E>, u8) -> Option<Resuming<E>>,
    ) -> Poll<Option<Result<E, Error>>> {
        loop {
            if self.failed.is_some() {
                return Poll::Ready(None);
            }
            if let Some(next) = &mut self.next {
                let opened = ready!(next.as_mut().poll(cx));
                self.next = None;
                match opened {
                    Ok(stream) => self.stream = stream,
                    Err(error) => {
                        self.failed = Some(error.kind());
                        return Poll::Ready(Some(Err(error)));
                    }
                }
            }
            if let Some(item) = ready!(self.stream.poll_event(cx)) {
                return Poll::Ready(Some(item));
            }
            if self.stream.ending() != Some(Ending::Interrupted) {
                return Poll::Ready(None);
            }
            self.next = resume(&self.stream, self.resumed);
            if self.next.is_none() {
                return Poll::Ready(None);
            }
            self.resumed += 1;
        }
    }

    pub(super) fn ending(&self) -> Option<Ending> {
        match self.failed {
            Some(kind) => Some(Ending::Failed(kind)),
            None if self.next.is_some() => None,
            None => self.stream.ending(),
        }
    }
}
