//! Bodies in both directions.

mod request;
mod response;

pub use request::RequestBody;
pub use response::ResponseBody;
