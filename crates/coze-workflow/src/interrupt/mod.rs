//! Questions of runs that wait, and answers to them.

mod answer;
mod answerer;
mod field;
mod fit;
mod payload;
mod question;
mod resume;
mod workflow;

pub use answer::Answer;
pub use field::FormField;
pub use question::{Question, QuestionKind};
pub use resume::Resumed;
pub use workflow::WithAnswers;

pub(crate) use answerer::{Answerer, Resumption};
pub(crate) use resume::resume;

#[cfg(test)]
mod tests;
