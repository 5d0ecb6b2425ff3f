//! Streams: runs and chats whose answer arrives as events.

mod body;
mod call;
mod chat;
mod chat_text;
mod events;
mod flow;
mod idle;
mod nodes;
mod parts;
mod run;
mod settings;

pub use call::StreamCall;
pub use chat::{ChatCall, ChatStream};
pub use events::{Ending, EventStream};
pub use nodes::{NodeText, NodeTexts};
pub use run::{RunStream, RunStreamCall};
pub(crate) use settings::StreamSettings;
