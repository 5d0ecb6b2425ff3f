//! The places in a stack for layers of the user's.

mod entry;
mod hold;
mod service;

pub(crate) use entry::{Entries, EntryLayer};
pub use hold::{HeldBody, HoldThroughBody, HoldThroughBodyFuture, HoldThroughBodyService};
pub(crate) use service::{Place, Slot};
