//! What generated models are made of: ids, times, JSON in strings, open enums, lenient readers.
//!
//! Other crates with generated models use it as well; most users need only the types that are
//! exported at the crate's root.

mod budget;
mod codes;
mod escapes;
mod event;
mod id;
mod json_text;
mod number;
mod open_enum;
pub mod read;
mod reader;
mod time;
mod transcode;

pub use crate::operation::{
    BodyKind, InvalidSegment, Method, Operation, OperationMeta, ReplaySafety, ReplyShape,
    push_segment,
};
pub use alloc::{boxed::Box, collections::BTreeMap, string::String, vec::Vec};
pub use budget::Budget;
pub use codes::{CodeClass, CodeInfo, CodeOutcome, CodeRetry};
pub use event::{EventError, StreamEvent, UnknownEvent};
#[doc(hidden)]
pub use event::{
    Named as NamedEvent, named_in, object, object_or_nothing, object_or_text, stream_event,
    with_name,
};
pub use id::id_type;
pub use json_text::JsonText;
#[doc(hidden)]
pub use number::NUMBER;
pub use open_enum::{Unrecognized, open_enum, open_int_enum};
#[doc(hidden)]
pub use reader::{Reader, read_quickly};
pub use serde;
pub use serde_json;
pub use serde_json::Value;
pub use time::UnixSeconds;

use alloc::string::ToString;
use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

/// The reply of an operation that responds with its envelope alone.
///
/// It reads from anything and writes as an empty object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NoReply {}

impl<'de> Deserialize<'de> for NoReply {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self {})
    }
}

/// Hands a query pair on.
#[doc(hidden)]
pub fn query(pair: &mut dyn FnMut(&str, &str), name: &str, value: &dyn core::fmt::Display) {
    pair(name, &value.to_string());
}
