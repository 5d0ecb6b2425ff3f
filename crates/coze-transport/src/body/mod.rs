//! Bodies in both directions, and the layer that reads answers.

mod clock;
mod collect;
mod complete;
mod receive;
mod request;
mod response;
mod rules;
mod timed;

pub use receive::{BufferResponseFuture, BufferResponseLayer, BufferResponseService};
pub use request::RequestBody;
pub use response::ResponseBody;
pub use rules::BodyLimits;
