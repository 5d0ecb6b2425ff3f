//! Server-sent events: bytes of a body ↔ events.
//!
//! ```
//! use coze_wire::sse::EventDecoder;
//!
//! let mut decoder = EventDecoder::new();
//! let mut seen = Vec::new();
//! // Pieces of a body, cut wherever the network likes.
//! for piece in ["id: 0\r\nevent: Mess", "age\r\ndata: {\"content\":\"Hi\"}\r", "\n\r\n: still here\n"] {
//!     let mut input = piece.as_bytes();
//!     while let Some(event) = decoder.next_event(&mut input) {
//!         let event = event?;
//!         seen.push((event.name().unwrap_or_default().into_owned(), event.data().unwrap_or_default().into_owned()));
//!     }
//! }
//! assert_eq!(seen, [("Message".into(), r#"{"content":"Hi"}"#.into())]);
//! // At the end of the body: nothing is pending, so nothing was cut.
//! assert!(decoder.is_between_events());
//! assert!(decoder.finish().is_none());
//! # Ok::<(), coze_wire::sse::EventTooLarge>(())
//! ```
//!
//! [`EventDecoder`] gives the same events however a body is cut. The line format is that of the HTML
//! standard (section "Server-sent events"): lines end with LF, CRLF or CR, one byte order mark may
//! stand at the start, comments and unknown fields are passed over, several `data` lines are joined
//! with LF. It differs where the Coze API does:
//!
//! - an event with a name and no data is an event (`event: Done` ends a stream);
//! - neither `id` nor `event` carries over to the next event;
//! - an `id` or `event` line after a `data` line starts the next event, although the empty line
//!   between them is missing, where the event had that field or a name before its data;
//! - `retry` is passed over, because a run that was cut is never simply requested again.
//!
//! [`encode_event`] writes what a server sends.

mod carry;
mod cut;
mod decoder;
mod encoder;
mod event;
mod line;
mod pending;
mod plain;
#[cfg(test)]
mod tests;

pub use decoder::EventDecoder;
pub use encoder::encode_event;
pub use event::{EventEnd, EventTooLarge, OwnedEvent, RawEvent};
