//! A stream that may go on in another one after a question was answered.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use coze_wire::stream::StreamSemantics;

use super::events::{Ending, EventStream};
use crate::{Error, Question, error::ErrorKind, interrupt::InterruptDriver};

/// Answers, and opens the stream that goes on where another one stopped. The driver comes back for the next question.
pub(super) type Resuming<E> =
    Pin<Box<dyn Future<Output = (InterruptDriver<'static>, Result<EventStream<E>, Error>)> + Send>>;

/// A stream, or several of them in a row.
pub(super) struct Flow<E> {
    stream: EventStream<E>,
    /// What the present stream ended with.
    pub(super) question: Option<Question>,
    driver: Option<InterruptDriver<'static>>,
    next: Option<Resuming<E>>,
    /// The present stream is not that of the call that started the run.
    resumed: bool,
    /// The kind of the error that ended it in between two streams.
    failed: Option<ErrorKind>,
}

impl<E: StreamSemantics> Flow<E> {
    pub(super) const fn new(stream: EventStream<E>) -> Self {
        Self {
            stream,
            question: None,
            driver: None,
            next: None,
            resumed: false,
            failed: None,
        }
    }

    pub(super) fn answer_with(&mut self, driver: InterruptDriver<'static>) {
        self.driver = Some(driver);
    }

    /// The present stream.
    pub(super) const fn stream(&self) -> &EventStream<E> {
        &self.stream
    }

    /// The next event. Where a stream stops for a question and there is someone to answer it, `resume` says
    /// how it goes on; it is given the error that the stream would end with otherwise.
    pub(super) fn poll_event(
        &mut self,
        cx: &mut Context<'_>,
        mut resume: impl FnMut(InterruptDriver<'static>, Error) -> Resuming<E>,
    ) -> Poll<Option<Result<E, Error>>> {
        loop {
            if self.failed.is_some() {
                return Poll::Ready(None);
            }
            if let Some(next) = &mut self.next {
                let (driver, opened) = ready!(next.as_mut().poll(cx));
                self.next = None;
                match opened {
                    Ok(stream) => {
                        self.stream = stream;
                        self.question = None;
                        self.resumed = true;
                        self.driver = Some(driver);
                    }
                    Err(error) => {
                        self.failed = Some(error.kind());
                        return Poll::Ready(Some(Err(error.after_start())));
                    }
                }
            }
            if let Some(item) = ready!(self.stream.poll_event(cx)) {
                let resumed = self.resumed;
                return Poll::Ready(Some(
                    item.map_err(|error| if resumed { error.after_start() } else { error }),
                ));
            }
            if self.stream.ending() != Some(Ending::Interrupted) {
                return Poll::Ready(None);
            }
            let Some(driver) = self.driver.take() else {
                return Poll::Ready(None);
            };
            self.next = Some(resume(driver, self.interrupted()));
        }
    }

    /// The error of a stream that was to be read to its end and stopped for a question.
    pub(super) fn interrupted(&self) -> Error {
        let mut facts = self.stream.facts();
        facts.outcome = Some(coze_transport::Outcome::Accepted);
        let error = Error::new(ErrorKind::Interrupted, "the run waits for an answer");
        let error = error.with_facts(facts);
        match &self.question {
            Some(question) => error.with_question(question.clone()),
            None => error,
        }
    }

    pub(super) fn ending(&self) -> Option<Ending> {
        match self.failed {
            Some(kind) => Some(Ending::Failed(kind)),
            None if self.next.is_some() => None,
            None => {
                // Where someone answers, a question is no end.
                let ending = self.stream.ending();
                ending.filter(|end| self.driver.is_none() || *end != Ending::Interrupted)
            }
        }
    }
}
