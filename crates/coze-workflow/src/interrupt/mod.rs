//! Questions of runs that wait, and answers to them.

mod answer;
mod field;
mod fit;
mod payload;
mod question;

pub use answer::Answer;
pub use field::FormField;
pub use question::{Question, QuestionKind};

#[cfg(test)]
mod tests;
