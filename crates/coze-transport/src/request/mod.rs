//! What every request gets on its way down: where it goes, who it says it is.

mod base_uri;
mod headers;
mod layer;

pub use base_uri::{BaseUri, InvalidBaseUri};
pub use headers::{ReservedHeader, check_header};
pub use layer::{RequestDefaultsLayer, RequestFuture, RequestService};
