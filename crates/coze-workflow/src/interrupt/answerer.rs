//! A closure that answers, and how often it may.

use std::{fmt, future::Future, pin::Pin};

use coze_models::{EventId, InterruptType};
use coze_transport::BoxError;

use super::{Answer, Question, QuestionKind};
use crate::{Error, error::ErrorKind};

/// How often one run may be resumed.
pub(crate) const MOST_RESUMES: u32 = 3;

type Asked<'a> = Pin<Box<dyn Future<Output = Result<Answer, BoxError>> + Send + 'a>>;

/// Asks the caller's closure, checks its answers, and counts them.
pub(crate) struct Answerer<'a> {
    ask: Box<dyn FnMut(Question) -> Asked<'a> + Send + 'a>,
    most: u32,
    given: u32,
}

/// A question with what its resume carries.
#[derive(Debug)]
pub(crate) struct Resumption {
    pub(crate) question: Question,
    pub(crate) event_id: EventId,
    pub(crate) interrupt_type: InterruptType,
    pub(crate) resume_data: String,
}

impl<'a> Answerer<'a> {
    pub(crate) fn new<F, Fut>(mut answer: F) -> Self
    where
        F: FnMut(Question) -> Fut + Send + 'a,
        Fut: Future<Output = Result<Answer, BoxError>> + Send + 'a,
    {
        Self {
            ask: Box::new(move |question| Box::pin(answer(question))),
            most: MOST_RESUMES,
            given: 0,
        }
    }

    pub(crate) fn set_most(&mut self, most: u32) {
        self.most = most;
    }

    /// Answers what interrupted a run; the error that comes back is still about that question.
    pub(crate) async fn resumption(&mut self, interrupted: Error) -> Result<Resumption, Error> {
        let (question, answer) = self.answer(&interrupted).await?;
        question.resumption(&answer).map_err(|misfit| {
            unanswered(&interrupted, "the run cannot be resumed").with_source(misfit)
        })
    }

    /// The same for a chat, which is resumed by a message and not by an event id.
    pub(crate) async fn message(&mut self, interrupted: Error) -> Result<String, Error> {
        let (question, answer) = self.answer(&interrupted).await?;
        answer.resume_data(&question).map_err(|misfit| {
            unanswered(&interrupted, "the chat cannot be resumed").with_source(misfit)
        })
    }

    async fn answer(&mut self, interrupted: &Error) -> Result<(Question, Answer), Error> {
        let Some(question) = interrupted.question() else {
            return Err(unanswered(
                interrupted,
                "the run waits for an answer, and the server does not tell to what",
            ));
        };
        if self.given >= self.most {
            let message = format!("the run waits for one more answer after {}", self.given);
            return Err(unanswered(interrupted, message));
        }
        self.given += 1;
        match (self.ask)(question.clone()).await {
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
fn unanswered(interrupted: &Error, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    let error = Error::new(ErrorKind::Interrupted, message).with_facts(interrupted.facts().clone());
    match interrupted.question() {
        Some(question) => error.with_question(question.clone()),
        None => error,
    }
}

impl Question {
    /// What a resume with this answer carries.
    pub(crate) fn resumption(&self, answer: &Answer) -> Result<Resumption, Error> {
        let resume_data = answer.resume_data(self)?;
        let Some(event_id) = self.event_id().filter(|id| !id.is_empty()) else {
            return Err(Error::build("the question has no event id to resume with"));
        };
        let interrupt_type = match (self.interrupt_type(), self.kind()) {
            (Some(kind), _) => kind.clone(),
            (None, QuestionKind::Text | QuestionKind::Options(_)) => InterruptType::Question,
            (None, QuestionKind::Form(_)) => InterruptType::Input,
            (None, QuestionKind::Other) => {
                return Err(Error::build("the question has no type to resume with"));
            }
        };
        Ok(Resumption {
            question: self.clone(),
            event_id: event_id.clone(),
            interrupt_type,
            resume_data,
        })
    }
}

impl fmt::Debug for Answerer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answerer")
            .field("most", &self.most)
            .field("given", &self.given)
            .finish_non_exhaustive()
    }
}
