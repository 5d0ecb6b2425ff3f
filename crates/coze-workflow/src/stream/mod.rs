//! Streams: runs and chats whose answer arrives as events.

mod body;
mod call;
mod chat;
mod chat_call;
mod chat_text;
mod collected;
mod events;
mod flow;
mod idle;
mod nodes;
mod parts;
mod run;
mod run_call;
mod said;
mod settings;

pub use call::StreamCall;
pub use chat::ChatStream;
pub use chat_call::ChatCall;
pub use events::{Ending, EventStream};
pub use nodes::{NodeText, NodeTexts};
pub use run::RunStream;
pub use run_call::RunStreamCall;
pub(crate) use settings::StreamSettings;
