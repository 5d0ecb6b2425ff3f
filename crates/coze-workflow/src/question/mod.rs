//! Questions of runs that wait, and answers to them: data and rules, and no call.

mod answer;
mod field;
mod fit;
mod payload;
#[expect(clippy::module_inception, reason = "the type that the module is about")]
mod question;
mod resumption;

pub use answer::{Answer, AnswerError};
pub use field::FormField;
pub use question::{Question, QuestionKind};

pub(crate) use field::is_file;
pub(crate) use resumption::Resumption;

#[cfg(test)]
mod tests;
