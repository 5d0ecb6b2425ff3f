//! Bodies in both directions, and the layer that reads responses.

mod again;
mod clock;
mod collect;
mod complete;
mod limits;
mod options;
mod receive;
mod request;
mod response;
mod timed;
mod whole;

pub(crate) use again::{BufferAgain, BufferingAgain};
pub use options::BodyLimits;
pub use receive::{BufferResponseFuture, BufferResponseLayer, BufferResponseService};
pub use request::RequestBody;
pub use response::ResponseBody;
