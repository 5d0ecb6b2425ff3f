//! The one loop that answers the questions of a run: ask, check, count, resume.

use std::{borrow::Cow, fmt, future::Future, pin::Pin, time::Duration};

use coze_models::EventId;
use coze_transport::BoxError;
use coze_transport::time::{Instant, timeout_at};

use crate::{Answer, AnswerError, Error, ErrorKind, Question};

/// How often one run may be resumed.
const MOST_RESUMES: u32 = 3;

type Asked<'a> = Pin<Box<dyn Future<Output = Result<Answer, BoxError>> + Send + 'a>>;

/// Answers what a run waits for with the caller's closure.
pub(crate) struct InterruptDriver<'a> {
    ask: Box<dyn FnMut(Question) -> Asked<'a> + Send + 'a>,
    pub(crate) most: u32,
    /// The event of each question that was asked.
    asked: Vec<Option<EventId>>,
    /// When the wait for an answer ends, and how long that is after the beginning.
    pub(crate) end: Option<(Instant, Duration)>,
}

impl<'a> InterruptDriver<'a> {
    pub(crate) fn new<F, Fut>(mut answer: F) -> Self
    where
        F: FnMut(Question) -> Fut + Send + 'a,
        Fut: Future<Output = Result<Answer, BoxError>> + Send + 'a,
    {
        Self {
            ask: Box::new(move |question| Box::pin(answer(question))),
            most: MOST_RESUMES,
            asked: Vec::new(),
            end: None,
        }
    }

    /// Whether this event is that of a question that was asked.
    pub(crate) fn has_asked(&self, event_id: &EventId) -> bool {
        self.asked.iter().flatten().any(|asked| asked == event_id)
    }

    /// Answers what interrupted a run, and what interrupts it again, until `resume` brings anything else. `fit` checks
    /// an answer and makes of it what the resume carries. An error of a resume is about the question that it answered,
    /// unless it has the next one.
    pub(crate) async fn drive<T, R, Fut>(
        &mut self,
        mut outcome: Result<T, Error>,
        fit: impl Fn(&Question, &Answer) -> Result<R, AnswerError>,
        mut resume: impl FnMut(R) -> Fut,
    ) -> Result<T, Error>
    where
        Fut: Future<Output = Result<T, Error>>,
    {
        loop {
            let interrupted = match outcome {
                Err(error) if error.is_interrupted() => error,
                outcome => return outcome,
            };
            let (question, answer) = self.answer(&interrupted).await?;
            let with = fit(&question, &answer).map_err(|misfit| {
                unanswered(&interrupted, "the run cannot be resumed").with_source(misfit)
            })?;
            outcome = match resume(with).await {
                Err(error) if error.question().is_none() => Err(error.with_question(question)),
                outcome => outcome,
            };
        }
    }

    /// The error that comes back is still about that question.
    async fn answer(&mut self, interrupted: &Error) -> Result<(Question, Answer), Error> {
        let Some(question) = interrupted.question() else {
            return Err(unanswered(
                interrupted,
                "the run waits for an answer, and the server does not tell to what",
            ));
        };
        let given = self.asked.len();
        if given >= self.most as usize {
            let message = format!("the run waits for one more answer after {given}");
            return Err(unanswered(interrupted, message));
        }
        self.asked.push(question.event_id().cloned());
        let answering = (self.ask)(question.clone());
        let answer = match self.end {
            None => answering.await,
            Some((end, limit)) => timeout_at(end, answering).await.map_err(|_| {
                let message =
                    format!("the question was not answered within {limit:?}; the run waits for it");
                about(interrupted, ErrorKind::Timeout, message)
            })?,
        };
        match answer {
            Ok(answer) if answer.is_declined() => Err(unanswered(
                interrupted,
                "the answer was declined; the run waits for it",
            )),
            Ok(answer) => Ok((question.clone(), answer)),
            Err(cause) => {
                let message = "the question was not answered; the run waits for it";
                Err(unanswered(interrupted, message).with_cause(cause))
            }
        }
    }
}

/// The interrupt with another message.
fn unanswered(interrupted: &Error, message: impl Into<Cow<'static, str>>) -> Error {
    about(interrupted, ErrorKind::Interrupted, message)
}

fn about(interrupted: &Error, kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Error {
    let error = Error::new(kind, message).with_context(interrupted.context().clone());
    match interrupted.question() {
        Some(question) => error.with_question(question.clone()),
        None => error,
    }
}

impl fmt::Debug for InterruptDriver<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterruptDriver")
            .field("most", &self.most)
            .field("asked", &self.asked)
            .finish_non_exhaustive()
    }
}
