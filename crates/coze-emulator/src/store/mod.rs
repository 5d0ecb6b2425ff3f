//! What the emulator keeps beside its runs.

mod collaborations;
mod conversations;
mod files;
mod messages;
mod variables;
mod workflows;

pub(crate) use self::{
    collaborations::Collaborations,
    conversations::{Chat, Conversation, Conversations},
    files::{Content, File, Files, Keep},
    messages::Message,
    variables::{Owner, Variables},
    workflows::Workflows,
};
