//! Trying again, where that is safe.
//!
//! Two things decide: how far an attempt came ([`Outcome`](crate::Outcome)) and what a second send may do
//! ([`Replay`](crate::Replay)). A request that may have been accepted is sent again only if it is harmless.

mod after;
mod attempts;
mod call;
mod classify;
mod layer;
mod policy;
mod quota;
mod saved;

pub use after::retry_after;
pub use attempts::{Attempt, Attempts};
pub use classify::{Classify, HttpClassifier, Verdict};
pub use layer::{RetryFuture, RetryLayer, RetryService};
pub use policy::RetryPolicy;
pub use quota::Quota;
