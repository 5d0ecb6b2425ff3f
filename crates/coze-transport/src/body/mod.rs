//! Bodies in both directions, and the layer that reads answers.

mod collect;
mod complete;
mod receive;
mod request;
mod response;
mod timed;

pub use receive::{BodyLimits, ReceiveFuture, ReceiveLayer, ReceiveService};
pub use request::RequestBody;
pub use response::ResponseBody;
