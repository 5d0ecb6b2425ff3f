//! Typed streams, without I/O: bytes of a body → events, and how the stream ended.
//!
//! ```
//! use coze_models::WorkflowEvent;
//! use coze_wire::stream::{EventReader, StreamEnd};
//!
//! let mut reader = EventReader::<WorkflowEvent>::new();
//! let mut text = String::new();
//! for piece in ["event: Message\ndata: {\"content\":\"He", "llo\"}\n\nevent: Done\ndata: {}\n\n"] {
//!     reader.push(piece.into());
//!     while let Some(event) = reader.pull() {
//!         if let WorkflowEvent::Message(message) = event? {
//!             text.push_str(&message.content);
//!         }
//!     }
//! }
//! assert_eq!(text, "Hello");
//! assert_eq!(reader.end(), Some(StreamEnd::Done));
//! # Ok::<(), coze_wire::stream::StreamError>(())
//! ```
//!
//! A stream ends once, and never in silence: with its last event, with the failure that the server told,
//! or with [`StreamError::Truncated`] when the body was over before the stream was. [`EventReader::close`]
//! and [`EventReader::break_off`] say how the body ended.

mod chat;
mod error;
mod gaps;
mod number;
mod reader;
mod short;
mod signal;
mod sniff;
mod state;
mod whole;
mod workflow;

pub use error::{StreamEnd, StreamError, StreamFailure, Truncated};
pub use gaps::{NodePiece, StreamGap};
pub use reader::EventReader;
pub use short::short_name;
pub use signal::{Signal, StreamSemantics};
pub use sniff::{BodySniff, sniff};
