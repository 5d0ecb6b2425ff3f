//! A tower HTTP stack for API clients.
//!
//! Requests enter an [`HttpStack`], pass the layers that a `StackBuilder` put in order, and leave
//! through a leaf: connections over hyper, a closure, or a server in the same process.

mod body;
mod error;
mod options;
mod stack;

pub use body::{RequestBody, ResponseBody};
pub use error::{BoxError, ErrorKind, Outcome, TimeoutKind, TransportError};
pub use options::{CallOptions, LogId, OperationId, Replay, ResponseMode};
pub use stack::HttpStack;

/// What travels down the stack.
pub type Request = http::Request<RequestBody>;

/// What comes back up.
pub type Response = http::Response<ResponseBody>;
