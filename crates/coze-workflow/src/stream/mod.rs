//! Streams: responses of runs, chats and other operations that arrive as events.

mod body;
mod call;
mod chat;
mod chat_text;
mod collected;
mod event_stream;
mod events;
mod idle;
mod kind;
mod nodes;
mod parts;
mod run;
mod said;
mod settings;

pub use call::StreamCall;
pub use chat::{ChatCall, ChatEvents, ChatStream};
pub use event_stream::EventStream;
pub use kind::{Resumable, StreamKind};
pub use nodes::{NodeText, NodeTexts};
pub use run::{RunEvents, RunStream, RunStreamCall};
