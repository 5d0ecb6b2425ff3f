//! Faults on request: what goes wrong, when, and how it looks on the wire.

mod body;
mod fault;
mod gzip;
mod layer;
mod plan;
mod reply;
mod traffic;

pub use self::fault::{Fault, ParseFaultError};
pub(crate) use self::{layer::apply, plan::Plan, traffic::Traffic};
