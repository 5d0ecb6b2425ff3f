//! Questions of runs that wait, and answers to them.

mod answer;
mod driver;
mod field;
mod fit;
mod payload;
mod question;
mod resumption;

pub use answer::Answer;
pub use field::FormField;
pub use question::{Question, QuestionKind};

pub(crate) use driver::InterruptDriver;
pub(crate) use resumption::Resumption;

#[cfg(test)]
mod tests;
