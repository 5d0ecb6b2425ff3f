//! The codec of the Coze workflow API, without I/O.
//!
//! ```
//! use coze_models::{Method, Operation, OperationMeta};
//! use coze_wire::{decode, encode};
//!
//! #[derive(serde::Serialize)]
//! struct Greet { name: &'static str }
//! #[derive(serde::Deserialize)]
//! struct Greeting { text: String }
//! impl Operation for Greet {
//!     type Reply = Greeting;
//!     const META: &'static OperationMeta = &OperationMeta::new("greet", Method::Get, "/v1/greet");
//! }
//!
//! let request = encode(&Greet { name: "Ada" })?; // who sends it puts the origin before the path
//! assert_eq!(request.uri(), "/v1/greet");
//!
//! let (head, body) = http::Response::new(r#"{"code":0,"data":{"text":"Hello"}}"#.into()).into_parts();
//! assert_eq!(decode::<Greet>(&head, &body)?.value.text, "Hello");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`encode`] turns an [`Operation`](coze_models::Operation) into an [`http::Request`], [`decode`]
//! turns a response into its typed reply or a [`ReplyError`], and [`Output`] takes the wrappers off
//! what a workflow returned. [`sse`] takes the events out of a stream's body, [`stream`] gives them their
//! types and judges how the stream ended. Anything that can send an [`http::Request`] can be used in
//! between.

//!
//! # Features
//!
//! `std` (default) is for what has a type of [`http`](https://docs.rs/http) in it. Without it there are [`sse`], [`stream`]
//! and [`Output`], for which `alloc` is enough.
#![no_std]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[cfg(feature = "std")]
mod encode;
#[cfg(feature = "std")]
mod envelope;
#[cfg(feature = "std")]
mod failure;
#[cfg(feature = "std")]
mod log_id;
mod output;
#[cfg(feature = "std")]
mod path_error;
mod reason;
mod sign;
pub mod sse;
pub mod stream;
#[cfg_attr(
    not(feature = "std"),
    expect(dead_code, reason = "a stream needs code and message")
)]
mod survey;

#[cfg(feature = "std")]
pub use encode::{EncodeError, encode};
#[cfg(feature = "std")]
pub use envelope::{Decoded, decode, failure, no_stream};
#[cfg(feature = "std")]
pub use failure::{ApiFailure, InvalidKind, InvalidReply, ReplyError};
#[cfg(feature = "std")]
pub use log_id::{LOG_ID_HEADERS, log_id};
pub use output::{Output, OutputError, OutputOrigin};
pub use sign::RunSign;
