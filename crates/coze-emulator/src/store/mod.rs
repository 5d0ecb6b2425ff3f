//! What the emulator keeps beside its runs.

mod collaborations;
mod conversations;
mod files;
mod messages;
mod workflows;

pub(crate) use self::{
    collaborations::Collaborations,
    conversations::{Conversation, Conversations},
    files::{Content, File, Files, Keep},
    messages::{Message, Messages},
    workflows::Workflows,
};
