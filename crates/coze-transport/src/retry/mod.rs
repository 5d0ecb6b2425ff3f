//! Trying again, where that is safe.

mod attempts;

pub use attempts::{Attempt, Attempts};
