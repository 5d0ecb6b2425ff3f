//! Clients that get their tokens themselves.

#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
mod consent;
mod session;
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
mod tenant;

#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
pub use consent::Consent;
