//! Typed requests, replies and events of the Coze workflow API.
#![no_std]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod operation;

pub use operation::{
    BodyKind, InvalidSegment, Method, Operation, OperationMeta, Replay, ReplyShape, push_segment,
};
