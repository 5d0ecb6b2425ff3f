//! Trying again, where that is safe.
//!
//! Two things decide: how far an attempt came ([`Outcome`](crate::Outcome)) and what a second send may do
//! ([`ReplaySafety`](crate::ReplaySafety)). A request that may have been accepted is sent again only if it is harmless.

mod after;
mod budget;
mod call;
mod classify;
mod layer;
mod outcome;
mod policy;
mod rate;
mod snapshot;

pub use after::retry_after;
pub use budget::RetryBudget;
pub use classify::{Classification, Classify, HttpClassifier};
pub use layer::{RetryFuture, RetryLayer, RetryService};
pub use policy::RetryPolicy;
pub use rate::RateLimit;
