//! What the emulator keeps beside its runs.

mod collaborations;
mod conversations;
mod files;
mod journal;
mod messages;
mod sources;
mod variables;
mod workflows;

pub(crate) use self::{
    collaborations::Collaborations,
    conversations::{Chat, Conversation, Conversations},
    files::{Content, File, Files, Keep},
    journal::{Code, Journal, Note, Open},
    messages::Message,
    sources::Sources,
    variables::{Owner, Values, Variables},
    workflows::Workflows,
};
