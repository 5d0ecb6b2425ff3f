//! What the emulator keeps beside its runs.

mod collaborations;
mod conversations;
mod files;
mod workflows;

pub(crate) use self::{
    collaborations::Collaborations,
    conversations::{Conversation, Conversations},
    files::{Content, File, Files, Keep},
    workflows::Workflows,
};
