//! Faults on request: what goes wrong, when, and how it looks on the wire.

mod body;
pub(crate) mod edit;
mod fault;
mod gzip;
mod plan;
mod traffic;

pub use self::fault::{Fault, ParseFaultError};
pub(crate) use self::{
    body::FaultyBody,
    fault::Goaway,
    gzip::gzip,
    plan::Plan,
    traffic::{Traffic, is_limited},
};
