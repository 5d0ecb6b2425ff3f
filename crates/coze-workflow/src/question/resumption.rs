//! An answer as a resume carries it.

use coze_models::{EventId, InterruptType};

use super::{Answer, AnswerError, Question, QuestionKind};

/// A question with what its resume carries.
#[derive(Debug)]
pub(crate) struct Resumption {
    pub(crate) question: Question,
    pub(crate) event_id: EventId,
    pub(crate) interrupt_type: InterruptType,
    pub(crate) resume_data: String,
}

impl Question {
    /// What a resume with this answer carries.
    pub(crate) fn resumption(&self, answer: &Answer) -> Result<Resumption, AnswerError> {
        let resume_data = answer.resume_data(self)?;
        let Some(event_id) = self.event_id().filter(|id| !id.is_empty()) else {
            return Err(AnswerError::new(
                "the question has no event id to resume with",
            ));
        };
        let interrupt_type = match (self.interrupt_type(), self.kind()) {
            (Some(kind), _) => kind.clone(),
            (None, QuestionKind::Text | QuestionKind::Options(_)) => InterruptType::Question,
            (None, QuestionKind::Form(_)) => InterruptType::Input,
            (None, QuestionKind::Other) => {
                return Err(AnswerError::new("the question has no type to resume with"));
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
