//! The answers to the questions of a run: from the command line, then from the terminal.

mod answers;
mod terminal;
mod text;

pub(crate) use self::{
    answers::Answers,
    text::{how_to_resume, read},
};
