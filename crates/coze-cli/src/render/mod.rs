//! What the command shows: runs, pieces of a stream, failures.

mod failure;
mod node_text;
mod run;

pub(crate) use self::{
    failure::failure,
    node_text::NodeText,
    run::{finished, plain, pretty, started},
};
