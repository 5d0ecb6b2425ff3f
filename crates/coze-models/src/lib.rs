//! Typed requests, replies and events of the Coze workflow API.
//!
//! ```
//! use coze_models::{ExecuteStatus, Operation, RunHistory, RunWorkflow, RunWorkflowReply};
//!
//! // A request has its required fields in `new`; the rest is set by name.
//! let run = RunWorkflow::new("7366000000000000001").parameters([("city", "Lyon")]).is_async(true);
//! assert_eq!(RunWorkflow::META.path, "/v1/workflow/run");
//! assert_eq!(
//!     serde_json::to_string(&run)?,
//!     r#"{"workflow_id":"7366000000000000001","parameters":{"city":"Lyon"},"is_async":true}"#
//! );
//!
//! // Replies read what servers really send: numbers as strings, ids as numbers, `null`, new values.
//! let reply: RunWorkflowReply = serde_json::from_str(r#"{"execute_id": 7431, "data": "{\"n\":1}"}"#)?;
//! assert_eq!(reply.execute_id.as_deref(), Some("7431"));
//! assert_eq!(reply.data.unwrap().parse::<serde_json::Value>()?["n"], 1);
//!
//! let row: RunHistory = serde_json::from_str(r#"{"execute_status": "Paused", "bot_id": "0"}"#)?;
//! assert_eq!(row.execute_status, Some(ExecuteStatus::from("Paused")));
//! assert_eq!(row.bot_id, None);
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! A request type implements [`Operation`], which tells where it goes ([`OperationMeta`]), what
//! comes back ([`Operation::Reply`]) and what a second send may do ([`ReplaySafety`]). This crate does no
//! I/O; the layers above it turn an operation into an HTTP request and its response into the reply.
//!
//! # Reading and writing
//!
//! - Requests are written strictly, replies are read leniently: `null` equals absent, unknown fields
//!   are ignored, integers may stand in strings, ids may be numbers of up to 64 bits.
//! - Sets of values are open: a value that is new on the server is kept as it came.
//! - All types are `#[non_exhaustive]`; build replies for tests from `Default`.
//!
//! # Features
//!
//! `std` (default) adds conversions to [`std::time::SystemTime`]; without it the crate needs `alloc` only.
#![no_std]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[rustfmt::skip]
#[allow(
    clippy::unreadable_literal,
    clippy::match_same_arms,
    reason = "codes are searched for as they are written; arms follow the rows of a table"
)]
mod generated;
mod impls;
mod operation;
pub mod support;

pub use generated::*;
pub use operation::{
    BodyKind, InvalidSegment, Method, Operation, OperationMeta, ReplaySafety, ReplyShape,
    push_segment,
};
pub use support::{
    CodeClass, CodeInfo, CodeOutcome, CodeRetry, EventError, JsonText, NoReply, StreamEvent,
    UnixSeconds, UnknownEvent, Unrecognized,
};
