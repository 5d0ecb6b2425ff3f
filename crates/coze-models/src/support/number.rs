//! Numbers in the guise of objects.

/// How `serde_json` hands over a number when any crate of a program turns its feature
/// `arbitrary_precision` on: as an object with this member, which holds the digits as text.
#[doc(hidden)]
pub const NUMBER: &str = "$serde_json::private::Number";
